"""Identifiers have AWS's form and do not come twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from simulator import ids

FORMS: list[tuple[Callable[[], str], str]] = [
    (lambda: ids.unique_id("AROA"), r"AROA[A-Z2-7]{17}"),
    (lambda: ids.access_key_id("ASIA"), r"ASIA[A-Z2-7]{16}"),
    (ids.secret_access_key, r"[A-Za-z0-9+/]{40}"),
    (ids.session_token, r"[A-Za-z0-9+/]{224}"),
    (ids.random_uuid, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
]


@pytest.mark.parametrize(("make", "form"), FORMS)
def test_an_identifier_has_its_form_and_comes_once(make: Callable[[], str], form: str) -> None:
    made = [make() for _ in range(200)]
    assert all(re.fullmatch(form, each) for each in made)
    assert len(set(made)) == len(made)


def test_a_random_uuid_reads_as_version_4_of_the_rfc() -> None:
    read = uuid.UUID(ids.random_uuid())
    assert (read.version, read.variant) == (4, uuid.RFC_4122)
