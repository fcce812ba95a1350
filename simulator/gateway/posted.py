"""A browser's upload to S3, `PostObject`: who signed its form, and what it comes to.

The form is signed in advance, by somebody else than its sender (boto3's
`generate_presigned_post`). Whoever holds it uploads as the signer, within the form's policy
document, and only as long as the signer's own session and policies allow the upload.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import SplitResult, quote, urlencode, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from simulator.gateway.authenticate import KeyStore, credential_of, signers_clock
from simulator.gateway.claims import (
    parse_timestamp,
    read_claim,
    read_scope,
    signed_in_two_ways,
)
from simulator.gateway.errors import DetailedError, Spelling
from simulator.gateway.post_policy import read_policy
from simulator.gateway.recognition.multipart import Form, form_error, missing_field, read_form
from simulator.gateway.s3_answers import mail_safe
from simulator.gateway.sigv2 import USUAL_LIFETIME
from simulator.gateway.sigv4 import ALGORITHM, same, sign, signing_key, wire_bytes
from simulator.gateway.stages import (
    AwsError,
    Caller,
    Operation,
    WireRequest,
    WireResponse,
)

_V4 = ("X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date")
_V2 = ("Signature", "AWSAccessKeyId")
_SCOPE_WORDS = (
    "AuthorizationQueryParametersError",
    "Error parsing the X-Amz-Credential parameter; ",
)
_SENT_ON = ("host", "referer", "user-agent", "origin")
_HEADERS = {
    "acl": "x-amz-acl",
    **{
        name: name
        for name in (
            "cache-control", "content-disposition", "content-encoding", "content-type", "expires",
            "x-amz-storage-class", "x-amz-website-redirect-location",
        )
    },
}  # fmt: skip
"""Field → header, for what an object is asked to be."""
_PREFIXES = ("x-amz-meta-", "x-amz-server-side-encryption", "x-amz-object-lock-", "x-amz-checksum-")
"""Other fields that are headers under their own name."""
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


def is_posted(operation: Operation) -> bool:
    """Whether a request is a browser's upload."""
    return (operation.service, operation.name) == ("s3", "PostObject")


# -- who ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a form says of its signature.

    Attributes:
        access_key_id: whose it is.
        signature: as sent.
        at: when it was signed; ``None``: the older kind does not say.
        scope: date, region and service of a Version 4 signature.
    """

    access_key_id: str
    signature: str
    at: datetime | None
    scope: tuple[str, str, str] | None

    def computed(self, secret: str, policy: str) -> str:
        """The signature this secret makes of the policy."""
        if self.scope is not None:
            return sign(signing_key(secret, *self.scope), wire_bytes(policy))
        digest = hmac.digest(secret.encode(), wire_bytes(policy), "sha1")
        return base64.b64encode(digest).decode()


def authenticate(wire: WireRequest, operation: Operation, keys: KeyStore) -> Caller:
    """Tell who signed a form, and hold the form against its policy.

    Args:
        wire: the request, as sent.
        operation: `PostObject`, for the bucket.
        keys: where the credential is looked up.

    Returns:
        The signer; anonymous for a form without policy and signature.

    Raises:
        AwsError: in S3's words: what cannot be read (`InvalidArgument`,
            `MalformedPOSTRequest` …), `InvalidAccessKeyId`, `InvalidToken`, `ExpiredToken`,
            `SignatureDoesNotMatch`, `AccessDenied` where the policy does not allow the form.
    """
    form = read_form(wire)
    policy = form.fields.get("policy")
    signed = _signed(form.fields)
    if read_claim(wire, "s3", s3=True) is not None:  # it refuses what is no signature
        raise signed_in_two_ways()
    if signed is None:
        if policy is None:
            return Caller(None)
        raise form_error("AccessDenied", "Access Denied", (), 403)
    if policy is None:
        raise missing_field("Policy")
    token = form.fields.get("x-amz-security-token") or None
    credential = credential_of(wire, signed.access_key_id, token, keys)
    if not same(signed.computed(credential.secret_access_key, policy), signed.signature):
        raise _mismatch(signed, policy)
    document = read_policy(policy)
    now = _clock(wire, signed, document.expiration)
    document.check(form, str(operation.parameters["Bucket"]), now)
    return Caller(credential)


def _signed(fields: Mapping[str, str]) -> _Signed | None:
    for names in (_V4, _V2):
        if any(name.lower() in fields for name in names):
            for name in names:
                if name.lower() not in fields:
                    raise missing_field(name)
            return _version_4(fields) if names is _V4 else _version_2(fields)
    return None


def _version_4(fields: Mapping[str, str]) -> _Signed:
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise form_error(_SCOPE_WORDS[0], f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    at = parse_timestamp(fields["x-amz-date"])
    if at is None:
        text = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        raise form_error(_SCOPE_WORDS[0], text)
    credential = fields["x-amz-credential"]
    key, *scope, _ = read_scope(credential, fields["x-amz-date"], "s3", _SCOPE_WORDS, s3=True)
    date, region, service = scope
    return _Signed(key, fields["x-amz-signature"], at, (date, region, service))


def _version_2(fields: Mapping[str, str]) -> _Signed:
    return _Signed(fields["awsaccesskeyid"], fields["signature"], None, None)


def _clock(wire: WireRequest, signed: _Signed, expiration: datetime) -> datetime:
    """Now, by the signer's clock; without a date of signing, it is guessed from the end."""
    try:
        guessed = expiration - USUAL_LIFETIME
    except OverflowError:  # it ended in the year 1
        guessed = expiration
    return signers_clock(signed.at or guessed, wire)


