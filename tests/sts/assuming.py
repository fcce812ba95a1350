"""AssumeRole as these tests call it."""

from __future__ import annotations

from typing import Any

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import ACCOUNT, done
from tests.sts.documents import permit

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
PARTNER = "444455556666"
LIST = "s3:ListAllMyBuckets"
ASSUME = permit("sts:*")
MARK = permit(["sts:TagSession", "sts:SetSourceIdentity"])
"""What marks a session must be allowed by the caller's own policy too, not by trust alone."""


def assume(actor: Actor, role: str, name: str = "work", **more: Any) -> Any:
    return actor.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": name, **more})


def unchecked(actor: Actor) -> Actor:
    """The same actor, whose STS client sends what it is given without checking it first."""
    client = actor._shared.shared("sts", actor.region, signed=True)
    client._serializer = client._serializer._serializer
    return actor


def update_trust(lab: Lab, role: str, document: str) -> None:
    given = {"RoleName": role, "PolicyDocument": document}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
