"""`aws …` inside the lab: the AWS CLI where it is installed, else a built-in of its commands."""

from __future__ import annotations

from simulator.awscli.answers import Ran, UsageError
from simulator.awscli.console import Caller, Console
from simulator.awscli.installed import installed_cli

__all__ = ["Caller", "Console", "Ran", "UsageError", "installed_cli"]
