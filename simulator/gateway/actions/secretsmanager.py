"""Secrets Manager: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import parameter, request_tags
from simulator.gateway.actions.rules import Asked, Context, Rule, Rules, Target, everything
from simulator.gateway.actions.targets import fill, with_tags

_TAGS = "secretsmanager:ResourceTag"


def _secret_named(asked: Asked, identifier: str) -> Target:
    arn = asked.lookup.secret_arn(identifier, asked.account, asked.region)
    # AWS checks an unknown secret under the very name it was asked for.
    return with_tags(asked, arn, _TAGS) if arn else Target(identifier or "*")


def _secret(asked: Asked) -> Iterator[Target]:
    yield _secret_named(asked, asked.text("SecretId"))


def _listed(asked: Asked) -> Iterator[Target]:
    for identifier in asked.items("SecretIdList"):
        yield _secret_named(asked, str(identifier))


def _new(asked: Asked) -> Iterator[Target]:
    # The suffix is not drawn yet; policies write it as six question marks.
    yield Target(fill(asked, "secretsmanager", f"secret:{asked.text('Name')}-??????"))


def _stage(asked: Asked) -> Context:
    """Without a version, a secret is read at its current stage."""
    stage = asked.text("VersionStage")
    if not stage and not asked.text("VersionId"):
        stage = "AWSCURRENT"
    return {"secretsmanager:VersionStage": stage} if stage else {}


_KEYS = (
    parameter("secretsmanager:SecretId", "SecretId"),
    parameter("secretsmanager:Description", "Description"),
    parameter("secretsmanager:KmsKeyId", "KmsKeyId"),
    parameter("secretsmanager:RotationLambdaARN", "RotationLambdaARN"),
    parameter("secretsmanager:RecoveryWindowInDays", "RecoveryWindowInDays"),
    parameter("secretsmanager:ForceDeleteWithoutRecovery", "ForceDeleteWithoutRecovery"),
    parameter("secretsmanager:BlockPublicPolicy", "BlockPublicPolicy"),
    request_tags,
)
_NEW_KEYS = (parameter("secretsmanager:Name", "Name"), *_KEYS)

RULES: dict[str, Rules] = {
    "BatchGetSecretValue": (
        Rule("secretsmanager:BatchGetSecretValue"),
        Rule("secretsmanager:GetSecretValue", _listed),
        Rule("secretsmanager:ListSecrets", when=lambda asked: asked.items("Filters")),
    ),
    "CreateSecret": (
        Rule("secretsmanager:CreateSecret", _new, _NEW_KEYS),
        Rule("secretsmanager:TagResource", _new, _NEW_KEYS, lambda asked: asked.items("Tags")),
        Rule(
            "secretsmanager:ReplicateSecretToRegions",
            _new,
            _NEW_KEYS,
            lambda asked: asked.items("AddReplicaRegions"),
        ),
    ),
    "GetSecretValue": (
        Rule(
            "secretsmanager:GetSecretValue",
            _secret,
            (*_KEYS, parameter("secretsmanager:VersionId", "VersionId"), _stage),
        ),
    ),
    "UpdateSecretVersionStage": (
        Rule(
            "secretsmanager:UpdateSecretVersionStage",
            _secret,
            (*_KEYS, parameter("secretsmanager:VersionStage", "VersionStage")),
        ),
    ),
}


def rules(asked: Asked) -> Rules:
    """The rules of a Secrets Manager operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    targets = _secret if asked.text("SecretId") else everything
    return (Rule(f"secretsmanager:{name}", targets, _KEYS),)
