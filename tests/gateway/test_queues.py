"""Queues: their URLs lead back to the lab, and nobody waits at one for ever."""

from __future__ import annotations

import pytest

from simulator import Lab
from simulator.clients import make_client
from tests.conftest import done


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
