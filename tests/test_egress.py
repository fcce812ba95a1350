"""The lab never leaves loopback, whatever a service is asked to deliver."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

import pytest

from simulator import Lab
from simulator.egress import EgressRefusedError, loopback_only, no_network
from tests.conftest import done


def test_a_guarded_thread_reaches_loopback_and_nothing_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, loopback_only():
        socket.create_connection(server.getsockname()).close()
        with pytest.raises(EgressRefusedError, match="never leaves loopback"):
            socket.create_connection(("192.0.2.1", 80), timeout=0.1)
        with pytest.raises(EgressRefusedError):
            socket.getaddrinfo("example.com", 80)


def test_a_thread_without_network_reaches_not_even_loopback_until_it_has_it_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, loopback_only():
        with no_network(), pytest.raises(EgressRefusedError, match="delivers nothing"):
            socket.create_connection(server.getsockname())
        socket.create_connection(server.getsockname()).close()


def test_a_guarded_thread_reaches_a_host_named_besides() -> None:
    with loopback_only("192.0.2.1"), socket.socket() as one:
        one.setblocking(False)
        with contextlib.suppress(OSError):  # nobody is there, but it may be asked
            one.connect(("192.0.2.1", 80))
        with pytest.raises(EgressRefusedError):
            one.connect(("192.0.2.3", 80))


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_lab_that_listens_everywhere_is_called_by_loopback(host: str) -> None:
    with Lab(host=host) as lab:
        assert lab.admin.call("sts", "GetCallerIdentity").ok
        assert urlsplit(lab.endpoint_url).hostname in ("127.0.0.1", "::1")


@pytest.mark.parametrize("endpoint", ["http://192.0.2.1/hook", "the lab itself"])
def test_an_sns_subscription_over_http_is_not_delivered_and_the_others_are(
    lab: Lab, endpoint: str
) -> None:
    admin, http = lab.admin, endpoint.replace("the lab itself", lab.endpoint_url)
    topic = done(admin.call("sns", "CreateTopic", {"Name": "news"}))["TopicArn"]
    queue = done(admin.call("sqs", "CreateQueue", {"QueueName": "jobs"}))["QueueUrl"]
    arn = topic.replace(":sns:", ":sqs:").replace(":news", ":jobs")
    for protocol, to in (("http", http), ("sqs", arn)):
        subscription = {"TopicArn": topic, "Protocol": protocol, "Endpoint": to}
        done(admin.call("sns", "Subscribe", subscription))
    calls = lab.trail.next_sequence
    done(admin.call("sns", "Publish", {"TopicArn": topic, "Message": "hello"}))
    assert lab.trail.next_sequence == calls + 1
    received = done(admin.call("sqs", "ReceiveMessage", {"QueueUrl": queue}))["Messages"]
    assert ["hello" in message["Body"] for message in received] == [True]


def test_what_a_stream_would_deliver_over_http_does_not_leave_the_process(lab: Lab) -> None:
    stream = {
        "DeliveryStreamName": "clicks",
        "HttpEndpointDestinationConfiguration": {
            "EndpointConfiguration": {"Url": lab.endpoint_url},
            "S3Configuration": {
                "RoleARN": f"arn:aws:iam::{lab.account_id}:role/Stream",
                "BucketARN": "arn:aws:s3:::clicks",
            },
        },
    }
    done(lab.admin.call("firehose", "CreateDeliveryStream", stream))
    calls = lab.trail.next_sequence
    record = {"DeliveryStreamName": "clicks", "Record": {"Data": b"hello"}}
    put = lab.admin.call("firehose", "PutRecord", record)
    assert put.status == 400
    assert "delivers nothing over the network" in str(put.error_message)
    assert lab.trail.next_sequence == calls + 1
