"""The control API under ``/_stslab``: clock, trail, IMDS, reset, what identity providers sign.

It is unsigned, so it takes only what a page in a browser cannot send (no ``Origin``, a
loopback ``Host``), and wants a token where the server listens beyond loopback.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from simulator.backend.registered import oidc_names, saml_entities
from simulator.clock import iso, parse_time
from simulator.gateway.stages import WireRequest, WireResponse
from simulator.gateway.world import World
from simulator.identity_providers.issuing import IssuingError, issue_assertion, issue_token
from simulator.trail import Record, Trail

PREFIX = "/_stslab/"
MAX_ADVANCE = timedelta(days=3650)
TOKEN_HEADER = "x-stslab-token"

Offers = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Actor → the story's name for a token or an assertion → the request that makes it."""

_LOOPBACK_HOST = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?", re.IGNORECASE)


class _ControlError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Control:
    """Answers control requests.

    Attributes:
        token: wanted in ``X-Stslab-Token``; ``None`` on loopback, where none is wanted.
        reset: what to do on ``POST /_stslab/reset``.
        metadata: opens the instance metadata service and says where it is; ``None``: it is
            not given away.
        offers: what the people of a scenario get from identity providers: ``token`` or
            ``assertion`` → actor → the story's name for it → what to ask for.
    """

    def __init__(self, world: World, trail: Trail) -> None:
        self.world = world
        self.trail = trail
        self.token: str | None = None
        self.reset: Callable[[], None] | None = None
        self.metadata: Callable[[], str] | None = None
        self.offers: Mapping[str, Offers] = {}

    def answer(self, wire: WireRequest) -> WireResponse:
        """Answer one control request with JSON; errors are ``{"error": …}`` and 4xx."""
        try:
            self._admit(wire)
            path = wire.raw_path.removeprefix(PREFIX)
            handler = _ROUTES.get((wire.method, path))
            if handler is None:
                status = 405 if any(path == known for _, known in _ROUTES) else 404
                raise _ControlError(status, f"no {wire.method} {wire.raw_path} in the control API")
            return _json(200, handler(self, wire))
        except _ControlError as refused:
            return _json(refused.status, {"error": refused.message})

    def _admit(self, wire: WireRequest) -> None:
        if "origin" in wire.headers:
            raise _ControlError(403, "the control API is not for web pages")
        if self.token is None:
            if not _LOOPBACK_HOST.fullmatch(wire.host):
                raise _ControlError(
                    403, f"the control API answers on loopback only, not on {wire.host}"
                )
        elif not secrets.compare_digest(
            wire.headers.get(TOKEN_HEADER, "").encode(), self.token.encode()
        ):
            raise _ControlError(403, "the control API wants its token in X-Stslab-Token")

    def _clock(self, wire: WireRequest) -> dict[str, Any]:
        return {"now": iso(self.world.clock.now())}

    def _set_clock(self, wire: WireRequest) -> dict[str, Any]:
        wanted = _body(wire)
        clock = self.world.clock
        try:
            if set(wanted) == {"advance_seconds"}:
                seconds = wanted["advance_seconds"]
                if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
                    raise ValueError("advance_seconds must be a number")
                delta = timedelta(seconds=seconds)
                if delta > MAX_ADVANCE:
                    raise ValueError("that is more than ten years")
                clock.advance(delta)
            elif set(wanted) == {"set"}:
                at = parse_time(str(wanted["set"]))
                if at - clock.now() > MAX_ADVANCE:
                    raise ValueError("that is more than ten years ahead")
                clock.move_to(at)
            else:
                raise ValueError('give {"advance_seconds": N} or {"set": "…Z"}')
        except (ValueError, TypeError, OverflowError) as error:
            raise _ControlError(400, f"cannot move the clock: {error}") from error
        return self._clock(wire)

    def _events(self, wire: WireRequest) -> dict[str, Any]:
        after = re.fullmatch(r"(?:after=(\d{1,12}))?", wire.raw_query)
        if after is None:
            raise _ControlError(400, "after= takes the number of a record")
        records = self.trail.records(int(after[1] or 0))
        return {"events": [as_json(record) for record in records]}

    def _cloudtrail(self, wire: WireRequest) -> dict[str, Any]:
        return self.trail.cloudtrail()

    def _imds(self, wire: WireRequest) -> dict[str, Any]:
        if self.metadata is None:
            raise _ControlError(409, "instance metadata is served on loopback only")
        return {"url": self.metadata()}

    def _token(self, wire: WireRequest) -> dict[str, Any]:
        asked, actor = self._asked("token", wire)
        try:
            token = issue_token(
                self.world.identity_providers, oidc_names(), asked, self.world.clock.now()
            )
        except (IssuingError, TypeError, OverflowError) as error:
            raise _ControlError(400, f"no token: {error}") from error
        return self._handed("token", token, actor)

    def _assertion(self, wire: WireRequest) -> dict[str, Any]:
        asked, actor = self._asked("assertion", wire)
        try:
            assertion = issue_assertion(
                self.world.identity_providers, saml_entities(), asked, self.world.clock.now()
            )
        except IssuingError as error:
            raise _ControlError(400, f"no assertion: {error}") from error
        return self._handed("assertion", assertion, actor)

    def _saml_metadata(self, wire: WireRequest) -> dict[str, Any]:
        issuer = _body(wire).get("issuer")
        if not isinstance(issuer, str) or not re.fullmatch(r"[!-~]{1,1024}", issuer):
            raise _ControlError(400, "issuer is the provider's EntityID, a URI")
        return {"metadata": self.world.identity_providers.saml(issuer).metadata()}

    def _asked(self, kind: str, wire: WireRequest) -> tuple[dict[str, Any], str | None]:
        """What is asked for, and for whom: ``as`` starts from what the story would get."""
        asked = _body(wire)
        actor, name = asked.pop("as", None), asked.pop("name", None)
        if actor is None:
            return asked, None
        people = self.offers.get(kind, {})
        offered = people.get(actor) if isinstance(actor, str) else None
        if not offered:
            others = f"; there is one for {', '.join(people)}" if people else ", nor for anybody"
            raise _ControlError(400, f"the story has no {kind} for {actor}{others}")
        if name is not None and (not isinstance(name, str) or name not in offered):
            raise _ControlError(400, f"{actor} has no {kind} {name}; there is {', '.join(offered)}")
        story = offered[name] if name else next(iter(offered.values()))
        merged = {**story, **asked}
        for part in ("claims", "attributes"):
            if isinstance(asked.get(part), dict):
                merged[part] = {**story.get(part, {}), **asked[part]}
        return merged, actor

    def _handed(self, kind: str, proof: str, actor: str | None) -> dict[str, Any]:
        if actor is not None:
            self.world.identity_providers.hand(proof, actor)
        return {kind: proof}

    def _reset(self, wire: WireRequest) -> dict[str, Any]:
        if self.reset is None:
            raise _ControlError(409, "this lab cannot be reset from outside")
        self.reset()
        return self._clock(wire)


