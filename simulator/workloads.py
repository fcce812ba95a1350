"""Credentials AWS services fetch for programs: instance profiles and function roles.

The service assumes the role and hands out one cached set until it renews it; a revoked
session therefore stays revoked in the cache, until the machine gets a new one.

Source: EC2 User Guide, "Retrieve security credentials from instance metadata"; Lambda
Developer Guide, "Defining Lambda function permissions with an execution role".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from simulator.actors import Keys
from simulator.backend import RoleView
from simulator.backend.machines import InstanceView, function, instance
from simulator.gateway.lambda_rules import LAMBDA
from simulator.gateway.policies import service_request, service_trust
from simulator.gateway.service_record import service_record
from simulator.gateway.world import World
from simulator.iam import evaluate
from simulator.sts.issuing import issue
from simulator.sts.ledger import Credential, CredentialKind
from simulator.sts.roles import role_at, role_identity

if TYPE_CHECKING:
    from simulator.lab import Lab
    from simulator.trail import Record, Trail

RoleDelivery = Literal["1.0", "2.0"]
"""Which version of IMDS a set was fetched with; a set for each."""

EC2 = "ec2.amazonaws.com"

INSTANCE_LIFETIME = timedelta(hours=6)
FUNCTION_LIFETIME = timedelta(hours=12)

RENEWED_BEFORE = timedelta(hours=1)
"""How long before its end a set is replaced. AWS promises five minutes at least, and SDKs that
see a set with less than twenty left take the service to be in trouble."""


class WorkloadError(Exception):
    """There are no credentials to hand out; the text says why, as IMDS does.

    Attributes:
        code: IMDS's word for it: ``AssumeRoleUnauthorizedAccess``, ``InstanceProfileNotFound``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Assuming:
    """A service that is about to assume a role for a machine."""

    service: str
    kind: CredentialKind
    role: RoleView
    session_name: str
    region: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class _Cached:
    """A set as handed out, and which role it was for."""

    credential: Credential
    role_id: str

    def good(self, role: RoleView, now: datetime) -> bool:
        ends = self.credential.expires_at
        assert ends is not None
        return self.role_id == role.unique_id and now < ends - RENEWED_BEFORE


