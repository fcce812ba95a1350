"""An organization of two accounts, for tests of what it controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import done

PolicyKind = Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]


@dataclass(frozen=True)
class Organization:
    """The lab's account manages it.

    Attributes:
        lab: where it is.
        kind: the type of policy that is enabled in it.
        account: the member account.
        member: its administrator.
    """

    lab: Lab
    kind: PolicyKind
    account: str
    member: Actor

    def create_policy(self, document: str, name: str = "limit") -> str:
        """A policy, attached to nothing; its id."""
        given = {"Content": document, "Description": "", "Name": name, "Type": self.kind}
        made = done(self.lab.admin.call("organizations", "CreatePolicy", given))
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, policy_id: str) -> None:
        """Attach a policy to the member account."""
        given = {"PolicyId": policy_id, "TargetId": self.account}
        done(self.lab.admin.call("organizations", "AttachPolicy", given))

    def detach(self, policy_id: str) -> None:
        """Detach it again."""
        given = {"PolicyId": policy_id, "TargetId": self.account}
        done(self.lab.admin.call("organizations", "DetachPolicy", given))


def organize(lab: Lab, kind: PolicyKind) -> Organization:
    """Make an organization with a member account, and enable a type of policy in it."""
    admin = lab.admin
    done(admin.call("organizations", "CreateOrganization", {"FeatureSet": "ALL"}))
    root = done(admin.call("organizations", "ListRoots"))["Roots"][0]["Id"]
    done(admin.call("organizations", "EnablePolicyType", {"RootId": root, "PolicyType": kind}))
    given = {"Email": "two@example.com", "AccountName": "two"}
    made = done(admin.call("organizations", "CreateAccount", given))["CreateAccountStatus"]
    account = str(made["AccountId"])
    return Organization(lab, kind, account, lab.administrator(account))
