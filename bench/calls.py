"""Calls: enforced, signed and recorded, against the same calls on a bare moto_server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from botocore.exceptions import ClientError

from bench.measuring import Result, in_turns
from bench.servers import Endpoint, Town, bare_moto, build, stslab

ROUNDS = 400
WARM_UP = 40
PEER = "moto_server"


def measure() -> Iterator[Result]:
    """One row a call, and one for memory after all of them."""
    with stslab() as ours, bare_moto() as theirs:
        worlds = (ours, build(ours)), (theirs, build(theirs))
        for what, goal, make in _CALLS:
            pair = [make(endpoint, town) for endpoint, town in worlds]
            mine, peers = in_turns(pair[0], pair[1], ROUNDS, WARM_UP)
            yield Result(what, PEER, mine * 1000, peers * 1000, "ms", goal)
        denied = _denied_list(*worlds[0])
        listed = _list_tables(*worlds[1])
        mine, peers = in_turns(denied, listed, ROUNDS, WARM_UP)
        yield Result("a denied DynamoDB list", PEER, mine * 1000, peers * 1000, "ms", 0.6)
        yield Result("memory after all this", PEER, ours.memory(), theirs.memory(), "MiB", 1.3)


def _list_objects(endpoint: Endpoint, town: Town) -> Callable[[], object]:
    s3 = endpoint.client("s3", town.session)
    return lambda: s3.list_objects_v2(Bucket="reports")


def _list_tables(endpoint: Endpoint, town: Town) -> Callable[[], object]:
    dynamodb = endpoint.client("dynamodb", town.session)
    return lambda: dynamodb.list_tables()


def _denied_list(endpoint: Endpoint, town: Town) -> Callable[[], object]:
    dynamodb = endpoint.client("dynamodb", town.nobody)

    def call() -> None:
        with suppress(ClientError):
            dynamodb.list_tables()

    return call


def _identity(endpoint: Endpoint, town: Town) -> Callable[[], object]:
    sts = endpoint.client("sts", town.session)
    return lambda: sts.get_caller_identity()


def _assume(endpoint: Endpoint, town: Town) -> Callable[[], object]:
    sts = endpoint.client("sts")
    return lambda: sts.assume_role(RoleArn=town.role, RoleSessionName="bench")


_CALLS = (
    ("S3 ListObjectsV2", 0.9, _list_objects),
    ("DynamoDB ListTables", 0.9, _list_tables),
    ("STS GetCallerIdentity", 0.7, _identity),
    ("STS AssumeRole", 0.7, _assume),
)
