"""Fixtures every test may use: a running lab, and the real AWS CLI's environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator import Lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A new lab at the default start, frozen, with its server on a free loopback port."""
    with Lab() as running:
        yield running
