"""What telling a request's checks must ask of the state of the world.

The authorize stage hands in an implementation; this package never touches the state itself.
Every answer is a plain value and nothing here raises: a thing that does not exist has no tags,
no path but ``/``, and no ARN.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

IamKind = Literal["user", "role", "group", "policy", "instance-profile"]
"""The kinds of IAM resources whose ARN carries a path."""


class Lookup(Protocol):
    """Questions about the world, asked while a request's checks are worked out."""

    def iam_path(self, kind: IamKind, name: str, account: str) -> str:
        """The path of an IAM resource, ``/`` where it has none or does not exist."""
        ...

    def permissions_boundary(self, kind: Literal["user", "role"], name: str, account: str) -> str:
        """The ARN of the boundary set on a user or role; empty where there is none."""
        ...

    def access_key_owner(self, access_key_id: str) -> tuple[str, str] | None:
        """Account and user name behind a long-term key, ``None`` where it is unknown."""
        ...

    def instance_profile_roles(self, name: str, account: str) -> tuple[str, ...]:
        """The ARNs of the roles in an instance profile."""
        ...

    def bucket_account(self, bucket: str) -> str | None:
        """The account that owns a bucket, ``None`` where the bucket does not exist."""
        ...

    def object_tags(self, bucket: str, key: str, version_id: str | None) -> Mapping[str, str]:
        """The tags of an S3 object (of its newest version where none is named)."""
        ...

    def secret_arn(self, secret_id: str, account: str, region: str) -> str | None:
        """The full ARN, random suffix included, of a secret given by name or by ARN."""
        ...

    def kms_key_arn(self, key_id: str, account: str, region: str) -> str | None:
        """The key ARN behind a key id, an alias name, or the ARN of either."""
        ...

    def resource_tags(self, arn: str, account: str, region: str) -> Mapping[str, str]:
        """The tags of the resource with this ARN."""
        ...

    def kms_key_of_ciphertext(self, ciphertext: bytes, account: str, region: str) -> str | None:
        """The ARN of the key a ciphertext was made with, whichever account has it."""
        ...

    def partition_key(self, table: str, index: str | None, account: str, region: str) -> str | None:
        """The name of a DynamoDB table's (or index's) partition key attribute."""
        ...

    def organization_arn(self, identifier: str, account: str) -> str | None:
        """The ARN of an account, root, unit, policy or handshake of the caller's organization."""
        ...
