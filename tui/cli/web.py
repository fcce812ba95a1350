"""`stslab web`: the lab in a browser on this machine, by textual-serve."""

from __future__ import annotations

import errno
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.errors import InputError
from tui.cli.output import note

if TYPE_CHECKING:
    from aiohttp import web

DEFAULT_PORT = 4600
HOST = "127.0.0.1"

_FOCUS = """\
<script>
  // Keys go to the lab from the beginning: textual-serve's page waits for a click.
  const looking = setInterval(() => {
    const keyboard = document.querySelector(".xterm-helper-textarea");
    if (keyboard === null || !document.body.classList.contains("-first-byte")) return;
    keyboard.focus();
    clearInterval(looking);
  }, 50);
</script>
"""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("web")(open_web)


def open_web(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = DEFAULT_PORT,
) -> None:
    """Open the lab in a browser, until Ctrl-C.

    Each browser tab is a lab of its own. Needs the extra `web`.
    """
    server = _server(port)
    note(f"stslab: the lab is at http://{HOST}:{port}; Ctrl-C stops it")
    try:
        server.serve()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise InputError(f"port {port} on {HOST} is in use; choose another with --port") from None


def _server(port: int) -> Any:
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError:
        raise InputError("web needs textual-serve: pip install 'stslab[web]'") from None

    here = f"{HOST}:{port}"
    # The page names a font of another site; the lab's pages load nothing from anywhere else.
    policy = f"default-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' ws://{here}"

    @web.middleware
    async def only_own_page(request: web.Request, handler: Any) -> web.StreamResponse:
        """Answer this machine's browser at this address, and no page of another site."""
        if request.headers.get("Host") == f"localhost:{port}":
            raise web.HTTPFound(f"http://{here}/")
        if request.headers.get("Host") != here:
            raise web.HTTPForbidden(text="ask for the lab by its own address")
        if request.headers.get("Origin") not in (None, f"http://{here}"):
            raise web.HTTPForbidden(text="the lab is not for other sites' pages")
        answer: web.StreamResponse = await handler(request)
        if request.path == "/" and isinstance(answer, web.Response) and answer.text:
            answer.text = answer.text.replace("</body>", f"{_FOCUS}</body>")
        return answer

    async def add_policy(request: web.Request, response: web.StreamResponse) -> None:
        del request
        response.headers["Content-Security-Policy"] = policy

    class LocalServer(Server):  # type: ignore[misc]
        """textual-serve's server, for one machine."""

        async def _make_app(self) -> web.Application:
            app: web.Application = await super()._make_app()
            app.middlewares.append(only_own_page)
            app.on_response_prepare.append(add_policy)
            return app

        async def on_startup(self, app: web.Application) -> None:
            """Say nothing: `open_web` has said it."""

        def initialize_logging(self) -> None:
            """No log on the terminal."""

    command = f"{shlex.quote(sys.executable)} -m tui"
    return LocalServer(command, host=HOST, port=port, title="stslab")
