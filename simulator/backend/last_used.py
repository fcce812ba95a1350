"""When a user's key and a role were last used, which moto notes of some calls only."""

from __future__ import annotations

from datetime import datetime

from simulator.backend.held import held
from simulator.sts.ledger import Credential


def note_use(credential: Credential, service: str, region: str, at: datetime) -> None:
    """Note that a key, or a session of a role, has signed a call.

    Args:
        credential: whose it is; a user's sessions and root's keys leave no mark.
        service: the signing name, ``s3``.
        region: where the call was made.
        at: UTC.
    """
    iam = held("iam", credential.account)
    if iam is None:
        return
    if credential.kind == "user":
        from moto.iam.models import AccessKeyLastUsed

        user = iam.users.get(credential.name)
        for key in user.access_keys if user is not None else ():
            if key.access_key_id == credential.access_key_id:
                key.last_used = AccessKeyLastUsed(at, service, region)
    elif credential.is_role_session:
        role = iam.roles.get(credential.user_id.partition(":")[0])
        if role is not None:
            role.last_used, role.last_used_region = at, region
