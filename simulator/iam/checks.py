"""The forms of single values in a policy: actions, resources, principals, dates.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from simulator.iam.principals import account_named
from simulator.iam.values import parse_date

LEGACY = "The policy failed legacy parsing"
"""What IAM says of effects, resources and dates that are nearly right."""

_PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc", "*"})
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_NEWER_IAM_PATHS = ("role-template/",)
"""Accepted as well, though IAM's message does not list them."""
TRUST_ACTIONS: Final = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    }
)
"""What a trust policy decides, in lower case."""
_LAST_EPOCH = 2**63 - 1
_LENIENT_DATE = re.compile(
    r"-?\d{1,9}(-(0?[1-9]|1[0-2])(-(0?[1-9]|[12]\d|3[01]))?)?"
    r"(t(([01]?\d|2[0-3])(:[0-5]?\d(:[0-5]?\d(\.\d{1,9})?)?)?)?(z|[+-]\d\d(:?[0-5]\d)?)?)?",
    re.ASCII,
)
"""What IAM saves as a date, though not all of it can be compared with one."""


def is_assume_role_action(action: str) -> bool:
    """Whether a trust policy may name the action."""
    name = action.lower()
    return name in TRUST_ACTIONS or (name.startswith("sts:") and ("*" in name or "?" in name))


@lru_cache(maxsize=4096)
def action_problem(action: str) -> str | None:
    """What IAM says against a value of `Action`; ``None``: nothing."""
    if action == "*":
        return None
    vendor, colon, name = action.partition(":")
    if not colon:
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    if ":" in name:
        return "Actions/Condition can contain only one colon."
    plain = vendor.replace("-", "").replace(".", "")
    if vendor != "*" and not (plain.isascii() and plain.isalnum()):
        return f"Vendor {vendor} is not valid"
    return None


@lru_cache(maxsize=4096)
def resource_problem(resource: str) -> str | None:
    """What IAM says against a value of `Resource`; ``None``: nothing."""
    if resource == "*":
        return None
    fields = resource.split(":", 5)
    not_an_arn = f'Resource {resource} must be in ARN format or "*".'
    if len(fields) == 1:
        return not_an_arn
    if (len(fields) < 6 and "::" in resource) or (len(fields) > 2 and not fields[2]):
        return LEGACY
    if fields[1] not in _PARTITIONS:
        shown = ":".join(["arn", *fields[1:], *["*"] * (6 - len(fields))])
        return f'Partition "{fields[1]}" is not valid for resource "{shown}".'
    if len(fields) == 2 or (len(fields) > 3 and ("*" in fields[2] or "?" in fields[2])):
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if len(fields) == 6 and (problem := _service_problem(resource, *fields[2:])) is not None:
        return problem
    return None if fields[0] == "arn" else not_an_arn


def _service_problem(
    resource: str, service: str, region: str, account: str, path: str
) -> str | None:
    """IAM's own rules for the ARNs of IAM and S3."""
    named_region = region != "" and "*" not in region
    if service == "s3" and named_region and not account:
        return f"Resource {resource} can not contain region information."
    if service != "iam":
        return None
    if named_region:
        return f"IAM resource {resource} cannot contain region information."
    if "*" in path or "?" in path or path == "root":
        return None
    if path.startswith(_IAM_PATHS + _NEWER_IAM_PATHS):
        return None
    return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'


@lru_cache(maxsize=4096)
def is_aws_principal(value: str) -> bool:
    """Whether an ``AWS`` principal has a form AWS takes: no wildcard inside an ARN."""
    if value == "*" or account_named(value):
        return True
    if value.startswith("arn:"):
        fields = value.split(":", 5)
        return (
            len(fields) == 6
            and fields[2] in ("iam", "sts")
            and fields[4] != ""
            and fields[5] != ""
            and "*" not in value
            and "?" not in value
            # A group is no principal: nobody acts as one.
            and not fields[5].startswith("group/")
        )
    return len(value) >= 16 and value.isascii() and value.isalnum() and value.upper() == value


@lru_cache(maxsize=4096)
def is_date(value: str) -> bool:
    """Whether IAM saves the value with a date operator."""
    if value.isascii() and value.isdigit():
        return len(value) < 20 and int(value) <= _LAST_EPOCH
    return parse_date(value) is not None or _LENIENT_DATE.fullmatch(value.lower()) is not None
