"""moto, as the lab uses it: the state of the world, and the work of every service.

Every use of a moto internal is in this package; ``tests/test_moto_contract.py`` and
``tests/gateway/test_moto_contract_lookup.py`` say which one broke when moto changes.
Everything handed out is a plain frozen value, so nobody else depends on moto's classes.
"""

from __future__ import annotations

from simulator.backend.adapt import without_user_configuration
from simulator.backend.lookup import MotoLookup
from simulator.backend.state import Backend
from simulator.backend.views import GroupView, RoleView, UserView

__all__ = [
    "Backend",
    "GroupView",
    "MotoLookup",
    "RoleView",
    "UserView",
    "without_user_configuration",
]
