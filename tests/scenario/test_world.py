"""The declared world exists, asked through real calls of those who live in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.scenario.loading import parse
from simulator.scenario.schema.world import World
from simulator.scenario.story.world import Built, WorldError, build_world

TOWN = """\
managed_policies:
  ReadAll:
    - {Effect: Allow, Action: "s3:*", Resource: "*"}
  Fence:
    - {Effect: Allow, Action: "s3:ListBucket", Resource: "*"}
groups:
  readers:
    policies:
      List: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]
users:
  alice: {groups: [readers], tags: {team: data}}
  bob: {managed_policies: [ReadAll]}
  carol: {mfa: true, access_keys: 2}
  dave: {access_keys: 0}
roles:
  App:
    trust: [{Effect: Allow, Principal: {AWS: "{{ users.alice.Arn }}"}, Action: "sts:AssumeRole"}]
    managed_policies: [ReadAll]
    boundary: Fence
    max_session_duration: 4h
  Ping:
    trust: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::{{ account }}:role/Pong"},
             Action: "sts:AssumeRole"}]
  Pong:
    trust: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::{{ account }}:role/Ping"},
             Action: "sts:AssumeRole"}]
  Web:
    trust: [{Effect: Allow, Principal: {Service: [ec2.amazonaws.com, lambda.amazonaws.com]},
             Action: "sts:AssumeRole"}]
instance_profiles: {web: Web}
buckets:
  shelf:
    objects:
      a.txt: hello
      b.txt: {text: "of {{ account }} at {{ now + 6h }}", content_type: text/csv, tags: {kind: b}}
    policy:
      - Effect: Deny
        NotPrincipal: {AWS: ["{{ users.bob.Arn }}", "arn:aws:iam::{{ account }}:user/admin"]}
        Action: s3:GetObject
        Resource: arn:aws:s3:::shelf/a.txt
tables:
  orders:
    key: id
    items:
      - {id: "1", price: 9.5, tags: [a, b], paid: true}
secrets:
  db: hunter2
parameters:
  /app/flag: "on"
queues:
  jobs:
keys:
  main:
functions:
  report: {role: Web, environment: {MODE: nightly}}
instances:
  web1: {profile: web, http_tokens: optional}
accounts:
  partner:
    id: "444455556666"
    users:
      eve:
    buckets:
      theirs: {objects: {x: y}}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def built(lab: Lab) -> Built:
    return build_world(World.model_validate(parse(Path("x"), TOWN).value), lab)


def who(lab: Lab, built: Built, name: str) -> Actor:
    return lab.actor(name, keys=built.keys[name])


