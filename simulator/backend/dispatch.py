"""Handing a request to moto, by the shortest way that moto's own server has.

moto's server makes a Flask application a service and sends every request through Flask's
dispatching, signals and response objects. The applications' routes are used here, and their
handlers are called as moto's in-process mode calls them: a third of a small call's time saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from simulator.backend.adapt import adapt_service

Answer = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers and body."""


class Dispatch:
    """Finds the handler of a request among moto's services, and calls it."""

    def __init__(self) -> None:
        from moto.moto_server import werkzeug_app

        class Dispatcher(werkzeug_app.DomainDispatcherApplication):  # type: ignore[misc]
            # Telling a host's backend costs moto a look at its whole package folder, each time.
            @lru_cache(maxsize=512)  # noqa: B019 - one dispatcher a process
            def get_backend_for_host(self, host: str | None) -> Any:
                # For a service it does not have, moto prints a line, which belongs on no screen.
                if host and "." in host and not self._is_known(f"http://{host}"):
                    raise NotImplementedError(f"it has no {host.partition('.')[0]}")
                return super().get_backend_for_host(host)

            def _is_known(self, url: str) -> bool:
                return any(pattern.match(url) for _, pattern in self.backend_url_patterns)

        class Converter(werkzeug_app.RegexConverter):  # type: ignore[misc]
            # An object's key may hold line breaks.
            def __init__(self, url_map: Any, pattern: str) -> None:
                super().__init__(url_map, pattern)
                self.regex = re.sub(r"\.[+*]", r"(?s:\g<0>)", pattern)

        # No page in a browser is to read the lab's answers.
        werkzeug_app.DISABLE_GLOBAL_CORS = True
        werkzeug_app.RegexConverter = Converter

        def application(service: Any) -> Any:
            made = werkzeug_app.create_backend_app(service)
            adapt_service(service)
            return made

        self._dispatcher = Dispatcher(application)
        self._request_class = werkzeug_app.BackendRequest

    def __call__(self, environ: dict[str, Any]) -> Answer:
        """Have moto do what a request asks.

        Args:
            environ: WSGI's, with the account in ``HTTP_X_MOTO_ACCOUNT_ID``.

        Raises:
            NotImplementedError: moto does not have the service, or the call.
            Exception: whatever a handler of moto's raises for a request it cannot read.
        """
        from botocore.exceptions import ClientError
        from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

        application = self._dispatcher.get_application(environ)
        request = self._request_class(environ)
        routes = application.url_map.bind_to_environ(environ)
        try:
            endpoint, request.view_args = routes.match()
        except (NotFound, MethodNotAllowed) as error:
            raise NotImplementedError("it has no such call") from error
        except HTTPException as redirect:
            return _page(redirect, environ)
        try:
            handler = application.view_functions[endpoint].callback
            result = handler(request, request.raw_url, dict(request.headers))
        except ClientError as error:
            result = 400, {}, error.response["Error"]["Message"]
        except HTTPException as error:
            return _page(error, environ)
        status, headers, content = result if len(result) == 3 else (200, {}, result)
        return int(status), _headers(headers), _bytes(content)


def _page(raised: Any, environ: dict[str, Any]) -> Answer:
    """What an exception of werkzeug's says."""
    response = raised.get_response(environ)
    return response.status_code, tuple(response.headers.items()), response.get_data()


def _headers(headers: Any) -> tuple[tuple[str, str], ...]:
    pairs = headers.items() if hasattr(headers, "items") else headers or ()
    return tuple((str(name), str(value)) for name, value in pairs)


def _bytes(content: str | bytes | Iterable[str | bytes] | None) -> bytes:
    if content is None:
        return b""
    if isinstance(content, (bytes, bytearray)):
        return bytes(content)
    if isinstance(content, str):
        return content.encode()
    return b"".join(_bytes(part) for part in content)