def _mismatch(signed: _Signed, policy: str) -> AwsError:
    text = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    elements = (
        ("AWSAccessKeyId", signed.access_key_id),
        ("StringToSign", policy),
        ("SignatureProvided", signed.signature),
        ("StringToSignBytes", wire_bytes(policy).hex(" ")),
    )
    spelling = Spelling("SignatureDoesNotMatch", 403, text, elements)
    return DetailedError("SignatureDoesNotMatch", text, 403, s3=spelling)


# -- what ---------------------------------------------------------------------------------


def as_put(wire: WireRequest, operation: Operation) -> WireRequest:
    """The `PutObject` request that stores the same object.

    Raises:
        AwsError: `MalformedXML`: the tags cannot be read.
    """
    form = read_form(wire)
    headers = {name: wire.headers[name] for name in _SENT_ON if name in wire.headers}
    for field, text in form.fields.items():
        name = field if field.startswith(_PREFIXES) else _HEADERS.get(field)
        if name is not None:
            headers[_header_name(name)] = mail_safe(_header(text), text)
    if form.fields.get("tagging"):
        headers["x-amz-tagging"] = urlencode(_tags(form.fields["tagging"]))
    headers["host"] = "127.0.0.1"
    headers["content-length"] = str(len(form.content))
    bucket = quote(str(operation.parameters["Bucket"]), safe="")
    target = f"/{bucket}/{quote(form.key, safe='/~')}"
    return replace(wire, method="PUT", target=target, headers=headers, body=form.content)


def _header_name(name: str) -> str:
    if _TOKEN.fullmatch(name) is None:
        text = "Header names must be made of letters, digits and a few marks."
        raise form_error("InvalidArgument", text, (("ArgumentName", name), ("ArgumentValue", "")))
    return name


def _header(text: str) -> str:
    """A field as WSGI would hand over a header: UTF-8 read as Latin-1, on one line."""
    return " ".join(text.split()).encode().decode("latin-1")


def _tags(document: str) -> list[tuple[str, str]]:
    try:
        if "<!DOCTYPE" in document:  # no AWS request has one; entity tricks do
            raise ValueError(document)
        root = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError) as error:
        text = (
            "The XML you provided was not well-formed or did not validate against our published "
            "schema"
        )
        raise form_error("MalformedXML", text) from error
    tags = (each for each in root.iter() if each.tag.rpartition("}")[2] == "Tag")
    found = ({part.tag.rpartition("}")[2]: part.text or "" for part in tag} for tag in tags)
    return [(tag.get("Key", ""), tag.get("Value", "")) for tag in found]


def answered(wire: WireRequest, operation: Operation, response: WireResponse) -> WireResponse:
    """What a browser gets for its upload: nothing, a document, or another page to go to.

    Args:
        wire: the request, as sent.
        operation: `PostObject`.
        response: the answer to the `PutObject` in its place.
    """
    if response.status != 200:
        return response
    form, bucket = read_form(wire), str(operation.parameters["Bucket"])
    wanted = form.fields.get("success_action_status", "")
    kept = {
        name.lower(): value
        for name, value in response.headers
        if name.lower() not in ("content-length", "content-type")
    }
    etag = kept.get("etag", "")
    location = f"http://{wire.host}/{bucket}/{quote(form.key, safe='')}"
    redirect = _redirect(form)
    if redirect is not None:
        told = urlencode({"bucket": bucket, "key": form.key, "etag": etag})
        query = f"{redirect.query}&{told}" if redirect.query else told
        target = redirect._replace(query=query).geturl()
        return WireResponse(303, (*kept.items(), ("Location", target)), b"")
    headers = (*kept.items(), ("Location", location))
    if wanted == "201":
        elements = (("Location", location), ("Bucket", bucket), ("Key", form.key), ("ETag", etag))
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements)
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'
        return WireResponse(201, (*headers, ("Content-Type", "application/xml")), body.encode())
    return WireResponse(200 if wanted == "200" else 204, headers, b"")


def _redirect(form: Form) -> SplitResult | None:
    """Where the form sends the browser afterwards; what is no web address counts for nothing."""
    text = form.fields.get("success_action_redirect") or form.fields.get("redirect", "")
    try:
        target = urlsplit(_header(text))
    except ValueError:
        return None
    return target if target.scheme in ("http", "https") and target.netloc else None
