"""Making the three values and entering them in the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from simulator import ids
from simulator.gateway.world import World
from simulator.sts.ledger import Credential


def issue(world: World, now: datetime, seconds: int, **identity: Any) -> Credential:
    """Issue a temporary credential.

    Args:
        world: whose ledger it is entered in.
        now: lab time; the issue time is its whole second, as ``aws:TokenIssueTime`` has none
            smaller.
        seconds: how long it lives.
        **identity: the remaining fields of `Credential`.
    """
    issued_at = now.replace(microsecond=0)
    return world.ledger.add(
        Credential(
            access_key_id=ids.access_key_id("ASIA"),
            secret_access_key=ids.secret_access_key(),
            session_token=ids.session_token(),
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=seconds),
            **identity,
        )
    )


def root_key(world: World, account: str) -> Credential:
    """A long-term access key of an account's root user, as nobody should have one.

    Source: IAM User Guide, "AWS account root user".
    """
    arn = f"arn:aws:iam::{account}:root"
    return world.ledger.add(
        Credential(
            access_key_id=ids.access_key_id("AKIA"),
            secret_access_key=ids.secret_access_key(),
            session_token=None,
            kind="root",
            account=account,
            arn=arn,
            principal_arn=arn,
            user_id=account,
            name="root",
        )
    )