def answer(actor: Actor, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    result = actor.call(service, operation, parameters)
    assert result.ok, result.error_message
    assert result.response is not None
    return result.response


def test_a_users_group_policy_applies(lab: Lab, built: Built) -> None:
    alice = who(lab, built, "alice")
    assert len(answer(alice, "s3", "ListObjectsV2", Bucket="shelf")["Contents"]) == 2
    assert alice.call("s3", "GetObject", {"Bucket": "shelf", "Key": "b.txt"}).status == 403


def test_a_boundary_holds_a_managed_policy(lab: Lab, built: Built) -> None:
    given = {"RoleArn": built.names["roles"]["App"]["Arn"], "RoleSessionName": "alice"}
    issued = answer(who(lab, built, "alice"), "sts", "AssumeRole", **given)["Credentials"]
    app = lab.actor("app", keys=Keys.from_response(issued))
    assert app.call("s3", "ListObjectsV2", {"Bucket": "shelf"}).ok
    refused = app.call("s3", "GetObject", {"Bucket": "shelf", "Key": "b.txt"})
    assert "permissions boundary" in str(refused.error_message)


def test_a_bucket_policy_applies(lab: Lab, built: Built) -> None:
    bob = who(lab, built, "bob")
    assert bob.call("s3", "GetObject", {"Bucket": "shelf", "Key": "a.txt"}).ok
    assert bob.call("s3", "GetObject", {"Bucket": "shelf", "Key": "b.txt"}).ok


def test_keys_are_as_many_as_declared(lab: Lab, built: Built) -> None:
    assert "dave" not in built.keys
    keys = answer(lab.admin, "iam", "ListAccessKeys", UserName="carol")["AccessKeyMetadata"]
    assert len(keys) == 2


def test_a_role_is_assumed_for_its_longest_session(lab: Lab, built: Built) -> None:
    given = {
        "RoleArn": built.names["roles"]["App"]["Arn"],
        "RoleSessionName": "alice",
        "DurationSeconds": 4 * 3600,
    }
    assert who(lab, built, "alice").call("sts", "AssumeRole", given).ok
    given["DurationSeconds"] += 1
    assert not who(lab, built, "alice").call("sts", "AssumeRole", given).ok


def test_roles_may_trust_each_other(lab: Lab, built: Built) -> None:
    for role, other in (("Ping", "Pong"), ("Pong", "Ping")):
        document = answer(lab.admin, "iam", "GetRole", RoleName=role)["Role"]
        assert f"role/{other}" in str(document["AssumeRolePolicyDocument"])


def test_objects_have_their_text_with_placeholders_filled_in(lab: Lab, built: Built) -> None:
    found = answer(lab.admin, "s3", "GetObject", Bucket="shelf", Key="b.txt")
    said = b"of 111122223333 at 2021-08-09T12:00:00Z"
    assert (found["Body"], found["ContentType"]) == (said, "text/csv")


def test_items_secrets_and_parameters_are_there(lab: Lab, built: Built) -> None:
    item = answer(lab.admin, "dynamodb", "GetItem", TableName="orders", Key={"id": {"S": "1"}})
    assert item["Item"]["price"] == {"N": "9.5"}
    assert item["Item"]["paid"] == {"BOOL": True}
    secret = answer(lab.admin, "secretsmanager", "GetSecretValue", SecretId="db")
    assert secret["SecretString"] == "hunter2"
    parameter = answer(lab.admin, "ssm", "GetParameter", Name="/app/flag")
    assert parameter["Parameter"]["Value"] == "on"


def test_queues_keys_functions_and_instances_are_there(lab: Lab, built: Built) -> None:
    assert "jobs" in answer(lab.admin, "sqs", "GetQueueUrl", QueueName="jobs")["QueueUrl"]
    key = answer(lab.admin, "kms", "DescribeKey", KeyId="alias/main")["KeyMetadata"]
    assert key["Arn"] == built.names["keys"]["main"]["Arn"]
    function = answer(lab.admin, "lambda", "GetFunctionConfiguration", FunctionName="report")
    assert function["Environment"]["Variables"]["MODE"] == "nightly"
    instance_id = built.names["instances"]["web1"]["InstanceId"]
    found = answer(lab.admin, "ec2", "DescribeInstances", InstanceIds=[instance_id])
    instance = found["Reservations"][0]["Instances"][0]
    assert instance["IamInstanceProfile"]["Arn"].endswith("/web")
    assert instance["MetadataOptions"]["HttpTokens"] == "optional"


def test_another_account_has_its_own_people_and_things(lab: Lab, built: Built) -> None:
    assert built.names["accounts"]["partner"]["id"] == "444455556666"
    eve = who(lab, built, "partner/eve")
    assert answer(eve, "sts", "GetCallerIdentity")["Account"] == "444455556666"
    theirs = lab.administrator("444455556666")
    assert answer(theirs, "s3", "GetObject", Bucket="theirs", Key="x")["Body"] == b"y"


def test_what_aws_refuses_is_named_by_its_place(lab: Lab, built: Built) -> None:
    world = World.model_validate({"users": {"fay": {"managed_policies": ["Missing"]}}})
    with pytest.raises(WorldError, match=r"users\.fay: .*NoSuchEntity"):
        build_world(world, lab)
