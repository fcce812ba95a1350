"""The scripted defender of a case: reads the trail, and acts by calls like anybody else.

What it knows: the trail as an investigator reads it, and the company's address ranges. It is
how `stslab run` plays the capstone, and a lesson in how to read a trail:

1. A credential in use from an address that is neither the company's nor its holder's usual one
   is in the wrong hands.
2. Whatever such a credential was given, made or changed belongs to the thief too: sessions,
   keys, users, trust policies. So it goes on, until nothing new is found.
3. Close the ways back before you revoke; then look again.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

Entry = Mapping[str, Any]
"""One call of the trail; its fields are those of the placeholder ``trail``."""

MOST_PASSES = 6
_WATCH_MINUTES = 4


class Desk(Protocol):
    """All that a defender has."""

    def trail(self) -> Sequence[Entry]:
        """The trail up to now, oldest first."""

    def call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Make a call; its answer, empty if it was an error."""

    def wait(self, minutes: int) -> None:
        """Let lab time go by."""


@dataclass
class Findings:
    """What the trail shows of a thief.

    Attributes:
        stolen: credentials of somebody else's, used from the wrong place: key → principal ARN.
        derived: keys handed out to the thief: key → whose they are (a user, or a role's name).
        keys: long-term keys in the thief's hands: key → user.
        trusts: roles whose trust policy the thief changed.
        roles: roles of which the thief held sessions → when one was last used with success.
        instances: instances whose credentials are in use elsewhere.
    """

    stolen: dict[str, str] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    trusts: set[str] = field(default_factory=set)
    roles: dict[str, Any] = field(default_factory=dict)
    instances: set[str] = field(default_factory=set)


def investigate(trail: Sequence[Entry], company: Sequence[str], account: str) -> Findings:
    """Read the trail once, oldest first: a thief has nothing before it was given out.

    Args:
        trail: what was called.
        company: the company's address ranges, CIDR.
        account: the company's account id; nobody outside has business in it.
    """
    own = [ipaddress.ip_network(each) for each in company]
    home: dict[str, str] = {}
    found = Findings()
    for entry in trail:
        principal, key, address = entry["principal"], entry["access_key_id"], entry["source_ip"]
        if not principal or not key:
            continue  # anonymous: knocks at doors, holds nothing
        usual = home.setdefault(principal, address)
        abroad = not any(ipaddress.ip_address(address) in each for each in own)
        stranger = principal.split(":")[4] != account
        if not (key in found.derived or stranger or (abroad and address != usual)):
            continue
        if key not in found.derived and not stranger:
            found.stolen[key] = principal
        _follow(entry, found)
    return found


def _follow(entry: Entry, found: Findings) -> None:
    """Note what the thief holds, and what one of the thief's calls came to."""
    principal = entry["principal"]
    succeeded = entry["outcome"] == "allowed" and not entry["error_code"]
    kind, _, rest = principal.split(":")[5].partition("/")
    if kind == "assumed-role":
        role, _, session = rest.partition("/")
        found.roles.setdefault(role, None)
        if succeeded:
            found.roles[role] = entry["at"]
        if session.startswith("i-"):
            found.instances.add(session)
    elif kind == "user" and entry["access_key_id"] in found.stolen:
        found.keys[entry["access_key_id"]] = rest.rpartition("/")[2]
    issued, parameters = entry["issued_key"], entry["parameters"]
    if not succeeded:
        return
    if entry["operation"] == "AssumeRole":
        role = parameters["RoleArn"].rpartition("/")[2]
        found.derived[issued] = role
        found.roles[role] = entry["at"]
    elif entry["operation"] == "CreateAccessKey":
        found.derived[issued] = found.keys[issued] = parameters["UserName"]
    elif entry["operation"] == "UpdateAssumeRolePolicy":
        found.trusts.add(parameters["RoleName"])


