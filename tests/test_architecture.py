"""`docs/architecture.md` is true: its diagram and rules, held against every import."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
OURS = ("simulator", "tui", "scenarios")
FREE = "data"
"""Every room may use it, so its arrows are not drawn."""


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours, parsed."""
    files = [file for top in OURS for file in (ROOT / top).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): (
            ast.parse(file.read_text())
        )
        for file in files
    }


@cache
def rooms() -> dict[str, str]:
    """The page's table: module prefix → room."""
    rows = re.findall(r"^\| `(\w+)` \| ((?:`[\w.]+` ?)+) \|", PAGE, re.MULTILINE)
    return {module: room for room, cell in rows for module in re.findall(r"`([\w.]+)`", cell)}


@cache
def arrows() -> frozenset[tuple[str, str]]:
    """The page's diagram: who imports whom."""
    lines = re.findall(r"^    (\w+) --> ([\w &]+)$", PAGE, re.MULTILINE)
    return frozenset((room, other.strip()) for room, them in lines for other in them.split("&"))


def room_of(module: str) -> str:
    """The room of a module: by its longest prefix in the table, but for `simulator` itself."""
    name = module
    while name and name not in rooms():
        name = name.rpartition(".")[0]
    placed = name and (name != "simulator" or module == name)
    assert placed, f"{module} stands in no room of docs/architecture.md"
    return rooms()[name]


def imports_of(module: str) -> Iterator[str]:
    """What a module imports when it runs, wherever in it the import stands."""
    tree = modules()[module]
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules() else node.module


def top(module: str) -> str:
    return module.partition(".")[0]


@cache
def real_arrows() -> dict[tuple[str, str], list[str]]:
    """Who imports whom, and by which modules."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for module in modules():
        for other in imports_of(module):
            if top(other) in OURS and room_of(other) != room_of(module):
                found[room_of(module), room_of(other)].append(f"{module} imports {other}")
    return found


def test_no_room_imports_another_without_an_arrow_in_the_diagram() -> None:
    undrawn = {
        arrow: why
        for arrow, why in real_arrows().items()
        if arrow not in arrows() and arrow[1] != FREE
    }
    assert undrawn == {}


def test_every_arrow_in_the_diagram_is_real() -> None:
    assert sorted(arrows() - real_arrows().keys()) == []


def test_what_every_room_may_use_imports_no_other_room() -> None:
    assert [why for arrow, why in real_arrows().items() if arrow[0] == FREE] == []


def test_the_diagram_has_no_circle() -> None:
    left = set(arrows())
    while left:
        leaves = {b for _, b in left} - {a for a, _ in left}
        assert leaves, f"a circle among {sorted(left)}"
        left = {(a, b) for a, b in left if b not in leaves}


def test_the_packages_of_the_scenario_room_import_what_the_table_says() -> None:
    inside = "simulator.scenario."
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\w` ]+) \|$", PAGE, re.MULTILINE)
    said = {package: set(re.findall(r"`(\w+)`", others)) for package, others in rows}
    real: dict[str, set[str]] = {package: set() for package in said}
    for module in modules():
        package = module.removeprefix(inside).partition(".")[0]
        if module.startswith(inside) and package in said:
            others = {other.removeprefix(inside).partition(".")[0] for other in imports_of(module)}
            real[package] |= others & said.keys() - {package}
    assert said
    assert real == said


def test_checking_a_scenario_needs_no_lab() -> None:
    reached, waiting = set[str](), ["simulator.scenario.checking"]
    while waiting:
        module = waiting.pop()
        if module in modules() and module not in reached:
            reached.add(module)
            waiting += imports_of(module)
    assert len(reached) > 10
    assert reached & {"simulator.lab", "simulator.scenario.story.story"} == set()


def test_every_module_of_the_table_exists() -> None:
    assert [module for module in rooms() if module not in modules()] == []


def _importers(package: str) -> set[str]:
    return {name for name in modules() if any(top(each) == package for each in imports_of(name))}


def test_the_simulator_imports_no_screen() -> None:
    for package in ("tui", "textual", "rich", "typer"):
        assert {name for name in _importers(package) if top(name) == "simulator"} == set()


def test_policy_evaluation_imports_nothing_but_the_standard_library() -> None:
    for module in modules():
        if module == "simulator.evaluate" or module.startswith("simulator.iam"):
            for other in imports_of(module):
                assert top(other) in sys.stdlib_module_names or other.startswith("simulator.iam")


def test_policy_evaluation_reads_no_clock_file_or_network() -> None:
    for module in modules():
        if module.startswith("simulator.iam"):
            impure = {"os", "pathlib", "socket", "time", "random", "threading", "subprocess"}
            assert {top(other) for other in imports_of(module)} & impure == set()


ONLY = {
    "freezegun": {"data"},
    "moto": {"backend"},
    "textual": {"screens"},
    "typer": {"commands"},
    "waitress": {"endpoint"},
}


@pytest.mark.parametrize("package", ONLY)
def test_a_library_is_used_in_its_own_room_only(package: str) -> None:
    assert {room_of(name) for name in _importers(package)} == ONLY[package]


def test_freezegun_is_touched_in_one_place_only() -> None:
    assert _importers("freezegun") == {"simulator.clock"}
