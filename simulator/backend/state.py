"""The world's state in moto, read as values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from simulator.backend.adapt import adapt_moto
from simulator.backend.dispatch import Dispatch
from simulator.backend.documents import NOTHING, attach
from simulator.backend.forgetting import forget_principal
from simulator.backend.held import PARTITION, backends_of, held
from simulator.backend.lookup import MotoLookup, tags_of
from simulator.backend.organizations import organization_policies
from simulator.backend.resource_policies import resource_policy
from simulator.backend.views import GroupView, RoleView, UserView
from simulator.iam import AttachedPolicy
from simulator.iam import DocumentKind as Kind
from simulator.sts.ledger import Credential

_ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class Backend:
    """The world's state in moto, read as values, and changed only by performing calls.

    Identities may be read from any thread, also while a call changes them.
    """

    def __init__(self) -> None:
        self._users: dict[tuple[str, str], UserView] = {}
        self._roles: dict[tuple[str, str], RoleView] = {}
        self._keys: dict[str, tuple[str, str]] = {}
        adapt_moto()

    # -- performing -----------------------------------------------------------------------

    @cached_property
    def perform(self) -> Dispatch:
        """Has moto do what a request asks; see `simulator.backend.dispatch`."""
        return Dispatch()

    def changed(self) -> None:
        """Say that a call may have changed IAM's state: views are read anew from now on."""
        # New ones, not emptied ones: who is reading now keeps what it reads in the old.
        self._users, self._roles = {}, {}

    def reset(self) -> None:
        """Empty the world: every service, every account."""
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        BackendDict.reset()
        reset_model_data()
        self._keys.clear()
        self.changed()

    # -- identities -----------------------------------------------------------------------

    def create_administrator(
        self, account: str, name: str, secret: tuple[str, str] | None = None
    ) -> Credential:
        """Create the user who builds a world, with a key and every permission.

        Args:
            account: 12 digits.
            name: the user's name.
            secret: id and secret of the key; ``None`` for a new one.
        """
        iam = backends_of("iam")[account][PARTITION]
        if name not in iam.users:
            iam.create_user(PARTITION, user_name=name)
            iam.put_user_policy(name, "AdministratorAccess", json.dumps(_ADMINISTRATOR))
        key = iam.create_access_key(user_name=name)
        if secret is not None:
            del iam.access_keys[key.physical_resource_id]
            key.access_key_id, key.secret_access_key = secret
            iam.access_keys[key.physical_resource_id] = key
        self.changed()
        found = self.user_key(key.access_key_id)
        assert found is not None
        return found

    def user_key(self, access_key_id: str) -> Credential | None:
        """The long-term key with this id; ``None`` where it is unknown or inactive."""
        owner = self._keys.get(access_key_id)
        key = self._key_of(owner, access_key_id)
        if key is None:
            owner = MotoLookup().access_key_owner(access_key_id)
            key = self._key_of(owner, access_key_id)
            if owner is None or key is None:
                self._keys.pop(access_key_id, None)
                return None
            self._keys[access_key_id] = owner
        assert owner is not None
        user = self.user(*owner)
        if user is None or key.status != "Active":
            return None
        return Credential(
            access_key_id=access_key_id,
            secret_access_key=key.secret_access_key,
            session_token=None,
            kind="user",
            account=user.account,
            arn=user.arn,
            principal_arn=user.arn,
            user_id=user.unique_id,
            name=user.name,
        )

    def key_account(self, access_key_id: str) -> str | None:
        """The account a long-term key belongs to, active or not."""
        owner = MotoLookup().access_key_owner(access_key_id)
        return owner[0] if owner else None

    def user(self, account: str, name: str) -> UserView | None:
        """An IAM user by name."""
        views = self._users
        view = views.get((account, name))
        if view is None and (view := self._read_user(account, name)) is not None:
            views[account, name] = view
        return view

    def role(self, account: str, name: str) -> RoleView | None:
        """An IAM role by name (without its path)."""
        views = self._roles
        view = views.get((account, name))
        if view is None and (view := self._read_role(account, name)) is not None:
            views[account, name] = view
        return view

    def group(self, account: str, name: str) -> GroupView | None:
        """An IAM group by name."""
        iam = held("iam", account)
        group = iam.groups.get(name) if iam is not None else None
        if group is None:
            return None
        identity = tuple(self._identity(group, group.arn))
        return GroupView(account, name, group.arn, group.id, identity)

    def users(self, account: str) -> tuple[UserView, ...]:
        """Every user of an account."""
        names = tuple(held("iam", account).users)
        return tuple(view for name in names if (view := self.user(account, name)))

    def roles(self, account: str) -> tuple[RoleView, ...]:
        """Every role of an account."""
        names = [role.name for role in tuple(held("iam", account).roles.values())]
        return tuple(view for name in names if (view := self.role(account, name)))

    def managed_policy(self, arn: str, account: str, kind: Kind) -> AttachedPolicy | None:
        """A managed policy's default version; ``None`` where there is no such policy."""
        if arn.startswith(f"arn:{PARTITION}:iam::aws:policy/"):
            self.load_aws_managed_policies(account)
        owner = arn.split(":")[4] if arn.count(":") >= 5 else account
        iam = held("iam", owner if owner.isdigit() else account)
        policy = iam.managed_policies.get(arn) if iam is not None else None
        return self._managed(policy, None, kind) if policy else None

    def load_aws_managed_policies(self, account: str) -> None:
        """Make AWS's own managed policies known to an account (about 0.1 s, once each)."""
        from moto.iam import models

        iam = held("iam", account)
        if iam is None or iam.aws_managed_policies:
            return
        data = json.loads(models.aws_managed_policies_data)
        iam.aws_managed_policies = [
            models.AWSManagedPolicy.from_data(name, account, "us-east-1", value)
            for name, value in data.items()
        ]
        iam.managed_policies.update({policy.arn: policy for policy in iam.aws_managed_policies})

    def set_user_boundary(self, account: str, name: str, arn: str | None) -> bool:
        """Set or (``None``) remove a user's permissions boundary, which moto does not do.

        Returns:
            Whether there is such a user.
        """
        user = held("iam", account).users.get(name)
        if user is None:
            return False
        user.permissions_boundary = arn and {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": arn,
        }
        self.changed()
        return True

    def principal_exists(self, arn: str) -> bool:
        """Whether a user or role with this ARN exists; of an account not in the lab, any may."""
        account, resource = arn.split(":", 5)[4:]
        if account not in self.accounts():
            return True
        kind, _, path_and_name = resource.partition("/")
        name = path_and_name.rpartition("/")[2]
        view = self.user(account, name) if kind == "user" else self.role(account, name)
        return view is not None and view.arn == arn

    def forget_principal(self, arn: str, unique_id: str) -> None:
        """Put a deleted principal's unique id where policies name its ARN."""
        forget_principal(arn, unique_id)
        self.changed()

    # -- other policies -------------------------------------------------------------------

    def resource_policy(self, arn: str) -> AttachedPolicy | None:
        """A resource's own policy; see `simulator.backend.resource_policies`."""
        return resource_policy(arn)

    def organization_policies(
        self, account: str, policy_type: str
    ) -> tuple[tuple[AttachedPolicy, ...], ...]:
        """An account's SCPs or RCPs; see `simulator.backend.organizations`."""
        return organization_policies(account, policy_type)

    # -- reading moto ---------------------------------------------------------------------

    def accounts(self) -> tuple[str, ...]:
        """Every account with any IAM state."""
        return tuple(backends_of("iam"))

    def _key_of(self, owner: tuple[str, str] | None, access_key_id: str) -> Any:
        if owner is None:
            return None
        user = held("iam", owner[0]).users.get(owner[1])
        keys = user.access_keys if user else ()
        return next((key for key in keys if key.access_key_id == access_key_id), None)

    def _read_user(self, account: str, name: str) -> UserView | None:
        iam = held("iam", account)
        user = iam.users.get(name) if iam is not None else None
        if user is None:
            return None
        identity = [*self._identity(user, user.arn)]
        for group in tuple(iam.groups.values()):
            if any(member.name == name for member in group.users):
                identity += self._identity(group, group.arn)
        tags = iam.tagger.get_tag_dict_for_resource(user.arn)
        boundary = self._boundary(getattr(user, "permissions_boundary", None), account)
        return UserView(
            account, name, user.arn, user.id, tuple(identity), boundary, tags,
            tuple(user.mfa_devices),
        )  # fmt: skip

    def _read_role(self, account: str, name: str) -> RoleView | None:
        iam = held("iam", account)
        roles = tuple(iam.roles.values()) if iam is not None else ()
        role = next((role for role in roles if role.name == name), None)
        if role is None:
            return None
        trust = attach(role.assume_role_policy_document, "trust", "trust policy", None, role.arn)
        return RoleView(
            account,
            name,
            role.arn,
            role.id,
            tuple(self._identity(role, role.arn)),
            self._boundary(role.permissions_boundary_arn, account),
            trust,
            int(role.max_session_duration or 3600),
            tags_of(role.tags),
        )

    def _identity(self, holder: Any, arn: str) -> Iterator[AttachedPolicy]:
        for name, text in tuple(holder.policies.items()):
            if attached := attach(text, "identity", name, None, arn):
                yield attached
        for policy in tuple(holder.managed_policies.values()):
            if attached := self._managed(policy, arn, "identity"):
                yield attached

    def _managed(self, policy: Any, attached_to: str | None, kind: Kind) -> AttachedPolicy | None:
        current = next(
            version
            for version in policy.versions
            if version.version_id == policy.default_version_id
        )
        return attach(current.document, kind, policy.name, policy.arn, attached_to)

    def _boundary(self, value: Any, account: str) -> AttachedPolicy | None:
        arn = value.get("PermissionsBoundaryArn") if isinstance(value, Mapping) else value
        if not arn:
            return None
        found = self.managed_policy(arn, account, "boundary")
        if found is not None:
            return found
        # A boundary that no longer exists allows nothing.
        return AttachedPolicy(NOTHING, name="deleted boundary", arn=arn)
