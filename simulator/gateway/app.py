"""The gateway: the stages in the order a request travels them."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from simulator.actors import ACTOR_HEADER
from simulator.backend.last_used import note_use
from simulator.clock import wall
from simulator.gateway import control, effects, posted, s3_answers
from simulator.gateway.actions import checks_for
from simulator.gateway.authenticate import authenticate
from simulator.gateway.authorize import Authorization, authorize
from simulator.gateway.chunked import decode_body
from simulator.gateway.denial import denial
from simulator.gateway.errors import error_in, error_response, spell
from simulator.gateway.handlers import Own
from simulator.gateway.identify import Unrecognised, identify, identify_s3
from simulator.gateway.perform import perform
from simulator.gateway.recognition.cbor import answered_in_cbor
from simulator.gateway.record import Exchange, record
from simulator.gateway.response_elements import response_elements
from simulator.gateway.stages import (
    AwsError,
    Call,
    Caller,
    Operation,
    Presented,
    WireRequest,
    WireResponse,
)
from simulator.gateway.world import World
from simulator.ids import random_uuid
from simulator.trail import Trail

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_STAMP = ACTOR_HEADER.lower()
_PROOFS = {
    "AssumeRoleWithWebIdentity": "WebIdentityToken",
    "AssumeRoleWithSAML": "SAMLAssertion",
}
_FAULT = "We encountered an internal error. Please try again."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who the lab says is acting, and from where; only the lab can say so."""

    name: str | None = None
    source_ip: str | None = None


