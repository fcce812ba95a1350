"""The world of a scenario file: accounts and what is in them, before the story begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from simulator.scenario.values import AccountId, Duration, PolicyDocument, Strict

Tags = dict[str, str]


class Principal(Strict):
    """What users and roles have in common."""

    path: str = Field(default="/", description="IAM path, beginning and ending with /.")
    policies: dict[str, PolicyDocument] = Field(
        default_factory=dict, description="Inline policies by name."
    )
    managed_policies: list[str] = Field(
        default_factory=list,
        description="Managed policies attached: names of this world's `managed_policies`, or ARNs.",
    )
    boundary: str | None = Field(
        default=None,
        description="Permissions boundary: a name of this world's `managed_policies`, or an ARN.",
    )
    tags: Tags = Field(default_factory=dict, description="Tags, seen as aws:PrincipalTag/….")


class User(Principal):
    """An IAM user."""

    access_keys: int = Field(
        default=1, ge=0, le=2, description="How many long-term access keys (AKIA…) to create."
    )
    groups: list[str] = Field(default_factory=list, description="Groups the user is in, by name.")
    mfa: bool = Field(
        default=False,
        description="Enable a virtual MFA device: {{ mfa.<user>.SerialNumber }} and"
        " {{ mfa.<user>.Code }}.",
    )
    console_password: str | None = Field(
        default=None, description="Create a console password (login profile)."
    )


class Group(Strict):
    """An IAM group."""

    policies: dict[str, PolicyDocument] = Field(
        default_factory=dict, description="Inline policies by name."
    )
    managed_policies: list[str] = Field(
        default_factory=list, description="Managed policies attached: names or ARNs."
    )


class Role(Principal):
    """An IAM role."""

    trust: PolicyDocument = Field(description="The trust policy: who may assume the role.")
    description: str = Field(default="", description="The role's description in IAM.")
    max_session_duration: Duration = Field(
        default=timedelta(hours=1), description="MaxSessionDuration, 1h to 12h."
    )


class BucketObject(Strict):
    """An object in a bucket, where more than its text matters."""

    text: str = Field(description="The content.")
    content_type: str = Field(default="text/plain", description="Content-Type.")
    tags: Tags = Field(default_factory=dict, description="Object tags.")


class Bucket(Strict):
    """An S3 bucket."""

    objects: dict[str, str | BucketObject] = Field(
        default_factory=dict, description="Objects by key: the text, or a mapping with more."
    )
    policy: PolicyDocument | None = Field(default=None, description="The bucket policy.")
    tags: Tags = Field(default_factory=dict, description="Bucket tags.")


class Table(Strict):
    """A DynamoDB table."""

    key: str = Field(description="Name of the partition key, a string attribute.")
    sort_key: str | None = Field(default=None, description="Name of the sort key, a string.")
    items: list[dict[str, Any]] = Field(
        default_factory=list, description="Items as plain values; numbers, strings, lists, maps."
    )
    policy: PolicyDocument | None = Field(default=None, description="The table's resource policy.")
    tags: Tags = Field(default_factory=dict, description="Table tags.")


class Secret(Strict):
    """A secret of Secrets Manager, where more than its text matters."""

    text: str = Field(description="SecretString.")
    description: str = Field(default="", description="What the secret is for.")
    policy: PolicyDocument | None = Field(default=None, description="The secret's policy.")
    tags: Tags = Field(default_factory=dict, description="Tags.")


class Parameter(Strict):
    """A parameter of SSM Parameter Store, where more than its text matters."""

    text: str = Field(description="The value.")
    type: Literal["String", "StringList", "SecureString"] = Field(
        default="String", description="The parameter's type."
    )


class Queue(Strict):
    """An SQS queue."""

    policy: PolicyDocument | None = Field(default=None, description="The queue policy.")


class Key(Strict):
    """A customer managed KMS key; its alias is its name here."""

    description: str = Field(default="", description="What the key is for.")
    policy: PolicyDocument | None = Field(default=None, description="The key policy.")


class Function(Strict):
    """A Lambda function. Its code never runs; its environment and role are what counts."""

    role: str = Field(description="Execution role, by name.")
    runtime: str = Field(default="python3.12", description="Lambda runtime identifier.")
    environment: dict[str, str] = Field(
        default_factory=dict, description="Environment variables the owner set."
    )


class Instance(Strict):
    """An EC2 instance."""

    profile: str | None = Field(
        default=None, description="Instance profile, by name; its role's credentials are on IMDS."
    )
    http_tokens: Literal["optional", "required"] = Field(
        default="required", description="`required`: IMDSv2 only; `optional`: IMDSv1 answers too."
    )
    instance_type: str = Field(default="t3.micro", description="EC2 instance type.")
    tags: Tags = Field(default_factory=dict, description="Instance tags.")


class OidcProvider(Strict):
    """An OpenID Connect provider, run by the lab, that signs real JWTs."""

    audiences: list[str] = Field(
        default_factory=lambda: ["sts.amazonaws.com"], description="Client ids (aud) it may use."
    )


class SamlProvider(Strict):
    """A SAML 2.0 identity provider, run by the lab, that signs real assertions."""

    issuer: str = Field(description="EntityID of the provider: https://idp.example.com/saml.")


class AccountWorld(Strict):
    """What is in one account."""

    managed_policies: dict[str, PolicyDocument] = Field(
        default_factory=dict, description="Customer managed policies by name."
    )
    users: dict[str, User | None] = Field(
        default_factory=dict, description="IAM users by name; nothing after the colon is fine."
    )
    groups: dict[str, Group] = Field(default_factory=dict, description="IAM groups by name.")
    roles: dict[str, Role] = Field(default_factory=dict, description="IAM roles by name.")
    instance_profiles: dict[str, str] = Field(
        default_factory=dict, description="Instance profiles by name, each with its role's name."
    )
    buckets: dict[str, Bucket] = Field(default_factory=dict, description="S3 buckets by name.")
    tables: dict[str, Table] = Field(default_factory=dict, description="DynamoDB tables by name.")
    secrets: dict[str, str | Secret] = Field(
        default_factory=dict, description="Secrets by name: the text, or a mapping with more."
    )
    parameters: dict[str, str | Parameter] = Field(
        default_factory=dict, description="SSM parameters by name: the text, or a mapping."
    )
    queues: dict[str, Queue | None] = Field(default_factory=dict, description="SQS queues by name.")
    keys: dict[str, Key | None] = Field(
        default_factory=dict, description="KMS keys by alias, without `alias/`."
    )
    functions: dict[str, Function] = Field(
        default_factory=dict, description="Lambda functions by name."
    )
    instances: dict[str, Instance] = Field(
        default_factory=dict, description="EC2 instances by name (their Name tag)."
    )
    oidc_providers: dict[str, OidcProvider | None] = Field(
        default_factory=dict, description="OIDC providers by host and path: `ci.example.com`."
    )
    saml_providers: dict[str, SamlProvider] = Field(
        default_factory=dict, description="SAML providers by name."
    )


class OtherAccount(AccountWorld):
    """Another account of the world."""

    id: AccountId | None = Field(
        default=None,
        description="The account id, 12 digits, in quotes. A member of the organization has"
        " none: AWS Organizations gives it one, {{ accounts.<name>.id }}.",
    )


class Organization(Strict):
    """An organization. The world's own account manages it, so SCPs never bind that one."""

    members: list[str] = Field(
        min_length=1, description="Names of `accounts` to create in it; they have no `id`."
    )
    root_scps: dict[str, PolicyDocument] = Field(
        default_factory=dict, description="SCPs on the root, by name, beside FullAWSAccess."
    )
    member_scps: dict[str, dict[str, PolicyDocument]] = Field(
        default_factory=dict, description="SCPs on a member: its name → SCPs by name."
    )


class World(AccountWorld):
    """Everything that exists when the story begins, built with real calls."""

    propagation: Duration = Field(
        default=timedelta(0),
        description="How long a policy change takes to bite, in lab time; on AWS, some seconds.",
    )
    accounts: dict[str, OtherAccount] = Field(
        default_factory=dict, description="Other accounts by a name of your choice."
    )
    organization: Organization | None = Field(
        default=None, description="An AWS Organization, with its service control policies."
    )