def as_json(record: Record) -> dict[str, Any]:
    """A record of the trail for the control API: what happened, why, and CloudTrail's form."""
    return {
        "sequence": record.sequence,
        "at": iso(record.at),
        "actor": record.actor,
        "action": record.action,
        "resource": record.resource,
        "outcome": record.outcome,
        "error_code": record.error_code,
        "why": record.why,
        "access_key_id": record.access_key_id,
        "issued_key": record.issued_key,
        "decisions": [decision.as_dict() for decision in record.decisions],
        "event": record.event,
    }


def _body(wire: WireRequest) -> dict[str, Any]:
    try:
        found = json.loads(wire.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise _ControlError(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _ControlError(400, "the body is not a JSON object")
    return found


def _json(status: int, content: dict[str, Any]) -> WireResponse:
    body = json.dumps(content, default=str).encode()
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    return WireResponse(status, headers, body)


_ROUTES: dict[tuple[str, str], Callable[[Control, WireRequest], dict[str, Any]]] = {
    ("GET", "clock"): Control._clock,
    ("POST", "clock"): Control._set_clock,
    ("GET", "events"): Control._events,
    ("GET", "cloudtrail"): Control._cloudtrail,
    ("GET", "imds"): Control._imds,
    ("POST", "token"): Control._token,
    ("POST", "assertion"): Control._assertion,
    ("POST", "saml-metadata"): Control._saml_metadata,
    ("POST", "reset"): Control._reset,
}
