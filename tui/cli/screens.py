"""The commands that open the lab on a screen."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tui.cli.errors import InputError
from tui.cli.scenarios import Folders, Seed


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("play")(play)


def play(
    scenario: Annotated[
        str, typer.Argument(metavar="ID", help="A scenario's id, its file, or sandbox.")
    ],
    live: Annotated[
        bool, typer.Option("--live", help="Open at the real time, running, for your own tools.")
    ] = False,
    seed: Seed = None,
    folders: Folders = None,
) -> None:
    """Open the lab at one scenario, or in the sandbox."""
    from simulator.scenario.catalogue import find
    from tui.shelf import SANDBOX_ITEM

    if scenario != SANDBOX_ITEM.id:
        find(scenario, folders or ())
    elif live:
        raise InputError("the sandbox has no --live; `stslab serve` is for your own tools")
    open_lab(scenario, live=live, seed=seed, folders=folders or ())


def open_lab(
    scenario: str | None,
    *,
    live: bool,
    seed: int | None = None,
    folders: Sequence[Path] = (),
) -> None:
    """Open the lab in this terminal, at the catalogue or at a scenario.

    Raises:
        InputError: there is no terminal to open it in.
    """
    in_browser = "TEXTUAL_DRIVER" in os.environ
    # Textual reads stdin and draws on stderr.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not in_browser and not all(stream.isatty() for stream in streams):
        raise InputError("the lab needs a terminal; `stslab run ID` plays without one")
    if hasattr(signal, "SIGHUP"):
        # A shell that ignores it hands that on, and the lab would outlive its closed terminal.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    from tui.collecting import set_aside

    with set_aside():
        from simulator.scenario.progress import ProgressStore
        from tui.app import StslabApp
        from tui.settings import SettingsStore

    app = StslabApp(
        scenario,
        live=live,
        seed=seed,
        progress=ProgressStore(),
        scenario_dirs=folders,
        settings=SettingsStore.usual(),
    )
    # Only then does asyncio take an interrupt: it cancels the app, which puts the terminal back.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    app.run()
