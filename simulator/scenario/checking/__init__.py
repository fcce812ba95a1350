"""What is wrong with a scenario file, as `stslab validate` says it: each thing at its line."""

from __future__ import annotations

from simulator.scenario.checking.file import check, check_file

__all__ = ["check", "check_file"]
