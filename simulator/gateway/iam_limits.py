"""IAM's conflicts and quotas: what is there already, in the way, or too much.

Source: IAM API Reference, errors of each operation; IAM User Guide, "IAM and AWS STS quotas",
"Deleting IAM identities".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.etree import ElementTree

from simulator.backend.iam_contents import (
    Kind,
    attached,
    groups_of,
    has_inline_policy,
    has_oidc_provider,
    has_password,
    inline_size,
    left_in,
    name_taken,
    policy_use,
    size,
)
from simulator.gateway.stages import AwsError, Caller, Operation
from simulator.gateway.world import World

Check = Callable[[Operation, Caller, World], None]

_INLINE: Mapping[Kind, int] = {"user": 2048, "group": 5120, "role": 10240}
"""Characters of all inline policies together."""
_MANAGED_SIZE = 6144
_TRUST_SIZE = 2048
_ATTACHED = 10
_GROUPS_OF_USER = 10
_MANY_VERSIONS = (
    "This policy has more than one version. Before you delete a policy, you must delete the "
    "policy's versions. The default version is deleted with the policy."
)


def not_taken(kind: Kind) -> Check:
    """A new name must differ from all others, and not in letter case alone."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        _refuse_taken(_named(operation, kind), kind, caller, world)

    return check


def new_name_is_free(kind: Kind) -> Check:
    """As for a new one; its own name may change its letters' case."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        new = str(operation.parameters.get(f"New{kind.title()}Name") or "")
        if new and new.lower() != _named(operation, kind).lower():
            _refuse_taken(new, kind, caller, world)

    return check


def _refuse_taken(name: str, kind: Kind, caller: Caller, world: World) -> None:
    if name_taken(_account(caller, world), kind, name):
        raise _exists(f"{kind.title()} with name {name} already exists.")


def inline_is_there(kind: Kind) -> Check:
    """An inline policy that is asked for or deleted must exist."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        policy = str(operation.parameters.get("PolicyName", ""))
        account, name = _account(caller, world), _named(operation, kind)
        if has_inline_policy(account, kind, name, policy) is False:
            text = f"The {kind} policy with name {policy} cannot be found."
            raise AwsError("NoSuchEntity", text, 404)

    return check


def inline_fits(kind: Kind) -> Check:
    """All inline policies of one user, group or role have a size together."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        policy = str(operation.parameters.get("PolicyName", ""))
        account, name = _account(caller, world), _named(operation, kind)
        text = str(operation.parameters.get("PolicyDocument", ""))
        if inline_size(account, kind, name, policy) + size(text) > _INLINE[kind]:
            raise _limit(f"Maximum policy size of {_INLINE[kind]} bytes exceeded for {kind} {name}")

    return check


def managed_fits(operation: Operation, caller: Caller, world: World) -> None:
    """A managed policy has 6,144 characters at most."""
    if size(str(operation.parameters.get("PolicyDocument", ""))) > _MANAGED_SIZE:
        raise _limit(f"Cannot exceed quota for PolicySize: {_MANAGED_SIZE}")


def trust_fits(parameter: str) -> Check:
    """A trust policy has 2,048 characters at most, unless one asks for more."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        if size(str(operation.parameters.get(parameter, ""))) > _TRUST_SIZE:
            raise _limit(f"Cannot exceed quota for ACLSizePerRole: {_TRUST_SIZE}")

    return check


def may_attach(kind: Kind) -> Check:
    """Ten managed policies each, unless one asks for more."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        has = attached(_account(caller, world), kind, _named(operation, kind))
        if len(has) >= _ATTACHED and operation.parameters.get("PolicyArn") not in has:
            raise _limit(f"Cannot exceed quota for PoliciesPer{kind.title()}: {_ATTACHED}")

    return check


def may_join(operation: Operation, caller: Caller, world: World) -> None:
    """A user is in ten groups at most."""
    groups = groups_of(_account(caller, world), _named(operation, "user"))
    if len(groups) >= _GROUPS_OF_USER and _named(operation, "group") not in groups:
        raise _limit(f"Cannot exceed quota for GroupsPerUser: {_GROUPS_OF_USER}")


def nothing_left(kind: Kind) -> Check:
    """Who has keys, a password, MFA or groups, or users or policies, cannot be deleted."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        must = left_in(_account(caller, world), kind, _named(operation, kind))
        if must is not None:
            raise _conflict(f"Cannot delete entity, must {must} first.")

    return check


def policy_is_unused(operation: Operation, caller: Caller, world: World) -> None:
    """A policy that is attached, or has versions beside its default, cannot be deleted."""
    arn = str(operation.parameters.get("PolicyArn", ""))
    attachments, versions = policy_use(_account(caller, world), arn)
    if attachments:
        raise _conflict("Cannot delete a policy attached to entities.")
    if versions > 1:
        raise _conflict(_MANY_VERSIONS)


def no_password_yet(operation: Operation, caller: Caller, world: World) -> None:
    """A user has one login profile."""
    name = _named(operation, "user")
    if has_password(_account(caller, world), name):
        raise _exists(f"Login Profile for user {name} already exists.")


def new_oidc_provider(operation: Operation, caller: Caller, world: World) -> None:
    """A provider's URL begins with https://, and is registered once."""
    url = str(operation.parameters.get("Url", ""))
    if not url.startswith("https://"):
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    name = url.removeprefix("https://").rstrip("/")
    if has_oidc_provider(_account(caller, world), name):
        raise _exists(f"Provider with url {url} already exists.")


def saml_metadata_reads(operation: Operation, caller: Caller, world: World) -> None:
    """A SAML provider's metadata is XML: an `EntityDescriptor`."""
    text = operation.parameters.get("SAMLMetadataDocument")
    if text is None:
        return
    try:
        if "<!DOCTYPE" in str(text):
            raise ValueError(text)
        root = ElementTree.fromstring(str(text))
        if root.tag.rpartition("}")[2] not in ("EntityDescriptor", "EntitiesDescriptor"):
            raise ValueError(root.tag)
    except (ElementTree.ParseError, ValueError) as error:
        raise AwsError("InvalidInput", "Could not parse metadata") from error


def boundary_exists(operation: Operation, caller: Caller, world: World) -> None:
    """A permissions boundary must be a managed policy there is."""
    arn = operation.parameters.get("PermissionsBoundary")
    if arn is None or world.backend.managed_policy(str(arn), _account(caller, world), "boundary"):
        return
    text = f"Scope ARN: {arn} does not exist or is not attachable."
    raise AwsError("NoSuchEntity", text, 404)


def _account(caller: Caller, world: World) -> str:
    return caller.account or world.account


def _named(operation: Operation, kind: Kind) -> str:
    return str(operation.parameters.get(f"{kind.title()}Name", ""))


def _exists(text: str) -> AwsError:
    return AwsError("EntityAlreadyExists", text, 409)


def _limit(text: str) -> AwsError:
    return AwsError("LimitExceeded", text, 409)


def _conflict(text: str) -> AwsError:
    return AwsError("DeleteConflict", text, 409)
