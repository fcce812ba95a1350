"""The sandbox: free play in a small world, which can be saved and told again."""

from __future__ import annotations

from simulator.sandbox.free_play import SANDBOX, Sandbox
from simulator.sandbox.saving import SavedWorld, SavedWorldError, as_yaml, from_yaml

__all__ = ["SANDBOX", "Sandbox", "SavedWorld", "SavedWorldError", "as_yaml", "from_yaml"]
