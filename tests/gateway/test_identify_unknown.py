"""What no service of AWS has is refused, in its words."""

from __future__ import annotations

import pytest

from simulator.gateway.identify import Unrecognised, identify
from simulator.gateway.recognition import models
from simulator.gateway.stages import WireRequest
from tests.gateway.written import FORM, http, signed_for


def query_error(body: bytes, service: str = "sts") -> Unrecognised:
    with pytest.raises(Unrecognised) as refused:
        identify(http(body=body, content_type=FORM, authorization=signed_for(service)))
    return refused.value


def test_an_unknown_query_operation_is_refused_in_awss_words() -> None:
    unknown = query_error(b"Action=Nope&Version=2011-06-15")
    unversioned = query_error(b"Action=Nope")

    assert (unknown.code, unknown.status, unknown.protocol) == ("InvalidAction", 400, "query")
    assert unknown.message == "Could not find operation Nope for version 2011-06-15"
    assert unversioned.message.endswith("for version NO_VERSION_SPECIFIED")
    assert query_error(b"Version=2011-06-15").code == "MissingAction"
    assert query_error(b"Action=Nope", "ec2").message == (
        "The action Nope is not valid for this web service."
    )


@pytest.mark.parametrize(
    ("wire", "code", "status", "protocol"),
    [
        (
            http(x_amz_target="DynamoDB_20120810.Nope", authorization=signed_for("dynamodb")),
            "UnknownOperationException", 400, "json",
        ),
        (
            http(x_amz_target="TrentService.Encrypt", authorization=signed_for("dynamodb")),
            "UnknownOperationException", 400, "json",
        ),
        (
            http("GET", "/nowhere", authorization=signed_for("lambda")),
            "UnknownOperationException", 404, "rest-json",
        ),
        (
            http("PATCH", "/b/k", authorization=signed_for("s3")),
            "MethodNotAllowed", 405, "s3",
        ),
        (
            http("GET", "/b?acl&policy", authorization=signed_for("s3")),
            "InvalidArgument", 400, "s3",
        ),
        (
            http(x_amz_target="x.y", authorization=signed_for("../../etc")),
            "UnknownOperationException", 400, "json",
        ),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused(
    wire: WireRequest, code: str, status: int, protocol: str
) -> None:
    with pytest.raises(Unrecognised) as refused:
        identify(wire)

    assert (refused.value.code, refused.value.status) == (code, status)
    assert refused.value.protocol == protocol


def test_services_that_nobody_has_are_not_remembered() -> None:
    known = models.service_model("sts")
    kept = models._known_model.cache_info().currsize
    for number in range(50):
        assert models.models_for(f"no-such-service-{number}") == ()
    assert models._known_model.cache_info().currsize == kept
    assert models.service_model("sts") is known
