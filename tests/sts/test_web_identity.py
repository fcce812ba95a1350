"""AssumeRoleWithWebIdentity: real JWTs of a provider the account has registered."""

from __future__ import annotations

import base64
import json
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import CallResult, Keys
from simulator.gateway.stages import AwsError
from simulator.identity_providers import OidcProvider
from simulator.identity_providers.oidc import SOURCE_IDENTITY_CLAIM, TAGS_CLAIM
from simulator.sts.web_identity import verify_token
from tests.conftest import ACCOUNT, Town, done
from tests.serving import PATIENCE_SECONDS
from tests.sts.documents import permit, trusting, when

ISSUER = "ci.example.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
SUBJECT = "repo:shop/web:ref:refs/heads/main"
ACTION = "sts:AssumeRoleWithWebIdentity"
FEDERATED = {"Federated": PROVIDER}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Deploy"


@pytest.fixture
def ci(lab: Lab, town: Town) -> OidcProvider:
    """A CI system's issuer, registered, and a role that its main branch may assume."""
    register(lab, f"https://{ISSUER}")
    town.role(
        "Deploy",
        trusting(FEDERATED, ACTION, **when("StringEquals", f"{ISSUER}:sub", SUBJECT)),
        permit("s3:ListAllMyBuckets"),
    )
    return lab.world.identity_providers.oidc(ISSUER)


def register(lab: Lab, url: str) -> None:
    given = {"Url": url, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": ["0" * 40]}
    done(lab.admin.call("iam", "CreateOpenIDConnectProvider", given))


def assume(lab: Lab, token: str, **more: Any) -> CallResult:
    """An unsigned call, as a CI job makes it."""
    given = {"RoleArn": ROLE, "RoleSessionName": "job-1", "WebIdentityToken": token, **more}
    return lab.actor("ci-job").call("sts", "AssumeRoleWithWebIdentity", given)


def test_a_token_of_a_registered_provider_opens_the_role(lab: Lab, ci: OidcProvider) -> None:
    answer = done(assume(lab, ci.token(SUBJECT, now=lab.clock.now())))
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == PROVIDER
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/job-1"
    job = lab.actor("ci-job", keys=Keys.from_response(answer["Credentials"]))
    done(job.call("s3", "ListBuckets"))
    lifetime = answer["Credentials"]["Expiration"] - lab.clock.now()
    assert lifetime == timedelta(hours=1)


def test_another_subject_is_not_authorized(lab: Lab, ci: OidcProvider) -> None:
    token = ci.token("repo:shop/web:ref:refs/heads/evil", now=lab.clock.now())
    refused = assume(lab, token)
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert refused.error_message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_an_audience_the_provider_is_not_registered_for_is_refused(
    lab: Lab, ci: OidcProvider
) -> None:
    refused = assume(lab, ci.token(SUBJECT, now=lab.clock.now(), audience="someone-else"))
    assert (refused.status, refused.error_code) == (400, "InvalidIdentityToken")
    assert refused.error_message == "Incorrect token audience"


def test_a_token_expires_by_lab_time_without_leeway(lab: Lab, ci: OidcProvider) -> None:
    token = ci.token(SUBJECT, now=lab.clock.now(), lifetime=timedelta(minutes=10))
    lab.clock.advance(timedelta(seconds=599))
    done(assume(lab, token))
    lab.clock.advance(timedelta(seconds=1))
    refused = assume(lab, token)
    assert (refused.status, refused.error_code) == (400, "ExpiredTokenException")


def test_a_token_from_the_future_is_refused(lab: Lab, ci: OidcProvider) -> None:
    token = ci.token(SUBJECT, now=lab.clock.now() + timedelta(minutes=1))
    assert assume(lab, token).error_code == "InvalidIdentityToken"


def test_an_unregistered_issuer_is_refused_in_awss_words(lab: Lab, ci: OidcProvider) -> None:
    other = lab.world.identity_providers.oidc("other.example.com")
    refused = assume(lab, other.token(SUBJECT, now=lab.clock.now()))
    assert refused.error_code == "InvalidIdentityToken"
    assert refused.error_message == (
        "No OpenIDConnect provider found in your account for https://other.example.com"
    )


def test_a_token_that_names_the_issuer_but_has_anothers_signature_is_refused(
    lab: Lab, ci: OidcProvider
) -> None:
    thief = lab.world.identity_providers.oidc("thief.example.com")
    forged = thief.token(SUBJECT, now=lab.clock.now(), claims={"iss": f"https://{ISSUER}"})
    assert assume(lab, forged).error_code == "InvalidIdentityToken"


def test_a_changed_claim_breaks_the_signature(lab: Lab, ci: OidcProvider) -> None:
    head, body, signature = ci.token("somebody", now=lab.clock.now()).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["sub"] = SUBJECT
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    refused = assume(lab, f"{head}.{forged}.{signature}")
    assert (refused.status, refused.error_code) == (400, "InvalidIdentityToken")


def test_an_unsigned_token_is_refused(lab: Lab, ci: OidcProvider) -> None:
    import jwt

    claims = jwt.decode(ci.token(SUBJECT, now=lab.clock.now()), options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": ci.key_id})
    assert assume(lab, unsigned).error_code == "InvalidIdentityToken"


@pytest.mark.parametrize("text", ["abcd", "a.b.c", "e30.e30.", "....", "é.é.é"])
def test_what_is_no_jwt_is_refused(lab: Lab, ci: OidcProvider, text: str) -> None:
    refused = assume(lab, text)
    assert (refused.status, refused.error_code) == (400, "InvalidIdentityToken")


def test_a_claim_the_provider_has_withdrawn_is_rejected(lab: Lab, ci: OidcProvider) -> None:
    token = ci.token(SUBJECT, now=lab.clock.now(), claims={"jti": "stolen"})
    ci.withdrawn.add("stolen")
    refused = assume(lab, token)
    assert (refused.status, refused.error_code) == (403, "IDPRejectedClaim")


def test_a_provider_that_was_deleted_vouches_for_nobody(lab: Lab, ci: OidcProvider) -> None:
    token = ci.token(SUBJECT, now=lab.clock.now())
    deletion = {"OpenIDConnectProviderArn": PROVIDER}
    done(lab.admin.call("iam", "DeleteOpenIDConnectProvider", deletion))
    assert assume(lab, token).error_code == "InvalidIdentityToken"


def test_tags_in_the_token_need_tag_session_and_become_principal_tags(
    lab: Lab, town: Town, ci: OidcProvider
) -> None:
    tagged = when("StringEquals", "aws:PrincipalTag/team", "shop")
    town.put_role_policy("Deploy", "own", permit("s3:ListAllMyBuckets", **tagged))
    claims = {TAGS_CLAIM: {"principal_tags": {"team": ["shop"]}, "transitive_tag_keys": ["team"]}}
    token = ci.token(SUBJECT, now=lab.clock.now(), claims=claims)
    assert assume(lab, token).error_code == "AccessDenied"
    update_trust(lab, [ACTION, "sts:TagSession"])
    answer = done(assume(lab, token))
    job = lab.actor("ci-job", keys=Keys.from_response(answer["Credentials"]))
    done(job.call("s3", "ListBuckets"))


def test_a_source_identity_in_the_token_needs_set_source_identity(
    lab: Lab, ci: OidcProvider
) -> None:
    token = ci.token(SUBJECT, now=lab.clock.now(), claims={SOURCE_IDENTITY_CLAIM: "alice"})
    assert assume(lab, token).error_code == "AccessDenied"
    update_trust(lab, [ACTION, "sts:SetSourceIdentity"])
    assert done(assume(lab, token))["SourceIdentity"] == "alice"


def update_trust(lab: Lab, actions: list[str]) -> None:
    given = {"RoleName": "Deploy", "PolicyDocument": trusting(FEDERATED, actions)}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))


