"""`token`, `assertion` and `saml-metadata`: federation with tools of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import ACCOUNT, policy
from tests.serving import PATIENCE_SECONDS, AwsCli, Served, serve

ISSUER = "https://ci.example.com"
ENTITY = "https://idp.example.com/saml"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/Deploy"
OFFICE = f"arn:aws:iam::{ACCOUNT}:role/Office"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty lab where a build system and a login page have been registered from outside."""
    home = tmp_path_factory.mktemp("home")
    with serve(home, "--start", "2021-08-09T06:00:00Z") as running:
        iam = _client(running, "iam")
        oidc = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
        iam.create_role(
            RoleName="Deploy",
            AssumeRolePolicyDocument=_trusts(
                oidc["OpenIDConnectProviderArn"],
                "sts:AssumeRoleWithWebIdentity",
                {"ci.example.com:sub": "repo:kibble/shop"},
            ),
        )
        metadata = running.stslab("saml-metadata").stdout
        saml = iam.create_saml_provider(Name="Kibble", SAMLMetadataDocument=metadata)
        iam.create_role(
            RoleName="Office",
            AssumeRolePolicyDocument=_trusts(
                saml["SAMLProviderArn"],
                "sts:AssumeRoleWithSAML",
                {"SAML:sub": "erin"},
            ),
        )
        yield running


def _trusts(provider: str, action: str, condition: dict[str, str]) -> str:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": action,
            "Condition": {"StringEquals": condition},
        }
    )


def _client(served: Served, service: str, keys: dict[str, str] | None = None) -> Any:
    sdk: Any = boto3
    return sdk.client(
        service,
        endpoint_url=served.url,
        region_name="us-east-1",
        **(keys or served.ready["credentials"]["admin"]),
    )


def _anybody(served: Served) -> Any:
    return boto3.client(
        "sts",
        endpoint_url=served.url,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED),
    )


def _caller(served: Served, answer: dict[str, Any]) -> str:
    got = answer["Credentials"]
    keys = {
        "aws_access_key_id": got["AccessKeyId"],
        "aws_secret_access_key": got["SecretAccessKey"],
        "aws_session_token": got["SessionToken"],
    }
    return str(_client(served, "sts", keys).get_caller_identity()["Arn"])


