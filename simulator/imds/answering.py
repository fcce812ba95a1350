"""IMDS on the wire: sessions of v2, requests of v1, paths and what is found there."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from simulator.backend import machines
from simulator.backend.machines import InstanceView
from simulator.gateway.server import Server
from simulator.imds import tree
from simulator.workloads import RoleDelivery, WorkloadError, Workloads

MAX_TOKEN_SECONDS = 21600
MAX_TOKENS = 10_000

_TTL = "HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS"
_TTL_HEADER = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
_TOKEN = "HTTP_X_AWS_EC2_METADATA_TOKEN"
_VERSION = re.compile(r"latest|1\.0|\d{4}-\d{2}-\d{2}")
_INSTANCE = re.compile(r"i-[0-9a-f]+")
_CREDENTIALS = "iam/security-credentials"

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Session:
    instance_id: str
    expires_at: datetime


class Imds:
    """The service for one world; a WSGI application with a server of its own.

    Attributes:
        instance_id: the current instance; ``None``: the first one that runs.
    """

    def __init__(self, workloads: Workloads, host: str = "127.0.0.1", port: int = 0) -> None:
        self._workloads = workloads
        self._sessions: dict[str, _Session] = {}
        self.instance_id: str | None = None
        self._server = Server(self, host, port)

    def start(self) -> Imds:
        """Serve from a thread of its own."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Close every socket."""
        self._server.stop()

    def clear(self) -> None:
        """Forget sessions and the current instance (a new world)."""
        self._sessions.clear()
        self.instance_id = None

    @property
    def url(self) -> str:
        """For ``AWS_EC2_METADATA_SERVICE_ENDPOINT``: the current instance's metadata."""
        return self._server.url

    def url_of(self, instance_id: str) -> str:
        """The metadata of one instance, whichever is current."""
        return f"{self.url}/{instance_id}"

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one HTTP request."""
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO") or "/")
        with self._workloads.world.clock.hold() as now:
            view, path = self._instance(path)
            answer = self._answer(method, path, view, environ, now)
        body = answer.body.encode()
        headers = [
            ("Content-Type", "text/plain" if answer.status == HTTPStatus.OK else "text/html"),
            ("Content-Length", str(len(body))),
            ("Server", "EC2ws"),
            *answer.headers,
        ]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [] if method == "HEAD" else [body]

    def _instance(self, path: str) -> tuple[InstanceView | None, str]:
        """Whose metadata a path asks for, and the path without saying so."""
        first, _, rest = path.lstrip("/").partition("/")
        if _INSTANCE.fullmatch(first):
            return machines.instance(first), f"/{rest}"
        if self.instance_id is not None:
            return machines.instance(self.instance_id), path
        return next((each for each in machines.instances() if each.running), None), path

    def _answer(
        self,
        method: str,
        path: str,
        view: InstanceView | None,
        environ: Mapping[str, Any],
        now: datetime,
    ) -> _Answer:
        if view is None or not view.running:
            return _page(HTTPStatus.NOT_FOUND)
        if not view.imds_enabled:
            return _page(HTTPStatus.FORBIDDEN)
        if path == "/latest/api/token":
            return self._token(method, view, environ, now)
        if method not in ("GET", "HEAD"):
            return _page(HTTPStatus.METHOD_NOT_ALLOWED)
        token = environ.get(_TOKEN)
        if not self._admitted(token, view, now):
            return _page(HTTPStatus.UNAUTHORIZED)
        return self._find(path, view, "1.0" if token is None else "2.0", now)

    def _token(
        self, method: str, view: InstanceView, environ: Mapping[str, Any], now: datetime
    ) -> _Answer:
        """A session of v2; a request that came through a proxy gets none."""
        if method != "PUT":
            return _page(HTTPStatus.METHOD_NOT_ALLOWED)
        if "HTTP_X_FORWARDED_FOR" in environ:
            return _page(HTTPStatus.FORBIDDEN)
        text = str(environ.get(_TTL, ""))
        if not re.fullmatch(r"\d{1,6}", text) or not 1 <= int(text) <= MAX_TOKEN_SECONDS:
            return _page(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe(40)
        ends = now + timedelta(seconds=int(text))
        self._sessions[token] = _Session(view.instance_id, ends)
        if len(self._sessions) > MAX_TOKENS:  # a program that asks anew each time, for hours
            del self._sessions[next(iter(self._sessions))]
        return _Answer(HTTPStatus.OK, token, ((_TTL_HEADER, text),))

    def _admitted(self, token: object, view: InstanceView, now: datetime) -> bool:
        if token is None:
            return not view.token_required
        session = self._sessions.get(str(token))
        return (
            session is not None
            and session.instance_id == view.instance_id
            and now < session.expires_at
        )

    def _find(
        self, path: str, view: InstanceView, delivery: RoleDelivery, now: datetime
    ) -> _Answer:
        names = [name for name in path.split("/") if name]
        if not names:
            return _Answer(HTTPStatus.OK, "1.0\nlatest")
        if not _VERSION.fullmatch(names[0]):
            return _page(HTTPStatus.NOT_FOUND)
        if names[1:3] == ["meta-data", "iam"] and view.profile_arn:
            return self._iam("/".join(names[2:]), view, delivery, now)
        found: Any = tree.tree_of(view)
        if view.profile_arn:
            found["meta-data"]["iam"] = {}
        for name in names[1:]:
            found = found.get(name) if isinstance(found, dict) else None
            if found is None:
                return _page(HTTPStatus.NOT_FOUND)
        return _Answer(HTTPStatus.OK, found if isinstance(found, str) else tree.listing(found))

    def _iam(self, path: str, view: InstanceView, delivery: RoleDelivery, now: datetime) -> _Answer:
        role = (view.role_arn or "").rpartition("/")[2]
        if path == "iam":
            return _Answer(HTTPStatus.OK, "info\nsecurity-credentials/")
        if path == "iam/info":
            return _Answer(HTTPStatus.OK, tree.profile_info(view, now))
        if path == _CREDENTIALS and role:
            return _Answer(HTTPStatus.OK, role)
        if path != f"{_CREDENTIALS}/{role}" or not role:
            return _page(HTTPStatus.NOT_FOUND)
        try:
            credential = self._workloads.instance_credential(view.instance_id, delivery, at=now)
        except WorkloadError as error:
            return _Answer(HTTPStatus.OK, tree.no_credentials(error.code, str(error), now))
        return _Answer(HTTPStatus.OK, tree.security_credentials(credential))


def _page(status: HTTPStatus) -> _Answer:
    """An error as IMDS shows it: a small HTML page."""
    title = f"{status.value} - {status.phrase}"
    body = (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n'
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    )
    return _Answer(status.value, body)
