"""Tokens, assertions, presigned URLs and organizations, in scenarios that use them."""

from __future__ import annotations

import pytest

from simulator.scenario.checking import check_file
from simulator.scenario.loading import load
from simulator.scenario.running import ScenarioResult, run_scenario
from tests.scenario.conftest import SMALL, Write

HEAD = """\
id: outside
title: Outside
chapter: Test
level: beginner
minutes: 1
teaches: [nothing]
"""

FEDERATED = (
    HEAD
    + """\
actors:
  job: {name: Job, about: A CI job., source_ip: 192.0.2.10}
  erin: {name: Erin, about: Signs in., source_ip: 192.0.2.20}
world:
  oidc_providers:
    ci.example.com:
  saml_providers:
    Corp: {issuer: "https://idp.example.com/saml"}
  roles:
    Deploy:
      trust:
        - Effect: Allow
          Principal: {Federated: "{{ oidc.\\"ci.example.com\\".Arn }}"}
          Action: sts:AssumeRoleWithWebIdentity
          Condition: {StringEquals: {"ci.example.com:sub": "repo:kibble/site"}}
    Staff:
      trust:
        - Effect: Allow
          Principal: {Federated: "{{ saml.Corp.Arn }}"}
          Action: sts:AssumeRoleWithSAML
          Condition: {StringEquals: {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
steps:
  - task: Sign in
    goal:
      - {action: "sts:AssumeRoleWithWebIdentity", outcome: allowed}
      - {action: "sts:AssumeRoleWithSAML", outcome: allowed}
    solution:
      - token: {provider: ci.example.com, for: job, subject: "repo:kibble/site", save: jwt}
      - as: job
        call: sts.AssumeRoleWithWebIdentity
        parameters:
          RoleArn: "{{ roles.Deploy.Arn }}"
          RoleSessionName: job
          WebIdentityToken: "{{ jwt }}"
        save: deploy
        expect: allowed
      - {as: job, using: deploy, call: sts.GetCallerIdentity, expect: allowed}
      - token: {provider: ci.example.com, for: job, subject: "repo:evil/fork", save: other}
      - as: job
        call: sts.AssumeRoleWithWebIdentity
        parameters:
          RoleArn: "{{ roles.Deploy.Arn }}"
          RoleSessionName: job
          WebIdentityToken: "{{ other }}"
        expect: denied
      - advance: 11m
      - as: job
        call: sts.AssumeRoleWithWebIdentity
        parameters:
          RoleArn: "{{ roles.Deploy.Arn }}"
          RoleSessionName: job
          WebIdentityToken: "{{ jwt }}"
        expect: {error_code: "ExpiredToken*"}
      - assertion:
          {provider: Corp, for: erin, subject: erin, role: Staff, session_name: erin, save: saml}
      - as: erin
        call: sts.AssumeRoleWithSAML
        parameters:
          RoleArn: "{{ roles.Staff.Arn }}"
          PrincipalArn: "{{ saml.Corp.Arn }}"
          SAMLAssertion: "{{ saml_response }}"
        expect: allowed
      - assertion:
          provider: Corp
          for: erin
          subject: erin
          role: Staff
          session_name: erin
          tampered: {erin: boss}
          save: forged
      - as: erin
        call: sts.AssumeRoleWithSAML
        parameters:
          RoleArn: "{{ roles.Staff.Arn }}"
          PrincipalArn: "{{ saml.Corp.Arn }}"
          SAMLAssertion: "{{ forged }}"
        expect: {error_code: InvalidIdentityToken}
"""
).replace("session_name: erin, save: saml}", "session_name: erin, save: saml_response}")

PRESIGNED = (
    HEAD
    + """\
actors:
  alice: {name: Alice, about: Works here., signs_as: alice}
  mallory: {name: Mallory, about: Does not., side: attacker, source_ip: 203.0.113.66}
world:
  users:
    alice:
      policies:
        Read: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]
  buckets:
    shelf: {objects: {a.txt: hello}}
steps:
  - task: A URL is all it takes
    goal:
      - {as: mallory, action: "s3:GetObject", outcome: allowed}
    solution:
      - presign:
          as: alice
          call: s3.GetObject
          parameters: {Bucket: shelf, Key: a.txt}
          expires: 10m
          save: url
      - {fetch: "{{ url }}", as: mallory, expect: allowed}
      - advance: 10m
      - {fetch: "{{ url }}", as: mallory, expect: {outcome: refused, error_code: AccessDenied}}
"""
)

AS_STEPS = (
    HEAD
    + """\
actors:
  job: {name: Job, about: A CI job., source_ip: 192.0.2.10}
  alice: {name: Alice, about: Works here., signs_as: alice}
  anyone: {name: Anyone, about: Has a browser., source_ip: 203.0.113.66}
world:
  users:
    alice:
      policies:
        Read: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]
  oidc_providers: {ci.example.com: }
  roles:
    Deploy:
      trust:
        - Effect: Allow
          Principal: {Federated: "{{ oidc.\\"ci.example.com\\".Arn }}"}
          Action: sts:AssumeRoleWithWebIdentity
          Condition: {StringEquals: {"ci.example.com:sub": main}}
  buckets:
    shelf: {objects: {a.txt: hello}}
steps:
  - token: {provider: ci.example.com, for: job, subject: fork, tampered: {sub: main}, save: jwt}
  - predict: Does AWS read the claims or the signature first?
    options: [The claims, The signature]
    answer: 1
    because: A claim nobody signed is a wish.
  - call: sts.AssumeRoleWithWebIdentity
    as: job
    parameters:
      RoleArn: "{{ roles.Deploy.Arn }}"
      RoleSessionName: job
      WebIdentityToken: "{{ jwt }}"
    expect: {error_code: InvalidIdentityToken}
  - presign:
      as: alice
      call: s3.GetObject
      parameters: {Bucket: shelf, Key: a.txt}
      save: url
    title: Alice makes a link
  - predict: Anyone opens it.
    options: [Denied, Allowed]
    answer: Allowed
    because: The link is signed.
  - fetch: "{{ url }}"
    as: anyone
    expect: allowed
"""
)