def test_the_session_knows_its_provider_and_carries_a_session_policy(
    lab: Lab, town: Town, ci: OidcProvider
) -> None:
    by_provider = when("StringEquals", "aws:FederatedProvider", PROVIDER)
    town.put_role_policy("Deploy", "own", permit(["s3:*", "sqs:*"], **by_provider))
    token = ci.token(SUBJECT, now=lab.clock.now())
    answer = done(assume(lab, token, Policy=permit("s3:ListAllMyBuckets")))
    job = lab.actor("ci-job", keys=Keys.from_response(answer["Credentials"]))
    done(job.call("s3", "ListBuckets"))
    refused = job.call("sqs", "ListQueues")
    assert "no session policy allows" in str(refused.error_message)


def test_a_duration_beyond_the_roles_maximum_is_refused(lab: Lab, ci: OidcProvider) -> None:
    refused = assume(lab, ci.token(SUBJECT, now=lab.clock.now()), DurationSeconds=3601)
    assert (refused.status, refused.error_code) == (400, "ValidationError")


def test_the_endpoint_serves_discovery_and_keys_of_its_own_issuers(lab: Lab) -> None:
    issuer = f"{lab.endpoint_url}/oidc/ci"
    provider = lab.world.identity_providers.oidc(issuer)
    discovery = fetch(f"{issuer}/.well-known/openid-configuration")
    assert discovery["issuer"] == issuer
    keys = fetch(discovery["jwks_uri"])
    assert [key["kid"] for key in keys["keys"]] == [provider.key_id]
    import jwt

    token = provider.token("me", now=lab.clock.now(), audience="anyone")
    key = jwt.PyJWK(keys["keys"][0])
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="anyone")
    assert claims["sub"] == "me"


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def test_botocores_token_file_provider_gets_a_session(
    lab: Lab, ci: OidcProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    file = tmp_path / "token"
    file.write_text(ci.token(SUBJECT, now=lab.clock.now()))
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "from-file")
    monkeypatch.setenv("AWS_ENDPOINT_URL", lab.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", lab.region)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    identity = boto3.session.Session().client("sts").get_caller_identity()
    assert identity["Arn"].endswith(":assumed-role/Deploy/from-file")


ODD_VALUES: list[Any] = [None, -1, 10**400, "x", [], {"a": 1}, True, {"principal_tags": [1]}]


@pytest.mark.parametrize(
    "name", ["sub", "aud", "iat", "exp", "nbf", "jti", "amr", "azp", "email", TAGS_CLAIM]
)
def test_claims_of_any_form_are_verified_or_refused(lab: Lab, ci: OidcProvider, name: str) -> None:
    for value in ODD_VALUES:
        token = ci.token(SUBJECT, now=lab.clock.now(), claims={name: value})
        assert verdict(lab, token) in ("verified", "InvalidIdentityToken", "ExpiredTokenException")


def verdict(lab: Lab, token: str) -> str:
    """What becomes of a token: the refusal's code, or ``verified``."""
    try:
        verify_token(token, ACCOUNT, lab.world, lab.clock.now()).context()
    except AwsError as refused:
        return refused.code
    return "verified"
