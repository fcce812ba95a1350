"""Lambda: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html and
https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.gateway.actions.keys import parameter, passed_to, request_tags
from simulator.gateway.actions.rules import Asked, Context, Rule, Rules, Target, is_arn
from simulator.gateway.actions.targets import by_arn, fill, first_named, named, role, with_tags
from simulator.gateway.stages import ContextValue

_NAME = re.compile(
    r"^(?:arn:aws[\w-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?$"
)

ACTIONS = {
    "GetLayerVersionByArn": "GetLayerVersion",
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}

_QUALIFIED = frozenset(
    {
        "AddPermission",
        "DeleteProvisionedConcurrencyConfig",
        "GetPolicy",
        "GetProvisionedConcurrencyConfig",
        "Invoke",
        "InvokeWithResponseStream",
        "PutProvisionedConcurrencyConfig",
        "RemovePermission",
    }
)
"""Operations checked on the version or alias they name, rather than on the function."""


def function_arn(asked: Asked, qualified: bool) -> str:
    """The ARN of the function a request names: by name, partial ARN or ARN."""
    found = _NAME.match(asked.text("FunctionName"))
    if found is None:
        return fill(asked, "lambda", f"function:{asked.text('FunctionName')}")
    region = found["region"] or asked.region
    account = found["account"] or asked.account
    arn = f"arn:aws:lambda:{region}:{account}:function:{found['name']}"
    qualifier = asked.text("Qualifier") or found["qualifier"]
    return f"{arn}:{qualifier}" if qualified and qualifier else arn


def _function(asked: Asked) -> Iterator[Target]:
    yield with_tags(asked, function_arn(asked, asked.operation.name in _QUALIFIED))


def _layer(asked: Asked) -> Iterator[Target]:
    name = asked.text("LayerName")
    arn = name if is_arn(name) else fill(asked, "lambda", f"layer:{name}")
    version = asked.text("VersionNumber")
    yield Target(f"{arn}:{version}" if version else arn)


def _layers(asked: Asked) -> Iterator[Target]:
    for layer in asked.items("Layers"):
        yield Target(str(layer))


def _configuration(asked: Asked) -> Context:
    """What a function is configured with: layers, code signing, its place in a VPC."""
    context: dict[str, ContextValue] = {}
    for key, path in (
        ("lambda:Layer", "Layers"),
        ("lambda:SubnetIds", "VpcConfig.SubnetIds"),
        ("lambda:SecurityGroupIds", "VpcConfig.SecurityGroupIds"),
    ):
        values = tuple(map(str, asked.items(path)))
        if values:
            context[key] = values
    signing = asked.text("CodeSigningConfigArn")
    return context | ({"lambda:CodeSigningConfigArn": signing} if signing else {})


def _function_key(asked: Asked) -> Context:
    if not asked.text("FunctionName"):
        return {}
    return {"lambda:FunctionArn": function_arn(asked, qualified=False)}


_PERMISSION = (
    parameter("lambda:Principal", "Principal"),
    parameter("lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
)
_URL = (parameter("lambda:FunctionUrlAuthType", "AuthType"), _function_key)
_PASS_ROLE = Rule(
    "iam:PassRole",
    role("Role"),
    (passed_to["lambda.amazonaws.com"], lambda asked: {
        "iam:AssociatedResourceArn": function_arn(asked, qualified=False)
    }),
    lambda asked: asked.text("Role"),
)  # fmt: skip
_USES_LAYERS = Rule("lambda:GetLayerVersion", _layers)
_mapping = named("lambda", "event-source-mapping:", "UUID")
_signing = by_arn("CodeSigningConfigArn")

RULES: dict[str, Rules] = {
    "AddPermission": (Rule("lambda:AddPermission", _function, _PERMISSION),),
    "CreateEventSourceMapping": (
        Rule("lambda:CreateEventSourceMapping", keys=(_function_key, request_tags)),
    ),
    "CreateFunction": (
        Rule("lambda:CreateFunction", _function, (_configuration, request_tags)),
        _PASS_ROLE,
        _USES_LAYERS,
        Rule("lambda:TagResource", _function, (request_tags,), lambda asked: asked.get("Tags")),
    ),
    "CreateFunctionUrlConfig": (Rule("lambda:CreateFunctionUrlConfig", _function, _URL),),
    "DeleteFunctionUrlConfig": (Rule("lambda:DeleteFunctionUrlConfig", _function, _URL),),
    "GetFunctionUrlConfig": (Rule("lambda:GetFunctionUrlConfig", _function, _URL),),
    "ListEventSourceMappings": (Rule("lambda:ListEventSourceMappings"),),
    "ListFunctions": (Rule("lambda:ListFunctions"),),
    "ListLayerVersions": (Rule("lambda:ListLayerVersions"),),
    "PutFunctionCodeSigningConfig": (
        Rule("lambda:PutFunctionCodeSigningConfig", _function, (_configuration,)),
        Rule("lambda:PutFunctionCodeSigningConfig", _signing, (_configuration,)),
    ),
    "UpdateEventSourceMapping": (
        Rule("lambda:UpdateEventSourceMapping", _mapping, (_function_key,)),
    ),
    "UpdateFunctionConfiguration": (
        Rule("lambda:UpdateFunctionConfiguration", _function, (_configuration,)),
        _PASS_ROLE,
        _USES_LAYERS,
    ),
    "UpdateFunctionUrlConfig": (Rule("lambda:UpdateFunctionUrlConfig", _function, _URL),),
}

_BY_PARAMETER = (
    ("FunctionName", _function),
    ("LayerName", _layer),
    ("UUID", _mapping),
    ("CodeSigningConfigArn", _signing),
    ("CapacityProviderName", named("lambda", "capacity-provider:", "CapacityProviderName")),
    ("DurableExecutionArn", by_arn("DurableExecutionArn")),
    ("Resource", by_arn("Resource")),
    ("ResourceArn", by_arn("ResourceArn")),
    ("Arn", by_arn("Arn")),
)


def rules(asked: Asked) -> Rules:
    """The rules of a Lambda operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    action = f"lambda:{ACTIONS.get(name, name)}"
    return (Rule(action, first_named(asked, _BY_PARAMETER), (request_tags,)),)