def suspect(found: Findings, trail: Sequence[Entry], names: Sequence[str]) -> int:
    """Which of several actors' sessions was the first to be stolen.

    Args:
        found: what the trail shows.
        trail: the same trail.
        names: actors' names; a program's session bears its instance's id instead.
    """
    first = next(entry for entry in trail if entry["access_key_id"] in found.stolen)
    thief = next(
        entry["principal"] for entry in trail if entry["access_key_id"] == first["access_key_id"]
    )
    session = thief.rpartition("/")[2]
    if session in names:
        return names.index(session)
    people = {(entry["principal"] or "").rpartition("/")[2] for entry in trail}
    return next(number for number, name in enumerate(names) if name not in people)


class Defender:
    """Contains a case and closes it.

    Args:
        desk: what there is to work with.
        company: the company's address ranges, CIDR.
        account: the company's account id.
        report: bucket and key of the report that closes the case.
    """

    def __init__(self, desk: Desk, company: Sequence[str], account: str, report: str) -> None:
        self._desk = desk
        self._company = company
        self._account = account
        self._report = report
        self._closed: set[str] = set()
        self._revoked: dict[str, Any] = {}

    def defend(self) -> Findings:
        """Close the ways back, revoke, look again; report when nothing is left."""
        for _ in range(MOST_PASSES):
            found = investigate(self._desk.trail(), self._company, self._account)
            if not self._contain(found):
                break
            self._desk.wait(_WATCH_MINUTES)
        bucket, _, key = self._report.partition("/")
        text = f"Stolen: {sorted(found.stolen)}. Cut off: {sorted(self._revoked)}."
        self._desk.call("s3.PutObject", Bucket=bucket, Key=key, Body=text.encode())
        return found

    def _contain(self, found: Findings) -> bool:
        """Do what is left to do; whether there was anything."""
        instances = found.instances - self._closed
        acts = [partial(self._close_metadata, each) for each in sorted(instances)]
        acts += [partial(self._restore_trust, each) for each in sorted(found.trusts - self._closed)]
        acts += [
            partial(self._deactivate, key, user)
            for key, user in found.keys.items()
            if key not in self._closed
        ]
        # Somebody who still got in after the cut-off has a session younger than it.
        acts += [
            partial(self._revoke, role)
            for role, used in found.roles.items()
            if role not in self._revoked or (used and used > self._revoked[role])
        ]
        acts += [partial(self._renew, each) for each in sorted(instances)]
        for act in acts:
            act()
        return bool(acts)

    def _close_metadata(self, instance: str) -> None:
        self._desk.call(
            "ec2.ModifyInstanceMetadataOptions", InstanceId=instance, HttpTokens="required"
        )

    def _restore_trust(self, role: str) -> None:
        """Leave in the trust policy only what trusts our own."""
        self._closed.add(role)
        answer = self._desk.call("iam.GetRole", RoleName=role)
        document = answer["Role"]["AssumeRolePolicyDocument"]
        kept = [each for each in document["Statement"] if not self._trusts_strangers(each)]
        document = {**document, "Statement": kept}
        self._desk.call("iam.UpdateAssumeRolePolicy", RoleName=role, PolicyDocument=document)

    def _trusts_strangers(self, statement: Mapping[str, Any]) -> bool:
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, Mapping) else [principal]
        every = named if isinstance(named, list) else [named]
        return any(self._account not in json.dumps(each) for each in every)

    def _deactivate(self, key: str, user: str) -> None:
        self._closed.add(key)
        self._desk.call("iam.UpdateAccessKey", UserName=user, AccessKeyId=key, Status="Inactive")

    def _revoke(self, role: str) -> None:
        statement = {
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": "{{ now }}"}},
        }
        self._desk.call(
            "iam.PutRolePolicy",
            RoleName=role,
            PolicyName="AWSRevokeOlderSessions",
            PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        )
        self._revoked[role] = self._desk.trail()[-1]["at"]

    def _renew(self, instance: str) -> None:
        """New credentials for the honest program on it."""
        self._closed.add(instance)
        self._desk.call("ec2.StopInstances", InstanceIds=[instance])
        self._desk.call("ec2.StartInstances", InstanceIds=[instance])
