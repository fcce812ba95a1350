"""``python -m tui`` is `stslab`."""

from __future__ import annotations

from tui.cli import main

main()
