"""The console: `aws …` as anybody of the lab, with the real CLI or the built-in."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.actors import Keys
from simulator.awscli import builtin
from simulator.awscli.answers import USAGE, Ran, UsageError
from simulator.awscli.installed import InstalledRun, installed_cli

if TYPE_CHECKING:
    from simulator.lab import Lab


@dataclass(frozen=True, slots=True)
class Caller:
    """Who runs the commands, and with what.

    Attributes:
        name: the actor.
        keys: the credentials chosen; ``None``: calls are not signed.
        source_ip: where the calls come from.
    """

    name: str
    keys: Keys | None = None
    source_ip: str | None = None


class Console:
    """Runs one command at a time.

    Args:
        lab: where the calls go.
        path: the AWS CLI; ``None``: the built-in; ``""``: the CLI if it is installed.
    """

    def __init__(self, lab: Lab, path: str | None = "") -> None:
        self._lab = lab
        self.path = installed_cli() if path == "" else path
        self._running: InstalledRun | None = None

    def run(self, line: str, caller: Caller) -> Ran:
        """Run a line that begins with ``aws`` (blocking).

        No shell reads it: ``|``, ``>`` and ``$(…)`` are words like others.
        """
        try:
            words = shlex.split(line)
        except ValueError as error:
            return Ran(USAGE, "", f"aws: error: {str(error).lower()}\n")
        if not words or words[0] != "aws":
            return Ran(127, "", f"{words[0] if words else ''}: only `aws …` runs here\n")
        if self.path is None:
            return self._built_in(words[1:], caller)
        return self._installed(self.path, words[1:], caller)

    def kill(self) -> None:
        """End the command that runs, if it is one that can be ended."""
        if self._running is not None:
            self._running.kill()

    def _built_in(self, arguments: list[str], caller: Caller) -> Ran:
        actor = self._lab.actor(
            caller.name,
            keys=caller.keys,
            source_ip=caller.source_ip,
            user_agent="aws-cli (stslab's built-in)",
        )
        return builtin.run(arguments, actor)

    def _installed(self, path: str, arguments: list[str], caller: Caller) -> Ran:
        running = self._running = InstalledRun(path)
        lab = self._lab
        key = caller.keys.access_key_id if caller.keys else None
        try:
            with lab.gateway.acting(key, caller.name, caller.source_ip):
                return running.run(arguments, caller.keys, lab.endpoint_url, lab.region)
        except UsageError as error:
            return Ran(USAGE, "", f"{error}\n")
        except OSError as error:
            return Ran(126, "", f"{path} could not be started: {error.strerror or error}\n")
        finally:
            self._running = None
