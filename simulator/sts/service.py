"""The STS operations the lab answers itself: what to verify first, and what to do then."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.gateway.handlers import Own
from simulator.sts import assume_role, identity

OPERATIONS: Mapping[tuple[str, str], Own] = {
    ("sts", "GetCallerIdentity"): Own(identity.get_caller_identity),
    ("sts", "GetAccessKeyInfo"): Own(identity.get_access_key_info),
    ("sts", "DecodeAuthorizationMessage"): Own(identity.decode_message),
    ("sts", "AssumeRole"): Own(assume_role.assume_role, assume_role.prepare),
}
