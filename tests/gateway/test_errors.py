from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.parsers import create_parser

from simulator.gateway.errors import DetailedError, Spelling, error_in, error_response
from simulator.gateway.stages import AwsError, Operation, Protocol
from tests.gateway.wires import ENDPOINT, operation, wire

REQUEST_ID = "a1b2c3d4-0000-4000-8000-000000000001"
INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
NO_KEY = "The AWS Access Key Id you provided does not exist in our records."
EC2_AUTH = "AWS was not able to validate the provided access credentials"
MISSING = "Request is missing Authentication Token"

OPERATIONS: dict[Protocol, Operation] = {
    "query": operation("sts", protocol="query"),
    "ec2": operation("ec2", protocol="ec2"),
    "json": operation("dynamodb", protocol="json"),
    "rest-json": operation("lambda", protocol="rest-json"),
    "rest-xml": operation("route53", protocol="rest-xml"),
    "s3": operation("s3", protocol="s3"),
}

# error as raised, protocol, status, code and text on the wire
UNKNOWN_KEY = AwsError("InvalidClientTokenId", INVALID, 403)
OLD = AwsError("ExpiredToken", EXPIRED, 403)
BAD_SIGNATURE = AwsError("SignatureDoesNotMatch", "no match", 403)
NO_CREDENTIALS = AwsError("MissingAuthenticationToken", MISSING, 403)
DENIED = AwsError("AccessDenied", "User: x is not authorized", 403)
OTHER = AwsError("ValidationError", "bad <value> & more", 400)
TABLE: list[tuple[AwsError, Protocol, int, str, str]] = [
    (UNKNOWN_KEY, "query", 403, "InvalidClientTokenId", INVALID),
    (UNKNOWN_KEY, "rest-xml", 403, "InvalidClientTokenId", INVALID),
    (UNKNOWN_KEY, "json", 400, "UnrecognizedClientException", INVALID),
    (UNKNOWN_KEY, "rest-json", 403, "UnrecognizedClientException", INVALID),
    (UNKNOWN_KEY, "s3", 403, "InvalidAccessKeyId", NO_KEY),
    (UNKNOWN_KEY, "ec2", 401, "AuthFailure", EC2_AUTH),
    (OLD, "query", 403, "ExpiredToken", EXPIRED),
    (OLD, "json", 400, "ExpiredTokenException", EXPIRED),
    (OLD, "rest-json", 403, "ExpiredTokenException", EXPIRED),
    (OLD, "s3", 400, "ExpiredToken", "The provided token has expired."),
    (OLD, "ec2", 400, "RequestExpired", "Request has expired."),
    (BAD_SIGNATURE, "query", 403, "SignatureDoesNotMatch", "no match"),
    (BAD_SIGNATURE, "json", 400, "InvalidSignatureException", "no match"),
    (BAD_SIGNATURE, "s3", 403, "SignatureDoesNotMatch", "no match"),
    (BAD_SIGNATURE, "ec2", 401, "AuthFailure", EC2_AUTH),
    (NO_CREDENTIALS, "query", 403, "MissingAuthenticationToken", MISSING),
    (NO_CREDENTIALS, "json", 400, "MissingAuthenticationTokenException", MISSING),
    (NO_CREDENTIALS, "s3", 403, "AccessDenied", "Access Denied"),
    (NO_CREDENTIALS, "ec2", 401, "AuthFailure", EC2_AUTH),
    (DENIED, "query", 403, "AccessDenied", DENIED.message),
    (DENIED, "rest-xml", 403, "AccessDenied", DENIED.message),
    (DENIED, "json", 400, "AccessDeniedException", DENIED.message),
    (DENIED, "rest-json", 403, "AccessDeniedException", DENIED.message),
    (DENIED, "s3", 403, "AccessDenied", DENIED.message),
    (DENIED, "ec2", 403, "UnauthorizedOperation", DENIED.message),
    *((OTHER, protocol, 400, "ValidationError", OTHER.message) for protocol in OPERATIONS),
]


def parsed(error: AwsError, protocol: str, op: Operation | None, **headers: str) -> Any:
    request = wire("POST", ENDPOINT + "/b/k", headers)
    response = error_response(error, op, request, REQUEST_ID)
    sent = {
        "status_code": response.status,
        "headers": {name.lower(): value for name, value in response.headers},
        "body": response.body,
        "context": {},
    }
    parser: Any = create_parser(protocol)
    answer = parser.parse(sent, None)
    return answer, response


