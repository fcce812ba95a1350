"""The policy document of a browser's upload: what its signer allowed the form to say.

Not an IAM policy: a list of conditions on form fields, good until a time of its own.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.gateway.errors import DetailedError, Spelling
from simulator.gateway.recognition.multipart import Form, form_error
from simulator.gateway.stages import AwsError

NEEDS_NO_CONDITION = frozenset(
    {"awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"}
)  # fmt: skip
"""Fields that a policy need not speak of; all others but ``x-ignore-…`` must be in it."""

_EXPIRATION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", re.ASCII)
_SIZE = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """A policy document, read.

    Attributes:
        expiration: until when it is good, UTC.
        conditions: ``(kind, field, value)`` in order; a range's are its two sizes.
    """

    expiration: datetime
    conditions: tuple[tuple[str, str, str], ...]

    def check(self, form: Form, bucket: str, now: datetime) -> None:
        """Hold a form against the policy.

        Raises:
            AwsError: `AccessDenied`, `EntityTooLarge` or `EntityTooSmall`.
        """
        if now >= self.expiration:
            raise _violated("Policy expired.")
        fields = {**form.fields, "bucket": bucket}
        for kind, name, value in self.conditions:
            if kind == "content-length-range":
                _check_size(len(form.content), int(name), int(value))
            elif not _holds(kind, name, value, fields):
                condition = json.dumps([kind, name, value], ensure_ascii=False)
                raise _violated(f"Policy Condition failed: {condition}")
        spoken_of = {name.removeprefix("$").lower() for _, name, _ in self.conditions}
        extra = fields.keys() - spoken_of - NEEDS_NO_CONDITION
        for name in sorted(name for name in extra if not name.startswith("x-ignore-")):
            raise _violated(f"Extra input fields: {name}")


def read_policy(text: str) -> PostPolicy:
    """The document in a form's ``policy`` field.

    Raises:
        AwsError: `InvalidPolicyDocument`.
    """
    try:
        document = json.loads(base64.b64decode(text))
    except (binascii.Error, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    for name, kind in (("expiration", str), ("conditions", list)):
        if not isinstance(document.get(name), kind):
            raise _invalid(f"Policy missing {name}.")
    conditions = tuple(_condition(each) for each in document["conditions"])
    return PostPolicy(_moment(document["expiration"]), conditions)


def _moment(text: str) -> datetime:
    found = _EXPIRATION.fullmatch(text)
    try:
        if found is not None:
            return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise _invalid(f"Invalid 'expiration' value: '{text[:64]}'")


def _condition(given: Any) -> tuple[str, str, str]:
    if isinstance(given, dict):
        if len(given) != 1:
            raise _invalid(
                "Invalid Simple-Condition: Simple-Conditions must have exactly one property "
                "specified."
            )
        name, value = next(iter(given.items()))
        given = ["eq", f"${name}", value]
    if not isinstance(given, list) or len(given) != 3:
        raise _invalid("Invalid Condition: expected an object, or a list of three.")
    kind, first, second = str(given[0]).lower(), given[1], given[2]
    if kind == "content-length-range":
        sizes = [str(size) for size in (first, second)]
        if not all(_SIZE.fullmatch(size) for size in sizes):
            raise _invalid("Invalid Content-Length-Range: sizes must be numbers.")
        return kind, sizes[0], sizes[1]
    if kind not in _OPERATORS:
        raise _invalid(f"Invalid Condition: unknown operation '{kind[:64]}'.")
    if not isinstance(first, str) or not isinstance(second, str):
        raise _invalid("Invalid Condition: values must be strings.")
    return kind, first, second


def _holds(kind: str, name: str, value: str, fields: Mapping[str, str]) -> bool:
    if not name.startswith("$"):
        return False
    found = fields.get(name[1:].lower(), "" if kind == "starts-with" else None)
    if found is None:
        return False
    # Of content types, a list is taken: each must match.
    listed = kind == "starts-with" and name.lower() == "$content-type"
    given = [each.strip() for each in found.split(",")] if listed else [found]
    return all(_OPERATORS[kind](each, value) for each in given)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "starts-with": str.startswith,
}


def _check_size(size: int, least: int, most: int) -> None:
    proposed = ("ProposedSize", str(size))
    if size < least:
        text = "Your proposed upload is smaller than the minimum allowed size"
        raise form_error("EntityTooSmall", text, (proposed, ("MinSizeAllowed", str(least))))
    if size > most:
        text = "Your proposed upload exceeds the maximum allowed size"
        raise form_error("EntityTooLarge", text, (proposed, ("MaxSizeAllowed", str(most))))


def _violated(text: str) -> AwsError:
    # Refused for what the signer said, before any IAM policy is looked at.
    text = f"Invalid according to Policy: {text}"
    spelling = Spelling("AccessDenied", 403, text)
    return DetailedError("InvalidAccordingToPolicy", text, 403, s3=spelling)


def _invalid(text: str) -> AwsError:
    return form_error("InvalidPolicyDocument", f"Invalid Policy: {text}")
