"""A request that could be read in two ways is performed as what it was authorized for.

Each attacker here may do one harmless thing, signs rightly, and writes the request so that
something else along the way might take it for another.
"""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import Town, allow, done, policy
from tests.serving import PATIENCE_SECONDS

FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.0"


def send(
    lab: Lab,
    who: Actor,
    service: str,
    method: str,
    target: str,
    body: bytes = b"",
    presigned: bool = False,
    **headers: str,
) -> tuple[int, str]:
    """Sign a request just as it is and send it; status and body of the answer."""
    keys = who.keys
    assert keys is not None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    host = named.pop("host", lab.endpoint_url.removeprefix("http://"))
    request = AWSRequest(method, f"http://{host}{target}", data=body, headers=named)
    credentials = Credentials(
        keys.access_key_id, keys.secret_access_key, getattr(keys, "session_token", None)
    )
    signer: Any = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = SigV4QueryAuth if presigned else signer
    signer(credentials, service, "us-east-1").add_auth(request)
    prepared = request.prepare()
    address = lab.endpoint_url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    url = str(prepared.url).partition(host)[2]
    sent = {**dict[str, Any](prepared.headers), "Host": host}
    connection.request(method, url, body, sent)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text


@pytest.fixture
def vault(town: Town) -> Town:
    town.bucket("vault", secret="the crown jewels")
    town.bucket("public", note="hello")
    done(
        town.lab.admin.call(
            "dynamodb",
            "CreateTable",
            {
                "TableName": "ledger",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
    )
    return town


def tables(town: Town) -> list[str]:
    return list(done(town.lab.admin.call("dynamodb", "ListTables"))["TableNames"])


def test_an_action_in_the_query_string_does_not_replace_the_target(vault: Town) -> None:
    eve = vault.user("eve", allow("dynamodb:ListTables"))
    status, _ = send(
        vault.lab, eve, "dynamodb", "POST", "/?Action=DeleteTable", b'{"TableName": "ledger"}',
        x_amz_target="DynamoDB_20120810.ListTables", content_type=JSON,
    )  # fmt: skip

    assert status == 200
    assert tables(vault) == ["ledger"]


def test_an_action_inside_a_json_body_does_not_replace_the_target(vault: Town) -> None:
    eve = vault.user("eve", allow("dynamodb:ListTables"))
    send(
        vault.lab, eve, "dynamodb", "POST", "/",
        b'{"TableName": "ledger", "x": "&Action=DeleteTable&"}',
        x_amz_target="DynamoDB_20120810.ListTables", content_type=JSON,
    )  # fmt: skip

    assert tables(vault) == ["ledger"]


def test_a_form_does_not_replace_the_target(vault: Town) -> None:
    eve = vault.user("eve", allow("dynamodb:ListTables"))
    send(
        vault.lab, eve, "dynamodb", "POST", "/", b"Action=DeleteTable&TableName=ledger",
        x_amz_target="DynamoDB_20120810.ListTables", content_type=FORM,
    )  # fmt: skip

    assert tables(vault) == ["ledger"]


def test_of_two_actions_the_authorized_one_is_performed(vault: Town) -> None:
    eve = vault.user("eve", allow("iam:ListUsers"))
    # Without a key: a user who has one cannot be deleted, by anybody.
    done(vault.lab.admin.call("iam", "CreateUser", {"UserName": "victim"}))
    for body in (
        b"Action=ListUsers&Version=2010-05-08&Action=DeleteUser&UserName=victim",
        b"Action=DeleteUser&Version=2010-05-08&Action=ListUsers&UserName=victim",
    ):
        send(vault.lab, eve, "iam", "POST", "/", body, content_type=FORM)
    send(
        vault.lab, eve, "iam", "POST", "/?Action=ListUsers&Version=2010-05-08",
        b"Action=DeleteUser&Version=2010-05-08&UserName=victim", content_type=FORM,
    )  # fmt: skip

    users = done(vault.lab.admin.call("iam", "ListUsers"))["Users"]
    assert "victim" in [user["UserName"] for user in users]


@pytest.mark.parametrize("presigned", [False, True])
def test_a_path_does_not_turn_a_call_to_iam_into_one_to_s3(vault: Town, presigned: bool) -> None:
    eve = vault.user("eve", allow("iam:GetUser"))
    status, text = send(
        vault.lab, eve, "iam", "GET", "/vault/secret?Action=GetUser&Version=2010-05-08",
        presigned=presigned,
    )  # fmt: skip

    assert "crown jewels" not in text
    assert (status, "<UserName>eve</UserName>" in text) == (200, True)


@pytest.mark.parametrize(
    "host", ["vault.example.com", "vault.s3.example.com", "vault.localhost.evil.org"]
)
def test_a_foreign_host_name_is_no_bucket(vault: Town, host: str) -> None:
    eve = vault.user("eve", allow("s3:GetObject", "arn:aws:s3:::public/*"))
    status, text = send(vault.lab, eve, "s3", "GET", "/public/note", host=host)
    _, stolen = send(vault.lab, eve, "s3", "GET", "/secret", host=host)

    assert (status, text) == (200, "hello")
    assert "crown jewels" not in stolen


def test_a_form_body_does_not_change_what_is_listed(vault: Town) -> None:
    eve = vault.user(
        "eve",
        policy(
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": "*",
                "Condition": {"StringEquals": {"s3:prefix": "home/"}},
            }
        ),
    )
    status, text = send(
        vault.lab, eve, "s3", "GET", "/vault?list-type=2&prefix=home%2F", b"prefix=secret",
        content_type=FORM,
    )  # fmt: skip

    assert status == 200
    assert "<Key>secret</Key>" not in text


@pytest.mark.parametrize("path", ["/moto-api/reset", "/latest/meta-data/x", "/latest/api/token"])
def test_the_backends_own_paths_are_out_of_reach(vault: Town, path: str) -> None:
    eve = vault.user("eve", allow("s3:*"))
    statuses = {send(vault.lab, eve, "s3", method, path)[0] for method in ("GET", "PUT", "DELETE")}

    assert statuses <= {400, 403, 404, 405}
    assert tables(vault) == ["ledger"]


def test_an_anonymous_path_does_not_choose_a_service(vault: Town) -> None:
    address = vault.lab.endpoint_url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    connection.request(
        "POST", "/dynamodb_us-east-1/x", b"{}", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    )
    answer = connection.getresponse()
    assert answer.status >= 400
    assert b"ledger" not in answer.read()
    connection.close()


def test_an_options_request_lists_nothing(vault: Town) -> None:
    address = vault.lab.endpoint_url.removeprefix("http://")
    for target in ("*", "/", "/vault", "/vault/secret"):
        connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
        connection.request("OPTIONS", target)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 400
        assert b"<Key>" not in text
        assert b"<Bucket>" not in text


@pytest.mark.parametrize(
    "key", ["a b", "a%2Fb", "a+b", "ü/é", "a//b", "a?b&c=d", "x;y=1", " s ", "a\r\nb\n"]
)
def test_odd_keys_are_stored_under_the_key_that_was_authorized(vault: Town, key: str) -> None:
    writer = vault.user(
        "writer", allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::vault/{key}")
    )
    assert writer.call("s3", "PutObject", {"Bucket": "vault", "Key": key, "Body": b"x"}).ok

    listed = done(vault.lab.admin.call("s3", "ListObjectsV2", {"Bucket": "vault"}))["Contents"]
    assert key in [entry["Key"] for entry in listed]
    assert writer.call("s3", "GetObject", {"Bucket": "vault", "Key": key}).ok
