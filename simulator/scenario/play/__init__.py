"""One scenario being played by a learner: steps, what can be done now, and what it came to."""

from __future__ import annotations

from simulator.scenario.play.play import Play

__all__ = ["Play"]
