"""MFA codes: the virtual device's six digits, following lab time.

Source: IAM User Guide, "Secure API access with MFA"; RFC 6238 (TOTP), checked by pyotp.
"""

from __future__ import annotations

from simulator.gateway.stages import Call, Presented
from simulator.gateway.world import World


def present_mfa(call: Call, world: World) -> Presented:
    """Whether the caller used MFA, as the condition keys of this call say."""
    credential = call.caller.credential
    parameters = call.operation.parameters
    if "TokenCode" not in parameters and credential is not None and credential.temporary:
        return Presented()
    return Presented()