ORGANIZED = (
    HEAD
    + """\
actors:
  alice: {name: Alice, about: Works in prod., signs_as: prod/alice}
world:
  organization:
    members: [prod]
    member_scps:
      prod:
        NoReading: [{Effect: Deny, Action: "s3:GetObject", Resource: "*"}]
  accounts:
    prod:
      users:
        alice:
          policies:
            All: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
      buckets:
        shelf: {objects: {a.txt: hello}}
steps:
  - call: s3.ListObjectsV2
    as: alice
    parameters: {Bucket: shelf}
    expect: allowed
  - call: s3.GetObject
    as: alice
    parameters: {Bucket: shelf, Key: a.txt}
    expect: {outcome: denied, message: "*with an explicit deny in a service control policy*"}
"""
)


def ran(write: Write, text: str) -> ScenarioResult:
    path = write(text)
    assert [str(each) for each in check_file(path) if each.severity == "error"] == []
    result = run_scenario(load(path))
    assert [step.failure for step in result.steps if step.failure] == []
    assert result.passed
    return result


def test_tokens_and_assertions_open_roles_and_forged_ones_do_not(write: Write) -> None:
    result = ran(write, FEDERATED)
    assert [each.error_code for each in result.calls] == [
        None, None, "AccessDenied", "ExpiredTokenException", None, "InvalidIdentityToken",
    ]  # fmt: skip
    assert result.calls[1].principal_arn == ("arn:aws:sts::111122223333:assumed-role/Deploy/job")


def test_a_presigned_url_works_for_anybody_until_it_expires(write: Write) -> None:
    result = ran(write, PRESIGNED)
    first, second = result.calls
    assert (first.actor, first.outcome, first.source_ip) == ("mallory", "allowed", "203.0.113.66")
    assert second.outcome == "refused"
    assert any(line.output == "hello" for line in result.lines)


def test_tokens_presigned_urls_and_fetches_are_steps_of_their_own(write: Write) -> None:
    result = ran(write, AS_STEPS)
    assert [step.title for step in result.steps if step.kind in ("token", "presign", "fetch")] == [
        "ci.example.com signs a token", "Alice makes a link", "anyone opens the URL",
    ]  # fmt: skip
    assert [step.correct for step in result.steps if step.kind == "predict"] == [1, 1]
    assert [(each.actor, each.outcome) for each in result.calls] == [
        ("job", "refused"), ("anyone", "allowed"),
    ]  # fmt: skip


def test_two_of_the_three_values_are_none(write: Write) -> None:
    text = SMALL.replace(
        "leak: {credentials: app,", "leak: {without_token: true, credentials: app,"
    )
    text = text.replace("    expect: allowed\n", "    expect: {error_code: InvalidAccessKeyId}\n")
    text = text.replace("outcome: allowed, count: 1}", "outcome: refused, count: 1}")
    result = ran(write, text)
    assert any("without the session token" in line.command for line in result.lines)


def test_a_token_rewritten_after_it_was_signed_proves_nothing(write: Write) -> None:
    refused = ran(write, AS_STEPS).calls[0]
    assert refused.error_code == "InvalidIdentityToken"
    assert "signature" in str(refused.error_message)


def test_a_service_control_policy_binds_a_member_account(write: Write) -> None:
    ran(write, ORGANIZED)


@pytest.mark.parametrize(
    ("text", "was", "becomes", "said"),
    [
        (FEDERATED, "for: job", "for: jib", "no actor 'jib'; did you mean 'job'"),
        (FEDERATED, "provider: ci.example.com", "provider: ci.example.org", "no provider"),
        (FEDERATED, "role: Staff", "role: Stuff", "no role 'Stuff'; did you mean 'Staff'"),
        (PRESIGNED, "Key: a.txt}\n          exp", "Kee: a.txt}\n          exp", "'Kee'"),
        (PRESIGNED, 'fetch: "{{ url }}"', 'fetch: "{{ ulr }}"', "did you mean 'url'"),
        (ORGANIZED, "members: [prod]", "members: [prob]", "no account 'prob'; did you mean"),
        (ORGANIZED, "    prod:\n      users", "    prod:\n      id: '1'\n      users", "12 digits"),
        (ORGANIZED, "      prod:\n        No", "      prot:\n        No", "no member 'prot'"),
    ],
)
def test_mistakes_in_them_are_found(
    write: Write, text: str, was: str, becomes: str, said: str
) -> None:
    assert was in text
    found = [str(each) for each in check_file(write(text.replace(was, becomes, 1)))]
    assert any(said in each for each in found), found