class Gateway:
    """A WSGI application: identify → authenticate → authorize → perform → record.

    A request is read whole before it is taken up, and then served inside one hold of the
    clock: it sees one time and one picture of the world, from end to end.
    """

    def __init__(self, world: World, trail: Trail, own: Mapping[tuple[str, str], Own]) -> None:
        self.world = world
        self.trail = trail
        self.own = own
        self.lab_pass = secrets.token_urlsafe(32)
        self.control = control.Control(world, trail)
        self._acting: dict[str | None, Stamp] = {}

    @contextmanager
    def acting(self, access_key_id: str | None, name: str, source_ip: str | None) -> Iterator[None]:
        """While it lasts, calls with this key are that actor's, from there.

        For a tool that the lab runs for an actor, and that cannot carry the lab's header.

        Args:
            access_key_id: what the tool signs with; ``None``: it doesn't sign.
            name: who runs it.
            source_ip: where from; ``None``: as the socket says.
        """
        self._acting[access_key_id] = Stamp(name, source_ip)
        try:
            yield
        finally:
            self._acting.pop(access_key_id, None)

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one HTTP request."""
        headers = _headers(environ)
        body = environ["wsgi.input"].read()
        with self.world.clock.hold() as now:
            wire = WireRequest(
                method=environ["REQUEST_METHOD"],
                target=environ.get("REQUEST_URI") or environ["PATH_INFO"] or "/",
                headers=headers,
                body=body,
                remote_addr=environ.get("REMOTE_ADDR", "127.0.0.1"),
                at=now,
                wall=wall(),
                parted=self.world.clock.parted,
            )
            stamp = self._stamp(headers.pop(_STAMP, ""))
            if wire.raw_path.startswith(control.PREFIX):
                response = self.control.answer(wire)
            elif page := self.world.identity_providers.page(wire):
                response = page
            else:
                response = self.answer(wire, stamp)
        start_response(f"{response.status} {_reason(response.status)}", list(response.headers))
        return [] if wire.method == "HEAD" else [response.body]

    def answer(self, wire: WireRequest, stamp: Stamp) -> WireResponse:
        """Take one AWS request through every stage and record it."""
        exchange = Exchange(
            wire=wire,
            request_id=random_uuid(),
            source_ip=wire.remote_addr,
            actor=None,
        )
        if stamp.name is None:
            stamp = self._acting.get(exchange.claimed_key, stamp)
        exchange.actor, exchange.source_ip = stamp.name, stamp.source_ip or wire.remote_addr
        try:
            response = self._travel(exchange)
        except AwsError as error:
            response = self._refuse(exchange, error)
        except Exception:
            # A fault of the lab's own: the caller is told so, and the trail keeps the call.
            _log.exception("the gateway failed on %s %s", wire.method, wire.target)
            response = self._refuse(exchange, AwsError("InternalFailure", _FAULT, 500))
        self.trail.append(record(exchange, self.trail.next_sequence))
        return response

    def _travel(self, exchange: Exchange) -> WireResponse:
        """The way of a request; what it meets is noted on `exchange`.

        Raises:
            AwsError: a stage refuses it.
        """
        operation = exchange.operation = identify(exchange.wire)
        if exchange.actor is None:
            exchange.actor = self._handed_to(operation)
        who = posted.authenticate if posted.is_posted(operation) else authenticate
        caller = exchange.caller = who(exchange.wire, operation, self.world)
        if caller.credential is not None:
            note_use(caller.credential, operation.service, operation.region, exchange.wire.at)
        wire = _unwrapped(exchange.wire, operation, caller)
        if wire is not exchange.wire:
            # What is inside is what is asked for: the keys of a `DeleteObjects`, a policy.
            operation = identify_s3(wire, operation)
        operation = exchange.operation = self._with_checks(operation, wire, caller)
        call = self._prepared(operation, wire, caller)
        exchange.presented = call.presented
        if s3_answers.deletes_many(call):
            response = self._delete_many(call, exchange)
        else:
            self._authorize(call, exchange)
            response = perform(call, self.world, self.own)
            if asked := s3_answers.listing(call, response):
                read = exchange.authorization
                self._authorize(asked, exchange)
                exchange.authorization = read
        if posted.is_posted(operation):
            response = posted.answered(exchange.wire, operation, response)
        if response.status >= 400:
            exchange.error_code, exchange.error_message = error_in(response)
        exchange.issued_key = effects.issued_key(operation, response)
        exchange.elements = response_elements(operation, response)
        response = answered_in_cbor(exchange.wire, operation, response)
        return _with_request_id(response, operation, exchange.request_id)

    def _handed_to(self, operation: Operation) -> str | None:
        """Who brings a token or assertion, where it was made for somebody of the story."""
        proof = _PROOFS.get(operation.name) if operation.service == "sts" else None
        given = operation.parameters.get(proof) if proof else None
        return self.world.identity_providers.handed(given) if isinstance(given, str) else None

    def _authorize(self, call: Call, exchange: Exchange) -> None:
        """Ask policy evaluation.

        Raises:
            AwsError: it says no.
        """
        found = exchange.authorization = authorize(call, exchange.source_ip, self.world)
        if found.refusal:
            raise s3_answers.no_such_bucket(call, self.world.lookup) or _denied(call, found)

    def _delete_many(self, call: Call, exchange: Exchange) -> WireResponse:
        """`DeleteObjects`: what may be deleted is, and the answer tells of the rest."""
        allowed, exchange.authorization, errors = s3_answers.split(
            call,
            lambda part: authorize(part, exchange.source_ip, self.world),
            lambda found: _denied(call, found).message,
        )
        left = allowed.operation.parameters["Delete"]["Objects"]
        response = perform(allowed, self.world, self.own) if left else None
        if response is None:
            exchange.error = _denied(call, exchange.authorization)
        return s3_answers.with_errors(call, response, errors)

    def _refuse(self, exchange: Exchange, error: AwsError) -> WireResponse:
        """The answer to a request that a stage refused."""
        if isinstance(error, Unrecognised):
            exchange.operation = _unknown_operation(error)
        elif exchange.operation is not None and exchange.caller is None:
            exchange.operation = self._as_if_authenticated(exchange)
        operation = exchange.operation
        spelling = spell(error, operation.protocol if operation else "s3")
        exchange.error = error
        exchange.error_code = spelling.code
        exchange.error_message = spelling.message or error.message
        return error_response(error, operation, exchange.wire, exchange.request_id)

    def _with_checks(self, operation: Operation, wire: WireRequest, caller: Caller) -> Operation:
        credential = caller.credential
        account = credential.account if credential else self.world.account
        username = credential.name if credential and credential.kind == "user" else None
        checks = checks_for(
            operation,
            wire,
            self.world.lookup,
            account,
            username,
            credential.source_identity if credential else None,
        )
        return replace(operation, checks=checks)

    def _as_if_authenticated(self, exchange: Exchange) -> Operation:
        """With the checks of a request that nobody signed rightly, for the record alone."""
        assert exchange.operation is not None
        claimed = self.world.ledger.find(exchange.claimed_key or "")
        try:
            return self._with_checks(exchange.operation, exchange.wire, Caller(claimed))
        except AwsError:
            return exchange.operation

    def _prepared(self, operation: Operation, wire: WireRequest, caller: Caller) -> Call:
        call = Call(operation, wire, caller, Presented())
        own = self.own.get((operation.service, operation.name))
        return replace(call, presented=own.prepare(call, self.world)) if own else call

    def _stamp(self, header: str) -> Stamp:
        given, _, text = header.partition(" ")
        if not header or not secrets.compare_digest(given.encode(), self.lab_pass.encode()):
            return Stamp()
        stamp = json.loads(text)
        return Stamp(stamp.get("name"), stamp.get("ip"))


def _unwrapped(wire: WireRequest, operation: Operation, caller: Caller) -> WireRequest:
    """The request as S3 would get it plainly: not in chunks, not in a form."""
    if posted.is_posted(operation):
        return posted.as_put(wire, operation)
    return decode_body(wire, caller.credential) if operation.protocol == "s3" else wire


def _denied(call: Call, authorization: Authorization) -> AwsError:
    """The error for the check that was refused."""
    assert authorization.refusal is not None
    check, decision = authorization.refusal
    request = authorization.requests[authorization.checks.index(check)]
    return denial(call.operation, call.caller, check, decision, request)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    headers = {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key, name in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(key):
            headers[name] = environ[key]
    return headers


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def _unknown_operation(unknown: Unrecognised) -> Operation:
    return Operation(unknown.service, "Unknown", unknown.protocol, "us-east-1", {})


def _with_request_id(response: WireResponse, operation: Operation, request_id: str) -> WireResponse:
    if operation.protocol in ("query", "ec2") or (
        operation.protocol == "s3" and response.status >= 400  # below, a body may be an object
    ):
        # By a function: a template is compiled each time it is another one.
        ours = request_id.encode()
        response = response.with_body(
            _REQUEST_ID.sub(lambda found: found[1] + ours + found[2], response.body)
        )
    kept = tuple(
        (name, value)
        for name, value in response.headers
        if name.lower() not in ("x-amzn-requestid", "x-amz-request-id")
    )
    name = "x-amz-request-id" if operation.protocol == "s3" else "x-amzn-RequestId"
    return WireResponse(response.status, (*kept, (name, request_id)), response.body)


_REQUEST_ID = re.compile(rb"(<[Rr]equestI[Dd]>)[^<]*(</[Rr]equestI[Dd]>)")
