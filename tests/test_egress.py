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


def test_a_delivery_to_the_lab_itself_holds_up_nobody(lab: Lab) -> None:
    topic = done(lab.admin.call("sns", "CreateTopic", {"Name": "news"}))["TopicArn"]
    subscription = {"TopicArn": topic, "Protocol": "http", "Endpoint": lab.endpoint_url}
    lab.admin.call("sns", "Subscribe", subscription)
    published = lab.admin.call("sns", "Publish", {"TopicArn": topic, "Message": "hello"})
    assert "delivers nothing over the network" in str(published.error_message)
    assert lab.admin.call("sts", "GetCallerIdentity").ok


def test_an_sns_subscription_elsewhere_is_not_delivered(lab: Lab) -> None:
    topic = done(lab.admin.call("sns", "CreateTopic", {"Name": "news"}))["TopicArn"]
    subscription = {"TopicArn": topic, "Protocol": "http", "Endpoint": "http://192.0.2.1/hook"}
    subscribed = lab.admin.call("sns", "Subscribe", subscription)
    published = lab.admin.call("sns", "Publish", {"TopicArn": topic, "Message": "hello"})
    refused = [result for result in (subscribed, published) if not result.ok]
    assert refused
    assert all("never leaves loopback" in str(result.error_message) for result in refused)
    assert all(result.status == 400 for result in refused)
