"""Whatever a scenario file holds: a scenario, or a `ScenarioError` with its line; nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.scenario.checking import check_file
from simulator.scenario.loading import ScenarioError, load, load_head, parse
from tests.fuzz import fuzzed

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(path.name for path in SCENARIOS.glob("*.yaml"))

fragments = st.sampled_from(
    ["id: x\n", "steps:\n", "  - tell: hello\n", "- ", "  ", "\n", ": ", "{", "}", "[", "]", "&a ",
     "*a", "!!python/object/apply:os.system ['true']", "<<: *a\n", "? ", "| \n", "> \n", "'", '"',
     "# ", "%YAML 9.9\n", "---\n", "...\n", "\t", "\x00", "\ufeff", "é", "\u2028", "world:\n",
     "level: easy\n", "minutes: 99999999999999999999\n", "minutes: .inf\n", "start: 9999-99-99\n",
     "start: 2021-08-09T06:00:00Z\n", "${", "${roles.App.arn}", "{{ x }}", "1e400", "0x1f",
     "9" * 5_000]
)  # fmt: skip
"""Pieces of YAML, right, wrong and hostile."""


@cache
def text_of(name: str) -> str:
    return (SCENARIOS / name).read_text(encoding="utf-8")


def used(path: Path) -> None:
    """Load a file the three ways there are; anything raised but a `ScenarioError` is a crash."""
    try:
        load_head(path)
    except ScenarioError as error:
        _is_told(error, path)
    try:
        scenario = load(path)
    except ScenarioError as error:
        _is_told(error, path)
        return
    assert scenario.id


def _is_told(error: ScenarioError, path: Path) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.path == path
        assert problem.line >= 1
        assert problem.column >= 1
        assert "\n" not in problem.message


@fuzzed(200)
@given(parts=st.lists(fragments | st.text(max_size=6), max_size=12))
@example(parts=["[" * 5_000])
@example(parts=["{a: " * 5_000])
@example(parts=["- " * 5_000])
@example(parts=["[" * 500 + "]" * 500])
@example(parts=["{a: " * 900 + "}" * 900])
@example(parts=["id: x\nsteps: " + "[" * 700 + "]" * 700])
@example(parts=["minutes: " + "9" * 5_000])
@example(parts=["a: &a [*a]"])
@example(parts=["? [a]\n: b"])
@example(parts=["{id: x, id: y}"])
def test_text_of_any_kind_is_refused_with_its_line(tmp_path: Path, parts: list[str]) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("".join(parts), encoding="utf-8", errors="surrogatepass", newline="")
    used(path)


@fuzzed(100)
@given(content=st.binary(max_size=80))
@example(content=b"\xff\xfei\x00d\x00")
@example(content=b"\x80abc")
def test_bytes_of_any_kind_are_refused_with_their_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    used(path)


@fuzzed(60)
@given(
    name=st.sampled_from(FILES),
    edits=st.lists(
        st.tuples(st.integers(0, 200_000), st.integers(0, 60), fragments | st.just("")),
        min_size=1,
        max_size=4,
    ),
)
def test_a_real_scenario_with_its_text_mutated_loads_or_is_refused(
    tmp_path: Path, name: str, edits: list[tuple[int, int, str]]
) -> None:
    text = text_of(name)
    for at, cut, put in edits:
        where = at % (len(text) + 1)
        text = text[:where] + put + text[where + cut :]
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    used(path)


strange = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**30),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["${", "${x}", "${roles..}", "-1s", "99999999999d", "s3.Nothing", "s3.", "."]),
    st.lists(st.none() | st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=4), st.none() | st.text(max_size=3), max_size=2),
)


@fuzzed(60)
@given(
    name=st.sampled_from(FILES),
    place=st.lists(st.integers(0, 30), min_size=1, max_size=7),
    put=strange,
    drop=st.booleans(),
)
def test_a_real_scenario_with_a_value_replaced_loads_or_is_refused_and_can_be_checked(
    tmp_path: Path, name: str, place: list[int], put: object, drop: bool
) -> None:
    content = parse(SCENARIOS / name, text_of(name)).value
    _replace(content, place, put, drop)
    path = tmp_path / "file.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    used(path)
    check_file(path)


def _replace(node: object, place: list[int], put: object, drop: bool) -> None:
    """Replace or drop what lies at a place: the n-th thing of the m-th thing of …"""
    at, *rest = place
    if not isinstance(node, dict | list) or not node:
        return
    key = list(node)[at % len(node)] if isinstance(node, dict) else at % len(node)
    inside = node[key]
    if rest and isinstance(inside, dict | list) and inside:
        _replace(inside, rest, put, drop)
    elif drop:
        del node[key]
    else:
        node[key] = put
