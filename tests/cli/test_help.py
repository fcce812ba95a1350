"""What the command line says of itself, and that saying it costs little."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.serving import PATIENCE_SECONDS, bare_environment


def test_the_version_is_the_packages(stslab: Cli) -> None:
    from simulator import __version__

    assert stslab("--version").stdout == f"stslab {__version__}\n"


def _commands() -> list[str]:
    from tui.cli.commands import app

    return [command.name or "" for command in app.registered_commands]


@pytest.mark.parametrize("command", _commands())
def test_every_command_has_help(stslab: Cli, command: str) -> None:
    done = stslab(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: stslab {command}")


def test_help_names_every_command_whole(stslab: Cli) -> None:
    done = stslab("--help")
    assert all(f"\n  {name} " in done.stdout for name in _commands())
    assert "..." not in done.stdout.partition("Commands:")[2]


HEAVY = ("textual", "boto3", "botocore", "moto", "freezegun", "pydantic", "yaml", "rich")


@pytest.mark.parametrize("arguments", [["--help"], ["evaluate"]])
def test_help_and_evaluate_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom tui.cli import main\n"
        f"try:\n    main({arguments!r})\n"
        "except SystemExit:\n    pass\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="",
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.stderr == ""


def test_schema_is_a_json_schema(stslab: Cli) -> None:
    schema = json.loads(stslab("schema").stdout)
    assert "steps" in schema["properties"]
