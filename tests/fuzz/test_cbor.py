"""Whatever a CBOR body holds: JSON for the backend, or an AWS error; never a crash."""

from __future__ import annotations

import json
from typing import Any

from botocore.serialize import RpcV2CBORSerializer
from hypothesis import given
from hypothesis import strategies as st

from simulator.gateway.identify import identify
from simulator.gateway.recognition.cbor import answered_in_cbor, as_json
from simulator.gateway.stages import AwsError, WireResponse
from tests.fuzz import fuzzed
from tests.gateway.wires import ENDPOINT, wire

PATH = "/service/GraniteServiceVersion20100801/operation/"
names = st.sampled_from(
    ["AlarmNames", "MetricData", "Dimensions", "StartTime", "Value", "Name", "x"]
)


def text(value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    return bytes([0x78, len(data)]) + data


def items(*inner: bytes) -> bytes:
    return bytes([0x80 | len(inner)]) + b"".join(inner)


def mapped(pairs: dict[str, bytes]) -> bytes:
    return bytes([0xA0 | len(pairs)]) + b"".join(text(k) + v for k, v in pairs.items())


scalars = st.one_of(
    st.text(max_size=8).map(text),
    st.sampled_from(
        [b"\x01", b"\x20", b"\xf5", b"\xf6", b"\xf9\x7e\x00", b"\x42ab", b"\xc1\x00", b"\xc1\x61a",
         b"\x1b" + b"\xff" * 8, b"\xc1\x1b" + b"\xff" * 8, b"\xfb\x7f\xf0" + bytes(6), b"\xff", b""]
    ),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: items(*each))
        | st.dictionaries(names, inner, max_size=3).map(mapped)
    ),
    max_leaves=8,
)


@fuzzed(300)
@given(
    name=st.sampled_from(["DescribeAlarms", "PutMetricData", "GetMetricStatistics"]),
    body=st.dictionaries(names, values, max_size=4).map(mapped) | st.binary(max_size=40),
)
def test_no_body_however_odd_crashes(name: str, body: bytes) -> None:
    request = wire("POST", ENDPOINT + PATH + name, {"smithy-protocol": "rpc-v2-cbor"}, body)
    asked = identify(request)
    try:
        told = as_json(asked, request)
    except AwsError as error:
        assert (error.code, error.status) == ("SerializationException", 400)  # noqa: PT017
        return
    assert json.loads(told.body).keys() <= asked.parameters.keys()
    assert told.headers["x-amz-target"] == f"GraniteServiceVersion20100801.{name}"


@fuzzed(200)
@given(
    status=st.sampled_from([200, 400, 404, 500]),
    body=st.binary(max_size=40)
    | st.dictionaries(
        st.sampled_from(["MetricAlarms", "__type", "message", "Message", "NextToken"]),
        st.none()
        | st.integers()
        | st.text(max_size=5)
        | st.lists(st.dictionaries(names, st.text())),
    ).map(lambda found: json.dumps(found).encode()),
)
def test_no_answer_however_odd_crashes(status: int, body: bytes) -> None:
    request: Any = wire("POST", ENDPOINT + PATH + "DescribeAlarms")
    try:
        told = answered_in_cbor(request, identify(request), WireResponse(status, (), body))
    except AwsError as error:
        assert error.code == "NotImplemented"  # noqa: PT017
        return
    assert told.status == status
    assert told.body[0] >> 5 == RpcV2CBORSerializer.MAP_MAJOR_TYPE
