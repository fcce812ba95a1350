"""`Lookup` answered from moto's state.

``tests/gateway/test_moto_contract_lookup.py`` says which moto internal broke. Nothing here
creates state: an account or region that nobody has used stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from simulator.backend.held import backends_of, held, latest_function
from simulator.gateway.actions.lookup import IamKind

_NO_TAGS: Mapping[str, str] = {}
_KEY_ID_LENGTH = 36


class MotoLookup:
    """What a request's checks ask of the world; see `simulator.gateway.actions.lookup`."""

    def iam_path(self, kind: IamKind, name: str, account: str) -> str:
        """The path of an IAM resource, ``/`` where it has none or does not exist."""
        found = _iam_resource(kind, name, account)
        return str(found.path) if found is not None else "/"

    def permissions_boundary(self, kind: Literal["user", "role"], name: str, account: str) -> str:
        """The ARN of the boundary set on a user or role; empty where there is none."""
        holder = _iam_resource(kind, name, account)
        # moto keeps a role's boundary, and a user's only where the lab has set it.
        value = getattr(holder, "permissions_boundary_arn", None) or getattr(
            holder, "permissions_boundary", None
        )
        if isinstance(value, Mapping):
            value = value.get("PermissionsBoundaryArn")
        return str(value) if value else ""

    def access_key_owner(self, access_key_id: str) -> tuple[str, str] | None:
        """Account and user name behind a long-term key, ``None`` where it is unknown."""
        for account in tuple(backends_of("iam")):
            iam = held("iam", account)
            key = iam.access_keys.get(access_key_id) if iam is not None else None
            if key is not None and key.user_name:
                return account, key.user_name
        return None

    def instance_profile_roles(self, name: str, account: str) -> tuple[str, ...]:
        """The ARNs of the roles in an instance profile."""
        profile = _iam_resource("instance-profile", name, account)
        return tuple(role.arn for role in profile.roles) if profile is not None else ()

    def bucket_account(self, bucket: str) -> str | None:
        """The account that owns a bucket, ``None`` where the bucket does not exist."""
        owner = backends_of("s3").bucket_accounts.get(bucket)
        return str(owner[1]) if owner else None

    def object_tags(self, bucket: str, key: str, version_id: str | None) -> Mapping[str, str]:
        """The tags of an S3 object (of its newest version where none is named)."""
        account = self.bucket_account(bucket)
        backend = held("s3", account) if account else None
        if backend is None or not backend.tagger.tags or bucket not in backend.buckets:
            return _NO_TAGS
        versions = backend.buckets[bucket].keys.getlist(key, [])
        if version_id is not None:
            versions = [version for version in versions if version.version_id == version_id]
        if not versions:
            return _NO_TAGS
        newest = versions[-1]
        arn = getattr(newest, "arn", None)  # a delete marker has none
        return _texts(backend.tagger.get_tag_dict_for_resource(arn)) if arn else _NO_TAGS

    def secret_arn(self, secret_id: str, account: str, region: str) -> str | None:
        """The full ARN, random suffix included, of a secret given by name or by ARN."""
        account, region = _place(secret_id, account, region)
        backend = held("secretsmanager", account, region)
        secret = backend.secrets.get(secret_id) if backend is not None else None
        return str(secret.arn) if secret is not None else None

    def kms_key_arn(self, key_id: str, account: str, region: str) -> str | None:
        """The key ARN behind a key id, an alias name, or the ARN of either."""
        account, region = _place(key_id, account, region)
        backend = held("kms", account, region)
        if backend is None:
            return None
        name = key_id.rpartition(":")[2] if key_id.startswith("arn:") else key_id
        key = backend.keys.get(name.removeprefix("key/"))
        if key is None:
            key = next((k for k in tuple(backend.keys.values()) if name in k.aliases), None)
        return str(key.arn) if key is not None else None

    def resource_tags(self, arn: str, account: str, region: str) -> Mapping[str, str]:
        """The tags of the resource with this ARN."""
        parts = arn.split(":", 5)
        if len(parts) < 6:
            return _NO_TAGS
        account, region = parts[4] or account, parts[3] or region
        reader = _TAG_READERS.get(parts[2])
        if reader is not None:
            return reader(arn, parts[5], account, region)
        return _any_tags(arn, parts[2], account, region)

    def kms_key_of_ciphertext(self, ciphertext: bytes, account: str, region: str) -> str | None:
        """The ARN of the key a ciphertext was made with, whichever account has it."""
        # moto writes the key id, 36 characters, in front of what it encrypts.
        key_id = ciphertext[:_KEY_ID_LENGTH].decode("ascii", "replace")
        if len(key_id) < _KEY_ID_LENGTH:
            return None
        owners = (account, *(each for each in tuple(backends_of("kms")) if each != account))
        found = (self.kms_key_arn(key_id, owner, region) for owner in owners)
        return next((arn for arn in found if arn), None)

    def partition_key(self, table: str, index: str | None, account: str, region: str) -> str | None:
        """The name of a DynamoDB table's (or index's) partition key attribute."""
        account, region = _place(table, account, region)
        backend = held("dynamodb", account, region)
        found = backend.tables.get(table.rpartition("/")[2]) if backend is not None else None
        if found is None:
            return None
        if index is None:
            return str(found.hash_key_attr) or None
        indexes = (each for each in found.all_indexes() if each.name == index)
        schema = getattr(next(indexes, None), "schema", ())
        hashes = (part["AttributeName"] for part in schema if part["KeyType"] == "HASH")
        return next(hashes, None)

    def organization_arn(self, identifier: str, account: str) -> str | None:
        """The ARN of an account, root, unit or policy of the caller's organization."""
        things = _organization_members(account)
        return next((str(thing.arn) for thing in things if thing.id == identifier), None)