class Workloads:
    """The sets of credentials that services hold for the machines of one world.

    Args:
        world: where the machines are.
        trail: where it is recorded that a service assumes a role.
    """

    def __init__(self, world: World, trail: Trail) -> None:
        self.world = world
        self._trail = trail
        self._instances: dict[tuple[str, RoleDelivery], _Cached] = {}
        self._functions: dict[tuple[str, str, str], _Cached] = {}

    def clear(self) -> None:
        """Forget every set (a new world)."""
        self._instances.clear()
        self._functions.clear()

    def instance_credential(
        self, instance_id: str, delivery: RoleDelivery = "2.0", *, at: datetime | None = None
    ) -> Credential:
        """The set IMDS hands out on an instance: the cached one until it is renewed.

        Raises:
            WorkloadError: no such running instance, no profile, or EC2 may not assume the role.
        """
        now = at or self.world.clock.now()
        view = instance(instance_id)
        if view is None or not view.running:
            raise WorkloadError("InstanceNotFound", f"no running instance {instance_id}")
        role = self._profile_role(view)
        cached = self._instances.get((instance_id, delivery))
        if cached is None or not cached.good(role, now):
            credential = self._assumed(
                _Assuming(EC2, "instance", role, instance_id, view.region, INSTANCE_LIFETIME),
                now,
                instance_arn=view.arn,
                role_delivery=delivery,
            )
            if credential is None:
                raise WorkloadError(
                    "AssumeRoleUnauthorizedAccess",
                    f"EC2 cannot assume the role {role.name}. Please see documentation at "
                    "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
                    "troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.",
                )
            cached = self._instances[instance_id, delivery] = _Cached(credential, role.unique_id)
        return cached.credential

    def function_credential(self, name: str, *, account: str, region: str) -> Credential:
        """The set in a function's environment: the same until the next cold start.

        Raises:
            WorkloadError: no such function, or Lambda may not assume its role.
        """
        now = self.world.clock.now()
        view = function(account, region, name)
        role = role_at(view.role_arn, self.world) if view is not None else None
        if view is None or role is None:
            raise WorkloadError("FunctionNotFound", f"no function {name} with a role")
        cached = self._functions.get((account, region, name))
        if cached is None or not cached.good(role, now):
            credential = self._assumed(
                _Assuming(LAMBDA, "service", role, name, region, FUNCTION_LIFETIME), now
            )
            if credential is None:
                raise WorkloadError(
                    "AssumeRoleUnauthorizedAccess",
                    f"The role defined for the function cannot be assumed by Lambda: {role.name}",
                )
            cached = self._functions[account, region, name] = _Cached(credential, role.unique_id)
        return cached.credential

    def cold_start(self, name: str, *, account: str, region: str) -> None:
        """End a function's execution environments: the next invocation gets a new set."""
        self._functions.pop((account, region, name), None)

    def observe(self, record: Record) -> None:
        """Drop the sets that a call on a machine has made stale; a trail listener."""
        if record.error_code is not None:
            return
        place = (record.service, record.operation)
        if place in _NEW_INSTANCE_SETS:
            named = _named_instances(record)
            for key in tuple(self._instances):
                if not named or key[0] in named:
                    del self._instances[key]
        elif place in _NEW_FUNCTION_SETS:
            # Of the ARN, as a request may name a function with its version, or by less.
            region, account, _, name = record.resource.split(":")[3:7]
            self.cold_start(name, account=account, region=region)

    def _profile_role(self, view: InstanceView) -> RoleView:
        role = role_at(view.role_arn, self.world) if view.role_arn else None
        if role is None:
            raise WorkloadError(
                "InstanceProfileNotFound", f"{view.instance_id} has no instance profile with a role"
            )
        return role

    def _assumed(self, asked: _Assuming, now: datetime, **more: Any) -> Credential | None:
        """The session a service gets by assuming a role, and the record of that.

        Args:
            asked: who assumes what.
            now: lab time.
            **more: further fields of the `Credential`.

        Returns:
            ``None``: it may not.
        """
        role = asked.role
        request = service_request(asked.service, role, now, RoleSessionName=asked.session_name)
        decision = evaluate(request, service_trust(role, self.world))
        issued: Credential | None = None
        if decision.allowed:
            seconds = int(asked.lifetime.total_seconds())
            identity = role_identity(role, asked.session_name)
            issued = issue(self.world, now, seconds, kind=asked.kind, **identity, **more)
        sequence = self._trail.next_sequence
        self._trail.append(
            service_record(sequence, asked.service, asked.region, request, decision, issued)
        )
        return issued


def instance_session(lab: Lab, instance_id: str, delivery: RoleDelivery = "2.0") -> Keys:
    """The three values a program on an instance has from IMDS now.

    Raises:
        WorkloadError: there are none.
    """
    with lab.clock.hold():
        return Keys.from_credential(lab.workloads.instance_credential(instance_id, delivery))


def function_environment(lab: Lab, name: str, *, cold_start: bool = False) -> Keys:
    """The three values in the environment of a function of the default account.

    Args:
        lab: where it is.
        name: the function's name.
        cold_start: its environment is new, and so is the set.

    Raises:
        WorkloadError: there are none.
    """
    with lab.clock.hold():
        if cold_start:
            lab.workloads.cold_start(name, account=lab.account_id, region=lab.region)
        found = lab.workloads.function_credential(name, account=lab.account_id, region=lab.region)
        return Keys.from_credential(found)


def _named_instances(record: Record) -> set[str]:
    """The instances a call names; empty: it names an association, so any may be meant."""
    many = record.parameters.get("InstanceIds") or ()
    one = record.parameters.get("InstanceId")
    return {str(each) for each in many} | ({str(one)} if one else set())


_NEW_INSTANCE_SETS = {
    ("ec2", "StopInstances"),
    ("ec2", "StartInstances"),
    ("ec2", "TerminateInstances"),
    ("ec2", "AssociateIamInstanceProfile"),
    ("ec2", "DisassociateIamInstanceProfile"),
    ("ec2", "ReplaceIamInstanceProfileAssociation"),
}

# New code or configuration means new execution environments.
_NEW_FUNCTION_SETS = {
    ("lambda", "DeleteFunction"),
    ("lambda", "PutFunctionConcurrency"),
    ("lambda", "UpdateFunctionCode"),
    ("lambda", "UpdateFunctionConfiguration"),
}