@pytest.mark.parametrize(("error", "protocol", "status", "code", "text"), TABLE)
def test_botocore_reads_each_error_as_its_protocol_spells_it(
    error: AwsError, protocol: Protocol, status: int, code: str, text: str
) -> None:
    wire_protocol = "rest-xml" if protocol == "s3" else protocol
    answer, response = parsed(error, wire_protocol, OPERATIONS[protocol])
    assert response.status == status
    assert answer["Error"]["Code"] == code
    assert answer["Error"]["Message"] == text
    assert answer["ResponseMetadata"]["RequestId"] == REQUEST_ID


def test_query_errors_carry_the_namespace_and_fault_of_the_service() -> None:
    _, response = parsed(OLD, "query", OPERATIONS["query"])
    root = ElementTree.fromstring(response.body)
    assert root.tag == "{https://sts.amazonaws.com/doc/2011-06-15/}ErrorResponse"
    assert root[0][0].text == "Sender"


def test_json_answers_in_the_version_the_client_speaks() -> None:
    op = OPERATIONS["json"]
    _, response = parsed(OLD, "json", op, **{"content-type": "application/x-amz-json-1.0"})
    assert dict(response.headers)["Content-Type"] == "application/x-amz-json-1.0"


def test_rest_json_names_the_code_in_a_header() -> None:
    _, response = parsed(DENIED, "rest-json", OPERATIONS["rest-json"])
    assert dict(response.headers)["x-amzn-ErrorType"] == "AccessDeniedException"


def test_a_cbor_client_is_answered_in_cbor() -> None:
    op = operation("monitoring", protocol="json")
    answer, response = parsed(OLD, "smithy-rpc-v2-cbor", op, **{"smithy-protocol": "rpc-v2-cbor"})
    assert dict(response.headers)["smithy-protocol"] == "rpc-v2-cbor"
    assert response.status == 400
    # monitoring is query-compatible: botocore shows its old clients the query code
    assert answer["Error"] == {
        "Code": "ExpiredToken",
        "QueryErrorCode": "ExpiredTokenException",
        "Type": "Sender",
        "Message": EXPIRED,
    }


def test_sqs_tells_old_clients_the_query_code() -> None:
    answer, _ = parsed(DENIED, "json", operation("sqs", protocol="json"))
    assert answer["Error"]["Code"] == "AccessDenied"
    assert answer["Error"]["QueryErrorCode"] == "AccessDeniedException"


def test_s3_shows_its_further_elements_resource_and_both_ids() -> None:
    spelling = Spelling("InvalidToken", 400, "bad", (("Token-0", "t<1>"),))
    error = DetailedError("InvalidClientTokenId", INVALID, 403, s3=spelling)
    answer, response = parsed(error, "rest-xml", OPERATIONS["s3"])
    assert response.status == 400
    assert answer["Error"] == {
        "Code": "InvalidToken",
        "Message": "bad",
        "Token-0": "t<1>",
        "Resource": "/b/k",
    }
    assert answer["ResponseMetadata"]["RequestId"] == REQUEST_ID
    assert answer["ResponseMetadata"]["HostId"] == dict(response.headers)["x-amz-id-2"]


def test_s3_answers_a_head_without_a_body() -> None:
    response = error_response(DENIED, OPERATIONS["s3"], wire("HEAD", ENDPOINT + "/b/k"), REQUEST_ID)
    assert (response.status, response.body) == (403, b"")


@pytest.mark.parametrize("protocol", OPERATIONS)
def test_an_error_is_read_as_it_was_written(protocol: Protocol) -> None:
    response = error_response(OTHER, OPERATIONS[protocol], wire("GET", ENDPOINT), REQUEST_ID)
    assert error_in(response) == ("ValidationError", "bad <value> & more")


@pytest.mark.parametrize("protocol", OPERATIONS)
def test_text_no_xml_can_hold_is_still_answered(protocol: Protocol) -> None:
    error = AwsError("ValidationError", "nul \x00, lone \ud800 and ]]> \uffff", 400)
    wire_protocol = "rest-xml" if protocol == "s3" else protocol
    answer, _ = parsed(error, wire_protocol, OPERATIONS[protocol])
    assert answer["Error"]["Code"] == "ValidationError"


def test_a_request_nobody_could_identify_is_answered_as_s3_does() -> None:
    answer, response = parsed(OTHER, "rest-xml", None)
    assert answer["Error"]["Code"] == "ValidationError"
    assert "x-amz-request-id" in dict(response.headers)
