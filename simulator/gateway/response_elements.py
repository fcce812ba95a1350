"""What a trail's record tells of an answer: who and what a change brought about.

CloudTrail keeps the answers of calls that change something, without secrets. Here of IAM and
STS, which the lab is about.

Source: CloudTrail User Guide, "CloudTrail record contents", `responseElements`; IAM User Guide,
"Logging IAM and AWS STS API calls with AWS CloudTrail", examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.parsers import QueryParser, ResponseParserError
from botocore.utils import parse_timestamp

from simulator.clock import iso
from simulator.gateway.recognition.models import models_for, operation_model
from simulator.gateway.stages import Operation, WireResponse

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail writes where a secret was."""

_SERVICES = frozenset({"iam", "sts"})
_LEFT_OUT = frozenset(
    {"SecretAccessKey", "Base32StringSeed", "QRCodePNG", "ServicePassword", "ResponseMetadata"}
)
_HIDDEN = frozenset({"SessionToken"})


def _moment(text: str) -> datetime:
    """A time as IAM and STS write it; botocore's own reading of it takes a tenth of a call."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parse_timestamp(text)


_PARSER = QueryParser(timestamp_parser=_moment)


def response_elements(operation: Operation, response: WireResponse) -> dict[str, Any] | None:
    """CloudTrail's `responseElements`; ``None`` of a call that only reads, failed or tells nothing.

    Args:
        operation: what was done.
        response: its answer.
    """
    writes = not operation.read_only or operation.name.startswith("AssumeRole")
    if operation.service not in _SERVICES or response.status >= 400 or not writes:
        return None
    model = operation_model(models_for(operation.service)[0], operation.name)
    if model is None or model.output_shape is None:
        return None
    answer = {"status_code": response.status, "headers": {}, "body": response.body}
    try:
        return _told(_PARSER.parse(answer, model.output_shape)) or None
    except ResponseParserError:  # it is told to the caller as it is, and to the trail not at all
        return None


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name[:1].lower() + name[1:]: HIDDEN if name in _HIDDEN else _told(item)
            for name, item in value.items()
            if name not in _LEFT_OUT
        }
    if isinstance(value, list):
        return [_told(item) for item in value]
    return iso(value) if isinstance(value, datetime) else value
