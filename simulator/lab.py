"""One world with its server, clock, ledger and trail."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar

from simulator.actors import Actor, Keys
from simulator.backend import Backend, MotoLookup, without_user_configuration
from simulator.clients import Clients
from simulator.clock import DEFAULT_START, Clock
from simulator.gateway.app import Gateway
from simulator.gateway.server import Server
from simulator.gateway.world import World
from simulator.operations import OPERATIONS
from simulator.sts.ledger import Ledger
from simulator.trail import Record, Trail
from simulator.workloads import Workloads

if TYPE_CHECKING:
    from simulator.imds import Imds

ADMINISTRATOR = "admin"
DEFAULT_ACCOUNT = "111122223333"
DEFAULT_REGION = "us-east-1"


class LabError(Exception):
    """A lab cannot do what was asked; the text says why and what to do."""


class Lab:
    """An enforced AWS endpoint on loopback, with a clock; a context manager.

    ::

        with Lab() as lab:
            alice = lab.actor("alice", keys=...)
            alice.call("sts", "AssumeRole", {...})
            lab.clock.advance(timedelta(hours=1))

    Args:
        start: lab time at opening; ``None`` with `live` is the real time.
        live: open at the real time and run at its pace.
        host: address to listen on; loopback unless you know better.
        port: 0 for a free one.
        account_id: the default account.
        region: the default region.
    """

    _open: ClassVar[Lab | None] = None

    def __init__(
        self,
        start: datetime | None = DEFAULT_START,
        *,
        live: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        account_id: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
    ) -> None:
        self.live = live
        self.account_id = account_id
        self.region = region
        self._start = None if live else start
        self._address = (host, port)
        self.clock = Clock()
        self.trail = Trail()
        self._administrators: dict[str, Actor] = {}
        self._administrator_keys: dict[str, tuple[str, str]] = {}
        self._imds: Imds | None = None
        self._cleanup = contextlib.ExitStack()

    # -- life -----------------------------------------------------------------------------

    def start(self) -> Lab:
        """Open the world and its server.

        Raises:
            LabError: another lab is open in this process.
            ServerError: the address cannot be listened on.
        """
        if Lab._open is not None:
            raise LabError("a lab is open in this process already; stop it first")
        with contextlib.ExitStack() as undo:
            undo.enter_context(without_user_configuration())
            self.world = World(
                backend=Backend(),
                lookup=MotoLookup(),
                clock=self.clock,
                account=self.account_id,
                region=self.region,
            )
            self.gateway = Gateway(self.world, self.trail, OPERATIONS)
            self.gateway.control.reset = self.reset
            self.gateway.control.metadata = lambda: self.imds_url
            self.workloads = Workloads(self.world, self.trail)
            undo.callback(self.trail.subscribe(self.workloads.observe))
            self._server = Server(self.gateway, *self._address)
            undo.callback(self._stop_server)
            self._clients = Clients(self.endpoint_url)
            undo.callback(self._clients.close)
            undo.callback(self.world.reset)
            undo.callback(self.clock.stop)
            self._open_world()
            self._server.start()
            Lab._open = self
            self._cleanup = undo.pop_all()
        return self

    def stop(self) -> None:
        """Stop the server and give the process its real time back."""
        if Lab._open is self:
            Lab._open = None
        self._cleanup.close()

    def reset(self) -> None:
        """Empty the world, the ledger and the trail, and set the clock back to the start.

        Where the server has died, a new one takes its place: restarting a story must help.

        Raises:
            ServerError: the address of a dead server cannot be listened on any more.
        """
        if not self.serving:
            self.serve_again()
        with self.clock.hold():
            self._open_world()

    def _open_world(self) -> None:
        self.clock.start(self._start)
        if self.live:
            self.clock.run(1)
        self.world.reset()
        self.trail.clear()
        self.workloads.clear()
        if self._imds is not None:
            self._imds.clear()
        self._administrators.clear()
        self.administrator(self.account_id)

    def __enter__(self) -> Lab:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # -- where ----------------------------------------------------------------------------

    @property
    def endpoint_url(self) -> str:
        """Where every service of the lab answers."""
        return self._server.url

    @property
    def imds(self) -> Imds:
        """The instance metadata service; its port opens when it is first asked for."""
        if self._imds is None:
            from simulator.imds import Imds

            self._imds = Imds(self.workloads, self._address[0]).start()
            self._cleanup.callback(self._stop_imds)
        return self._imds

    @property
    def imds_url(self) -> str:
        """Where instance metadata is: for `AWS_EC2_METADATA_SERVICE_ENDPOINT`."""
        return self.imds.url

    def _stop_imds(self) -> None:
        if self._imds is not None:
            self._imds.stop()
            self._imds = None

    @property
    def serving(self) -> bool:
        """Whether the server's thread is alive; if it isn't, `serve_again` helps."""
        return self._server.alive

    @property
    def failure(self) -> str:
        """Why the server's thread ended by itself, one line; ``""`` while it has not."""
        return self._server.failure

    def serve_again(self) -> None:
        """Put a new server where one has died: same address, same world, same clock.

        Raises:
            ServerError: the address cannot be listened on any more.
        """
        self._server.stop()
        self._server = Server(self.gateway, self._server.host, self._server.port)
        self._server.start()

    def _stop_server(self) -> None:
        self._server.stop()

    @property
    def ledger(self) -> Ledger:
        """Every temporary credential issued in this world."""
        return self.world.ledger

    @property
    def propagation(self) -> timedelta:
        """How long a policy change takes to bite, in lab time."""
        return self.world.propagation

    @propagation.setter
    def propagation(self, delay: timedelta) -> None:
        with self.clock.hold():
            self.world.set_propagation(delay)

    # -- who ------------------------------------------------------------------------------

    @property
    def admin(self) -> Actor:
        """The administrator of the default account."""
        return self.administrator(self.account_id)

    def administrator(self, account_id: str) -> Actor:
        """The administrator of an account: the IAM user ``admin`` with every permission."""
        if account_id not in self._administrators:
            # The same key in every world of this lab: after a reset from outside, whoever asked
            # for it must still be somebody.
            secret = self._administrator_keys.get(account_id)
            with self.clock.hold():
                credential = self.world.backend.create_administrator(
                    account_id, ADMINISTRATOR, secret
                )
            keys = Keys.from_credential(credential)
            self._administrator_keys[account_id] = (keys.access_key_id, keys.secret_access_key)
            self._administrators[account_id] = self.actor(ADMINISTRATOR, keys=keys)
        return self._administrators[account_id]

    def actor(
        self,
        name: str,
        *,
        keys: Keys | None = None,
        source_ip: str | None = None,
        user_agent: str | None = None,
    ) -> Actor:
        """Someone who acts in this lab, with a real boto3 client of their own."""
        return Actor(
            name,
            clients=self._clients,
            region=self.region,
            lab_pass=self.gateway.lab_pass,
            find_record=self._find_record,
            keys=keys,
            source_ip=source_ip,
            user_agent=user_agent,
        )

    def _find_record(self, request_id: str) -> Record:
        record = self.trail.find(request_id)
        if record is None:
            raise LabError(f"the trail has no record of request {request_id!r}")
        return record