# -- where things are kept -----------------------------------------------------------------


def _iam_resource(kind: IamKind, name: str, account: str) -> Any:
    iam = held("iam", account)
    if iam is None:
        return None
    if kind == "user":
        return iam.users.get(name)
    if kind == "group":
        return iam.groups.get(name)
    kept: Mapping[IamKind, Any] = {
        "role": iam.roles,
        "instance-profile": iam.instance_profiles,
        "policy": iam.managed_policies,
    }
    found = (thing for thing in tuple(kept[kind].values()) if thing.name == name)
    return next(found, None)


def _place(identifier: str, account: str, region: str) -> tuple[str, str]:
    """The account and region of an ARN; of the caller for anything else."""
    parts = identifier.split(":", 5)
    return (parts[4], parts[3]) if len(parts) == 6 and parts[0] == "arn" else (account, region)


def _organization_members(account: str) -> tuple[Any, ...]:
    """Accounts, root, units and policies of the organization an account belongs to."""
    for owner in tuple(backends_of("organizations")):
        backend = held("organizations", owner)
        if backend is not None and any(member.id == account for member in backend.accounts):
            return (*backend.accounts, *backend.ou, *backend.policies)
    return ()


# -- tags, a reader a service --------------------------------------------------------------


def _iam_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    iam = held("iam", account)
    if iam is None:
        return _NO_TAGS
    kind, _, rest = resource.partition("/")
    name = rest.rpartition("/")[2]
    if kind == "user":
        return _texts(iam.tagger.get_tag_dict_for_resource(arn))
    if kind == "policy":
        return tags_of(getattr(iam.managed_policies.get(arn), "tags", None))
    if kind == "oidc-provider":
        return tags_of(getattr(iam.open_id_providers.get(arn), "tags", None))
    if kind == "role":
        return tags_of(getattr(_iam_resource("role", name, account), "tags", None))
    if kind == "instance-profile":
        return tags_of(getattr(_iam_resource("instance-profile", name, account), "tags", None))
    return _NO_TAGS


def _table_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("dynamodb", account, region)
    name = resource.split("/")[1] if "/" in resource else ""
    table = backend.tables.get(name) if backend is not None else None
    return tags_of(getattr(table, "tags", None))


def _secret_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("secretsmanager", account, region)
    secret = backend.secrets.get(arn) if backend is not None else None
    return tags_of(getattr(secret, "tags", None))


def _ssm_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("ssm", account, region)
    kind, _, name = resource.partition("/")
    kinds = {
        "parameter": "Parameter",
        "document": "Document",
        "maintenancewindow": "MaintenanceWindow",
        "patchbaseline": "PatchBaseline",
    }
    kept = backend._resource_tags.get(kinds.get(kind, "")) if backend is not None else None
    return tags_of((kept.get(name) or kept.get(f"/{name}")) if kept else None)


def _key_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("kms", account, region)
    if backend is None:
        return _NO_TAGS
    return _texts(backend.tagger.get_tag_dict_for_resource(resource.removeprefix("key/")))


def _function_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    name = resource.removeprefix("function:").partition(":")[0]
    return tags_of(getattr(latest_function(account, region, name), "tags", None))


def _queue_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("sqs", account, region)
    return tags_of(getattr(backend.queues.get(resource), "tags", None) if backend else None)


def _topic_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("sns", account, region)
    return tags_of(getattr(backend.topics.get(arn), "_tags", None) if backend else None)


def _log_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("logs", account, region)
    group = ":".join(arn.split(":")[:7])  # a stream has its group's tags
    return _texts(backend.tagger.get_tag_dict_for_resource(group)) if backend else _NO_TAGS


def _ec2_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    backend = held("ec2", account, region)
    return tags_of(backend.tags.get(resource.rpartition("/")[2]) if backend else None)


def _bucket_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    owner = MotoLookup().bucket_account(resource)
    backend = held("s3", owner) if owner else None
    return _texts(backend.tagger.get_tag_dict_for_resource(arn)) if backend else _NO_TAGS


def _organization_tags(arn: str, resource: str, account: str, region: str) -> Mapping[str, str]:
    things = _organization_members(account)
    return tags_of(next((thing.tags for thing in things if thing.arn == arn), None))


_TAG_READERS: Mapping[str, Callable[[str, str, str, str], Mapping[str, str]]] = {
    "dynamodb": _table_tags,
    "ec2": _ec2_tags,
    "iam": _iam_tags,
    "kms": _key_tags,
    "lambda": _function_tags,
    "logs": _log_tags,
    "organizations": _organization_tags,
    "s3": _bucket_tags,
    "secretsmanager": _secret_tags,
    "sns": _topic_tags,
    "sqs": _queue_tags,
    "ssm": _ssm_tags,
}


def _any_tags(arn: str, service: str, account: str, region: str) -> Mapping[str, str]:
    """Tags by moto's common tagging interface, for the services without a reader above."""
    from moto.core.resource_tagging import iter_taggable_backends

    for backend in iter_taggable_backends(account, region):
        if service != backend.SERVICE_NAMESPACE:
            continue
        for resource in backend.iter_tagged_resources():
            if resource.arn == arn:
                return _texts(resource.tags)
    return _NO_TAGS


def _texts(tags: Mapping[str, Any]) -> Mapping[str, str]:
    return {key: value or "" for key, value in tags.items()}


def tags_of(value: Any) -> dict[str, str]:
    """Tags in any form moto keeps them: a map, a map of pairs, or a list of pairs."""
    if isinstance(value, Mapping):
        return {
            str(key): str(tag["Value"] if isinstance(tag, Mapping) else tag or "")
            for key, tag in value.items()
        }
    pairs = value if isinstance(value, list) else []
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs}
