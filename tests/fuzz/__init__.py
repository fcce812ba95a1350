"""Fuzzing of everything that reads what strangers wrote.

Bounded and the same in every run; ``STSLAB_FUZZ=5000 pytest tests/fuzz`` tries that many examples
of each, at random.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_WANTED = os.environ.get("STSLAB_FUZZ", "")


def fuzzed(examples: int) -> settings:
    """How a test is fuzzed: `examples` of them unless the environment wants more."""
    return settings(
        max_examples=int(_WANTED or examples),
        derandomize=not _WANTED,
        database=None,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )
