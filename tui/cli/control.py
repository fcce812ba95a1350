"""A client of the control API of a running endpoint."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tui.cli.errors import InputError

TIMEOUT_SECONDS = 60


def request(
    endpoint: str,
    method: str,
    path: str,
    content: Mapping[str, Any] | None = None,
    token: str | None = None,
    answers: str = "now",
) -> dict[str, Any]:
    """One request to ``/_stslab/<path>``, past any proxy settings of the user.

    Args:
        endpoint: as `stslab serve` prints it, ``http://127.0.0.1:4599``.
        method: ``GET`` or ``POST``.
        path: ``clock``.
        content: the JSON body.
        token: the control token, where the endpoint wants one.
        answers: what an answer must have, to be one of an stslab.

    Raises:
        InputError: nobody answers there, it is no stslab, or it refuses; one line.
    """
    host, port = _address(endpoint)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json"} | ({"X-Stslab-Token": token} if token else {})
    body = None if content is None else json.dumps(content)
    try:
        connection.request(method, f"/_stslab/{path}", body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(
            f"no stslab answers at {endpoint} ({reason}); start one with `stslab serve`, "
            "or name it with --endpoint"
        ) from None
    except ValueError:
        raise InputError(f"what answers at {endpoint} is no stslab") from None
    finally:
        connection.close()
    if not isinstance(answer, dict) or (answers not in answer and "error" not in answer):
        raise InputError(f"what answers at {endpoint} is no stslab")
    if "error" in answer:
        raise InputError(str(answer["error"]))
    return answer


def _address(endpoint: str) -> tuple[str, int]:
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
        if parts.scheme == "http" and parts.hostname:
            return parts.hostname, parts.port or 80
    except ValueError:
        pass
    raise InputError(
        f"--endpoint: {endpoint!r} is no endpoint; write it like http://127.0.0.1:4599"
    )
