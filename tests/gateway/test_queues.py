"""Queues: their URLs lead back to the lab, and nobody waits at one for ever."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Lab
from simulator.clients import make_client
from tests.conftest import ACCOUNT, done, policy


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_queues_url_has_the_host_and_the_port_its_caller_used(lab: Lab, host: str) -> None:
    url = lab.endpoint_url.replace("127.0.0.1", host)
    queues = make_client(url, "sqs", "us-east-1", lab.admin.keys)
    made = queues.create_queue(QueueName="jobs")["QueueUrl"]
    assert made == f"{url}/{lab.account_id}/jobs"
    assert queues.list_queues()["QueueUrls"] == [made]
    assert queues.send_message(QueueUrl=made, MessageBody="hello")["MessageId"]


def test_a_queues_url_is_the_same_queue_by_whatever_host_it_is_named(lab: Lab) -> None:
    made = done(lab.admin.call("sqs", "CreateQueue", {"QueueName": "jobs"}))["QueueUrl"]
    elsewhere = make_client(
        lab.endpoint_url.replace("127.0.0.1", "localhost"), "sqs", "us-east-1", lab.admin.keys
    )
    elsewhere.send_message(QueueUrl=made, MessageBody="hello")
    received = done(lab.admin.call("sqs", "ReceiveMessage", {"QueueUrl": made}))
    assert [each["Body"] for each in received["Messages"]] == ["hello"]


@pytest.mark.parametrize("where", ["asked", "set"])
def test_a_long_poll_is_answered_at_once(lab: Lab, where: str) -> None:
    attributes = {"ReceiveMessageWaitTimeSeconds": "20"} if where == "set" else {}
    new = {"QueueName": "jobs", "Attributes": attributes}
    queue = {"QueueUrl": done(lab.admin.call("sqs", "CreateQueue", new))["QueueUrl"]}
    asked = queue | ({"WaitTimeSeconds": 20} if where == "asked" else {})
    assert "Messages" not in done(lab.admin.call("sqs", "ReceiveMessage", asked))
    done(lab.admin.call("sqs", "SendMessage", {**queue, "MessageBody": "hello"}))
    received = done(lab.admin.call("sqs", "ReceiveMessage", asked))
    assert [each["Body"] for each in received["Messages"]] == ["hello"]


def test_a_wait_longer_than_sqs_allows_is_still_refused(lab: Lab) -> None:
    queue = done(lab.admin.call("sqs", "CreateQueue", {"QueueName": "jobs"}))["QueueUrl"]
    asked = {"QueueUrl": queue, "WaitTimeSeconds": 21}
    refused = lab.admin.call("sqs", "ReceiveMessage", asked)
    assert refused.error_code == "InvalidParameterValue"


@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_permissions_are_added_to_a_policy_whose_statements_have_no_id(
    lab: Lab, service: str
) -> None:
    admin = lab.admin
    mine = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": f"{service}:*"}
    attributes = {"Policy": policy({**mine, "Resource": "*"})}
    if service == "sqs":
        made = done(admin.call("sqs", "CreateQueue", {"QueueName": "q", "Attributes": attributes}))
        at, label = {"QueueUrl": made["QueueUrl"]}, {"Label": "l"}
        more: dict[str, Any] = {"AWSAccountIds": ["444455556666"], "Actions": ["SendMessage"]}
        read = {**at, "AttributeNames": ["Policy"]}
        asking = "GetQueueAttributes"
    else:
        made = done(admin.call("sns", "CreateTopic", {"Name": "t", "Attributes": attributes}))
        at, label = {"TopicArn": made["TopicArn"]}, {"Label": "l"}
        more = {"AWSAccountId": ["444455556666"], "ActionName": ["Publish"]}
        read, asking = at, "GetTopicAttributes"

    def statements() -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = json.loads(
            done(admin.call(service, asking, read))["Attributes"]["Policy"]
        )["Statement"]
        return kept

    alone = statements()
    done(admin.call(service, "AddPermission", {**at, **label, **more}))
    assert [each.get("Sid") for each in statements()] == [None, "l"]
    done(admin.call(service, "RemovePermission", {**at, **label}))
    assert statements() == alone