def _ask(
    served: Served, path: str, content: Any, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection(served.url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
    connection.request("POST", f"/_stslab/{path}", json.dumps(content), headers or {})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_token_of_a_registered_provider_buys_a_session_until_it_expires(served: Served) -> None:
    done = served.stslab("token", "--provider", ISSUER, "--sub", "repo:kibble/shop")
    assert (done.returncode, done.stderr) == (0, "")
    token = done.stdout.strip()
    asked = {"RoleArn": DEPLOY, "RoleSessionName": "build", "WebIdentityToken": token}
    sts = _anybody(served)
    answer = sts.assume_role_with_web_identity(**asked)
    assert answer["SubjectFromWebIdentityToken"] == "repo:kibble/shop"
    assert _caller(served, answer).endswith(":assumed-role/Deploy/build")
    served.move("advance", "10m")
    with pytest.raises(ClientError) as refused:
        sts.assume_role_with_web_identity(**asked)
    assert refused.value.response["Error"]["Code"] == "ExpiredTokenException"


def test_the_aws_cli_takes_a_token_as_printed(served: Served) -> None:
    token = served.stslab("token", "--provider", "ci.example.com", "--sub=repo:kibble/shop")
    nobody = AwsCli(served, {})
    answer = nobody.ok(
        "sts", "assume-role-with-web-identity", "--role-arn", DEPLOY,
        "--role-session-name", "build", "--web-identity-token", token.stdout.strip(),
    )  # fmt: skip
    assert answer["Provider"].endswith(":oidc-provider/ci.example.com")


def test_the_claims_are_what_the_trust_policy_judges(served: Served) -> None:
    asked = {"issuer": ISSUER, "claims": {"sub": "repo:mallory/shop"}, "seconds": 3600}
    status, got = _ask(served, "token", asked)
    assert status == 200
    with pytest.raises(ClientError) as refused:
        _anybody(served).assume_role_with_web_identity(
            RoleArn=DEPLOY, RoleSessionName="build", WebIdentityToken=got["token"]
        )
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_an_assertion_of_a_registered_provider_buys_a_session_for_five_minutes(
    served: Served,
) -> None:
    done = served.stslab(
        "assertion", "--provider", "Kibble", "--role", OFFICE, "--name-id", "erin",
        "--attribute", "SourceIdentity=erin",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    asked = {
        "RoleArn": OFFICE,
        "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/Kibble",
        "SAMLAssertion": done.stdout.strip(),
    }
    sts = _anybody(served)
    with pytest.raises(ClientError) as denied:  # the role does not let SourceIdentity be set
        sts.assume_role_with_saml(**asked)
    assert denied.value.response["Error"]["Code"] == "AccessDenied"
    plain = {"provider": "Kibble", "role_arn": OFFICE, "name_id": "erin"}
    asked["SAMLAssertion"] = _ask(served, "assertion", plain)[1]["assertion"]
    answer = sts.assume_role_with_saml(**asked)
    assert (answer["Issuer"], answer["Subject"]) == (ENTITY, "erin")
    assert _caller(served, answer).endswith(":assumed-role/Office/erin")
    served.move("advance", "6m")
    with pytest.raises(ClientError) as refused:
        sts.assume_role_with_saml(**asked)
    assert refused.value.response["Error"]["Code"] == "ExpiredTokenException"


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("token", {"provider": "ci.exmaple.com", "claims": {"sub": "x"}}, "ci.example.com"),
        ("token", {"provider": ISSUER}, "sub is missing"),
        ("token", {"provider": ISSUER, "claims": {"sub": "x", "iss": "y"}}, "iss"),
        ("token", {"provider": ISSUER, "claims": {"sub": "x"}, "seconds": 1e9}, "86400"),
        ("token", {"provider": ISSUER, "claims": []}, "claims is an object"),
        ("token", {"as": "job"}, "no token for job, nor for anybody"),
        ("token", {"provider": ISSUER, "audience": "x"}, "no such field: audience"),
        ("assertion", {"provider": "Kibble", "role_arn": "Office", "name_id": "e"}, "role's ARN"),
        ("assertion", {"provider": "Nobody", "role_arn": OFFICE, "name_id": "e"}, "Kibble"),
        (
            "assertion",
            {"provider": "Kibble", "role_arn": OFFICE, "name_id": "e\0"},
            "control characters",
        ),
        ("saml-metadata", {"issuer": "\ud800"}, "EntityID"),
    ],
)
def test_what_cannot_be_signed_is_said_in_one_line(
    served: Served, path: str, content: dict[str, Any], says: str
) -> None:
    status, answer = _ask(served, path, content)
    assert status == 400
    assert says in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("path", ["token", "assertion", "saml-metadata"])
@pytest.mark.parametrize("header", [{"Origin": "http://x.example"}, {"Host": "x.example"}])
def test_no_page_in_a_browser_gets_anything_signed(
    served: Served, path: str, header: dict[str, str]
) -> None:
    status, answer = _ask(served, path, {"issuer": ENTITY}, header)
    assert (status, set(answer)) == (403, {"error"})


def test_somebody_of_a_scenario_gets_the_token_or_assertion_of_the_story(tmp_path: Path) -> None:
    with serve(tmp_path, "--scenario", "outside-identities") as served:
        token = served.stslab("token", "--as", "job").stdout.strip()
        sts = _anybody(served)
        asked = {"RoleArn": DEPLOY, "RoleSessionName": "deploy-1"}
        answer = sts.assume_role_with_web_identity(**asked, WebIdentityToken=token)
        assert answer["SubjectFromWebIdentityToken"] == "repo:kibble/shop:ref:refs/heads/main"
        other = served.stslab("token", "--as", "job", "--name", "wrong_audience").stdout.strip()
        with pytest.raises(ClientError, match="Incorrect token audience"):
            sts.assume_role_with_web_identity(**asked, WebIdentityToken=other)
        unknown = served.stslab("token", "--as", "dana")
        assert unknown.returncode == 2
        assert "for job, mallory" in unknown.stderr
        asked_for_nobody = served.stslab("token", "--sub", "x")
        assert asked_for_nobody.returncode == 2
        assert "token: give --provider; or --as" in asked_for_nobody.stderr
        connection = HTTPConnection(served.url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
        connection.request("GET", "/_stslab/events")
        events = json.loads(connection.getresponse().read())["events"]
        assert [event["actor"] for event in events[-2:]] == ["job", "job"]
