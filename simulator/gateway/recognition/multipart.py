"""A browser's upload to S3: a ``multipart/form-data`` body, its fields and its file.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.gateway.errors import DetailedError, Elements, Spelling
from simulator.gateway.stages import AwsError, WireRequest

LARGEST_FIELDS = 20 * 1024
"""Bytes: all fields before the file, together."""

LONGEST_KEY = 1024
"""Bytes."""

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_DISPOSITION = re.compile(r"content-disposition:\s*form-data\s*(;.*)", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([a-z*]+)=(?:"([^"]*)"|([^;\s"]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sent.

    Attributes:
        fields: those before the file, names in lower case, ``${filename}`` filled in.
        content: the file.
    """

    fields: Mapping[str, str]
    content: bytes

    @property
    def key(self) -> str:
        """The object's key."""
        return self.fields["key"]


def read_form(wire: WireRequest) -> Form:
    """The form of a request.

    Raises:
        AwsError: it is no form, or lacks its key or its file.
    """
    kind = wire.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        text = "At least one of the pre-conditions you specified did not hold"
        wanted = "Bucket POST must be of the enclosure-type multipart/form-data"
        raise form_error("PreconditionFailed", text, (("Condition", wanted),), 412)
    fields: dict[str, str] = {}
    size = 0
    for name, filename, content in _parts(wire.body, _boundary(kind)):
        if name == "file":
            filled = {name: text.replace("${filename}", filename) for name, text in fields.items()}
            _check_key(filled)
            return Form(filled, content)
        size += len(name) + len(content)
        if size > LARGEST_FIELDS:
            text = "Your POST request fields preceding the upload file were too large."
            limit = (("MaxPostPreDataLengthBytes", str(LARGEST_FIELDS)),)
            raise form_error("MaxPostPreDataLengthExceededError", text, limit)
        fields.setdefault(name, content.decode("utf-8", "replace"))
    text = "POST requires exactly one file upload per request."
    raise form_error("InvalidArgument", text, (("ArgumentName", "file"), ("ArgumentValue", "0")))


def missing_field(name: str) -> AwsError:
    """The refusal of a form that lacks a field."""
    text = (
        f"Bucket POST must contain a field named '{name}'.  "
        "If it is specified, please check the order of the fields."
    )
    return form_error("InvalidArgument", text, (("ArgumentName", name), ("ArgumentValue", "")))


def form_error(code: str, text: str, elements: Elements = (), status: int = 400) -> AwsError:
    """An error of S3 with further elements."""
    return DetailedError(code, text, status, s3=Spelling(code, status, text, elements))


def _boundary(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _malformed()
    return (found[1] or found[2]).encode("latin-1", "replace")


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, file name and content of each part."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise _malformed()
    for piece in pieces[1:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not blank:
            raise _malformed()
        name, filename = _named(head.decode("utf-8", "replace"))
        yield name.lower(), filename, content


def _named(head: str) -> tuple[str, str]:
    """The name of a part and, without its folder, the one of the file in it."""
    for line in head.split("\r\n"):
        found = _DISPOSITION.match(line.strip())
        if found is not None:
            given = {name.lower(): a or b for name, a, b in _PARAMETER.findall(found[1])}
            filename = re.split(r"[/\\]", given.get("filename", "").replace("%22", '"'))[-1]
            return given.get("name", ""), filename
    return "", ""


def _check_key(fields: Mapping[str, str]) -> None:
    if "key" not in fields:
        raise missing_field("key")
    length = len(fields["key"].encode())
    if not length:
        named = (("ArgumentName", "key"), ("ArgumentValue", ""))
        raise form_error("InvalidArgument", "User key must have a length greater than 0.", named)
    if length > LONGEST_KEY:
        sizes = (("Size", str(length)), ("MaxSizeAllowed", str(LONGEST_KEY)))
        raise form_error("KeyTooLongError", "Your key is too long", sizes)


def _malformed() -> AwsError:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return form_error("MalformedPOSTRequest", text)
