"""Systems Manager: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import parameter, passed_to, request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target, Targets, is_arn
from simulator.gateway.actions.targets import (
    both,
    by_arn,
    fill,
    first_named,
    named,
    role,
    with_tags,
)

_TAGS = "ssm:resourceTag"
_AWS_DOCUMENTS = ("AWS-", "AWS", "Amazon")


def _parameter_target(asked: Asked, name: str) -> Target:
    if is_arn(name):
        return with_tags(asked, name, _TAGS)
    # ``name:3`` and ``name:label`` choose a version of the parameter; the ARN has neither the
    # version nor a leading slash.
    plain = name.partition(":")[0].lstrip("/")
    return with_tags(asked, fill(asked, "ssm", f"parameter/{plain}"), _TAGS)


def _parameter(asked: Asked) -> Iterator[Target]:
    yield _parameter_target(asked, asked.text("Name"))


def _parameters(asked: Asked) -> Iterator[Target]:
    for name in asked.items("Names"):
        yield _parameter_target(asked, str(name))


def _path(asked: Asked) -> Iterator[Target]:
    yield Target(fill(asked, "ssm", f"parameter/{asked.text('Path').strip('/')}"))


def _document_target(asked: Asked, name: str) -> Target:
    if is_arn(name):
        return with_tags(asked, name, _TAGS)
    if name.startswith(_AWS_DOCUMENTS):  # owned by Amazon: no account in the ARN
        return Target(f"arn:aws:ssm:{asked.region}::document/{name}")
    return with_tags(asked, fill(asked, "ssm", f"document/{name}"), _TAGS)


def _document(name: str) -> Targets:
    def targets(asked: Asked) -> Iterator[Target]:
        yield _document_target(asked, asked.text(name))

    return targets


def _instance_target(asked: Asked, identifier: str) -> Target:
    if identifier.startswith("mi-"):
        arn = fill(asked, "ssm", f"managed-instance/{identifier}")
    else:
        arn = fill(asked, "ec2", f"instance/{identifier}")
    return with_tags(asked, arn, _TAGS)


def _instances(asked: Asked) -> Iterator[Target]:
    """The instances a request names; ``instance/*`` where it chooses them by tags."""
    names = asked.items("InstanceIds") + [
        asked.text(name) for name in ("InstanceId", "Target") if asked.text(name)
    ]
    for name in names:
        yield _instance_target(asked, str(name))
    if not names and asked.items("Targets"):
        yield Target(fill(asked, "ec2", "instance/*"))


def _automation(asked: Asked) -> Iterator[Target]:
    # The execution has no id yet; the definition is checked with the version asked for.
    version = asked.text("DocumentVersion", "$DEFAULT")
    name = asked.text("DocumentName")
    owner = "" if name.startswith(_AWS_DOCUMENTS) else asked.account
    yield Target(f"arn:aws:ssm:{asked.region}:{owner}:automation-definition/{name}:{version}")


_TAGGED = {
    "Association": "association",
    "Automation": "automation-execution",
    "Document": "document",
    "MaintenanceWindow": "maintenancewindow",
    "ManagedInstance": "managed-instance",
    "OpsItem": "opsitem",
    "OpsMetadata": "opsmetadata",
    "Parameter": "parameter",
    "PatchBaseline": "patchbaseline",
}


def _tagged(asked: Asked) -> Iterator[Target]:
    kind = _TAGGED.get(asked.text("ResourceType"))
    identifier = asked.text("ResourceId")
    if kind == "parameter":
        yield _parameter_target(asked, identifier)
    elif kind is None or is_arn(identifier):
        yield Target(identifier if is_arn(identifier) else "*")
    else:
        yield with_tags(asked, fill(asked, "ssm", f"{kind}/{identifier}"), _TAGS)


def _ssm(prefix: str, name: str) -> Targets:
    return named("ssm", prefix, name, _TAGS)


def _passes(name: str) -> Rule:
    return Rule(
        "iam:PassRole",
        role(name),
        (passed_to["ssm.amazonaws.com"],),
        lambda asked: asked.text(name),
    )


_window = _ssm("maintenancewindow/", "WindowId")

_PARAMETERS = frozenset(
    {
        "DeleteParameter", "GetParameter", "GetParameterHistory", "LabelParameterVersion",
        "UnlabelParameterVersion",
    }
)  # fmt: skip
_DOCUMENTS = frozenset(
    {
        "CreateAssociation", "CreateDocument", "DeleteDocument", "DescribeDocument",
        "DescribeDocumentPermission", "GetDocument", "ListDocumentMetadataHistory",
        "ListDocumentVersions", "ModifyDocumentPermission", "UpdateDocument",
        "UpdateDocumentDefaultVersion", "UpdateDocumentMetadata",
    }
)  # fmt: skip

RULES: dict[str, Rules] = {
    "AddTagsToResource": (Rule("ssm:AddTagsToResource", _tagged, (request_tags,)),),
    "CreateActivation": (
        Rule("ssm:CreateActivation", keys=(request_tags,)),
        _passes("IamRole"),
    ),
    "CreateAssociation": (
        Rule("ssm:CreateAssociation", both(_document("Name"), _instances), (request_tags,)),
    ),
    "DeleteParameters": (Rule("ssm:DeleteParameters", _parameters),),
    "GetParameters": (Rule("ssm:GetParameters", _parameters),),
    "GetParametersByPath": (
        Rule("ssm:GetParametersByPath", _path, (parameter("ssm:Recursive", "Recursive"),)),
    ),
    "ListTagsForResource": (Rule("ssm:ListTagsForResource", _tagged),),
    "PutParameter": (
        Rule(
            "ssm:PutParameter",
            _parameter,
            (request_tags, parameter("ssm:Overwrite", "Overwrite")),
        ),
        Rule("ssm:AddTagsToResource", _parameter, (request_tags,), lambda a: a.items("Tags")),
    ),
    "RegisterTaskWithMaintenanceWindow": (
        Rule("ssm:RegisterTaskWithMaintenanceWindow", _window),
        _passes("ServiceRoleArn"),
    ),
    "RemoveTagsFromResource": (Rule("ssm:RemoveTagsFromResource", _tagged, (request_tags,)),),
    "SendCommand": (
        Rule("ssm:SendCommand", both(_document("DocumentName"), _instances)),
        _passes("ServiceRoleArn"),
    ),
    "StartAutomationExecution": (
        Rule("ssm:StartAutomationExecution", _automation, (request_tags,)),
    ),
    "StartSession": (
        Rule("ssm:StartSession", _instances),
        Rule(
            "ssm:StartSession",
            _document("DocumentName"),
            when=lambda asked: asked.text("DocumentName"),
        ),
    ),
    "UpdateManagedInstanceRole": (
        Rule("ssm:UpdateManagedInstanceRole", _instances),
        _passes("IamRole"),
    ),
}

_NO_RESOURCE = frozenset(
    {
        "CancelCommand", "CancelMaintenanceWindowExecution", "CreateMaintenanceWindow",
        "CreateOpsItem", "CreateOpsMetadata", "CreatePatchBaseline", "DeleteActivation",
        "DeleteInventory", "DescribeActivations", "DescribeInstancePatchStatesForPatchGroup",
        "DescribeMaintenanceWindowSchedule", "DescribeMaintenanceWindowsForTarget",
        "GetCommandInvocation", "GetDeployablePatchSnapshotForInstance", "GetInventory",
        "ListCommandInvocations", "ListCommands", "ListInventoryEntries",
        "ListOpsItemRelatedItems", "PutInventory", "StartAccessRequest", "StartExecutionPreview",
    }
)  # fmt: skip

_BY_PARAMETER = (
    ("WindowTargetId", both(_window, _ssm("windowtarget/", "WindowTargetId"))),
    ("WindowId", _window),
    ("BaselineId", _ssm("patchbaseline/", "BaselineId")),
    ("OpsItemId", _ssm("opsitem/", "OpsItemId")),
    ("OpsMetadataArn", by_arn("OpsMetadataArn")),
    ("AssociationId", _ssm("association/", "AssociationId")),
    ("AssociationIds", _ssm("association/", "AssociationIds")),
    ("AutomationExecutionId", _ssm("automation-execution/", "AutomationExecutionId")),
    ("SessionId", _ssm("session/", "SessionId")),
    ("SyncName", _ssm("resource-data-sync/", "SyncName")),
    ("SettingId", _ssm("servicesetting/", "SettingId")),
    ("DocumentName", _document("DocumentName")),
    ("InstanceId", _instances),
    ("InstanceIds", _instances),
    ("Target", _instances),
    ("ResourceArn", by_arn("ResourceArn")),
    ("Name", _document("Name")),
)


def rules(asked: Asked) -> Rules:
    """The rules of a Systems Manager operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    if name in _NO_RESOURCE:
        return (Rule(f"ssm:{name}", keys=(request_tags,)),)
    if name in _PARAMETERS:
        return (Rule(f"ssm:{name}", _parameter),)
    if name in _DOCUMENTS:
        return (Rule(f"ssm:{name}", _document("Name"), (request_tags,)),)
    return (Rule(f"ssm:{name}", first_named(asked, _BY_PARAMETER), (request_tags,)),)
