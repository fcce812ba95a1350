"""STS: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import parameter, request_tags
from simulator.gateway.actions.rules import (
    Asked,
    Context,
    Rule,
    Table,
    Target,
    account_of,
    tag_context,
)


def _role(asked: Asked) -> Iterator[Target]:
    arn = asked.text("RoleArn", "*")
    account = account_of(arn)
    tags = asked.lookup.resource_tags(arn, account, asked.region) if account else {}
    yield Target(arn, context=tag_context(("aws:ResourceTag", "iam:ResourceTag"), tags))


def _federated_user(asked: Asked) -> Iterator[Target]:
    yield Target(f"arn:aws:sts::{asked.account}:federated-user/{asked.text('Name')}")


def _root(asked: Asked) -> Iterator[Target]:
    target = asked.text("TargetPrincipal")
    account = account_of(target) or target
    yield Target(f"arn:aws:iam::{account}:root", account=account or None)


def _transitive_tag_keys(asked: Asked) -> Context:
    keys = tuple(str(key) for key in asked.items("TransitiveTagKeys"))
    return {"sts:TransitiveTagKeys": keys} if keys else {}


def _source_identity(asked: Asked) -> Context:
    identity = asked.text("SourceIdentity") or asked.source_identity
    return {"sts:SourceIdentity": identity} if identity else {}


def _has_tags(asked: Asked) -> bool:
    return bool(asked.get("Tags"))


def _has_source_identity(asked: Asked) -> bool:
    # A session that carries a source identity hands it on along a chain, and every role of the
    # chain must trust that: IAM User Guide, "Monitor and control actions taken with assumed
    # roles".
    return bool(asked.text("SourceIdentity") or asked.source_identity)


_SESSION = parameter("sts:RoleSessionName", "RoleSessionName")
_TAGS = (request_tags, _transitive_tag_keys)
_ASSUME = (
    _SESSION,
    parameter("sts:ExternalId", "ExternalId"),
    _source_identity,
    *_TAGS,
)

PERMISSIONLESS = frozenset({"GetCallerIdentity", "GetSessionToken"})

RULES: Table = {
    "AssumeRole": (
        Rule("sts:AssumeRole", _role, _ASSUME),
        Rule("sts:TagSession", _role, _ASSUME, _has_tags),
        Rule("sts:SetSourceIdentity", _role, _ASSUME, _has_source_identity),
    ),
    "AssumeRoleWithWebIdentity": (Rule("sts:AssumeRoleWithWebIdentity", _role, (_SESSION,)),),
    "AssumeRoleWithSAML": (Rule("sts:AssumeRoleWithSAML", _role),),
    "AssumeRoot": (
        Rule("sts:AssumeRoot", _root, (parameter("sts:TaskPolicyArn", "TaskPolicyArn.arn"),)),
    ),
    "DecodeAuthorizationMessage": (Rule("sts:DecodeAuthorizationMessage"),),
    "GetAccessKeyInfo": (Rule("sts:GetAccessKeyInfo"),),
    "GetDelegatedAccessToken": (Rule("sts:GetDelegatedAccessToken"),),
    "GetFederationToken": (
        Rule("sts:GetFederationToken", _federated_user, (request_tags,)),
        Rule("sts:TagSession", _federated_user, (request_tags,), _has_tags),
    ),
    "GetWebIdentityToken": (
        Rule(
            "sts:GetWebIdentityToken",
            keys=(
                parameter("sts:DurationSeconds", "DurationSeconds"),
                parameter("sts:SigningAlgorithm", "SigningAlgorithm"),
                request_tags,
            ),
        ),
        Rule("sts:TagGetWebIdentityToken", keys=(request_tags,), when=_has_tags),
    ),
}
