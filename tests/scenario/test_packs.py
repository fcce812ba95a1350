"""Packs by others: an installed entry point adds scenarios; a broken one hurts nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from simulator.scenario.catalogue import entries
from simulator.scenario.scaffold import new_scenario
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment


class Site:
    """A folder on `sys.path` with distributions in it, as pip leaves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()

    def install(self, name: str, target: str) -> None:
        """Metadata of a distribution that names a pack."""
        info = self.folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[stslab.scenarios]\n{name} = {target}\n")

    def package(self, name: str, *files: str, code: str | None = None) -> Path:
        """A package with scenarios in it; without `code` it holds nothing but them."""
        package = self.folder / name
        package.mkdir()
        if code is not None:
            (package / "__init__.py").write_text(code)
        for file in files:
            (package / file).write_text(new_scenario(Path(file)))
        return package

    def stslab(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`stslab` where the distributions are installed."""
        environment = bare_environment(self.folder.parent)
        environment["PYTHONPATH"] += f":{self.folder}"
        done = subprocess.run(
            [*STSLAB, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    def ids(self) -> list[str]:
        """What `stslab list` lists."""
        return [each["id"] for each in json.loads(self.stslab("list", "--format", "json").stdout)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("code", [None, ""], ids=["data-only", "with-init"])
def test_the_scenarios_of_an_installed_pack_come_after_ours_and_play(
    site: Site, code: str | None
) -> None:
    site.package("drills", "01-drill.yaml", code=code)
    site.install("kibble-drills", "drills")
    assert site.ids()[0] == "first-session"
    assert site.ids()[-1] == "drill"
    assert site.stslab("run", "drill").returncode == 0


def test_an_entry_point_may_be_a_function_that_returns_a_folder(site: Site) -> None:
    code = "from pathlib import Path\n\ndef folder():\n    return Path(__file__).parent / 'more'\n"
    package = site.package("drills", code=code)
    (package / "more").mkdir()
    (package / "more" / "drill.yaml").write_text(new_scenario(Path("drill.yaml")))
    site.install("kibble-drills", "drills:folder")
    assert "drill" in site.ids()


BROKEN = [
    ("raise ValueError('two\\nlines')", "drills", "ValueError: two lines"),
    ("import nothing_of_the_kind", "drills", "No module named 'nothing_of_the_kind'"),
    ("raise SystemExit('gone')", "drills", "SystemExit: gone"),
    ("", "no_such_package", "No module named 'no_such_package'"),
    ("", "drills:nothing", "has no attribute 'nothing'"),
    ("", "drills", "holds no *.yaml file"),
    ("def folder():\n    return 'nowhere'", "drills:folder", "there is no such folder"),
    ("def folder():\n    return None", "drills:folder", "TypeError"),
    ("folder = 7", "drills:folder", "names neither a package nor a function"),
    ("def folder(: ", "drills", "SyntaxError"),
]


@pytest.mark.parametrize(("code", "target", "said"), BROKEN)
def test_a_broken_pack_names_itself_in_one_line_and_everything_else_is_there(
    site: Site, monkeypatch: pytest.MonkeyPatch, code: str, target: str, said: str
) -> None:
    site.package("good", "drill.yaml")
    site.install("zz-good", "good")
    site.package("drills", code=code)
    site.install("kibble-drills", target)
    monkeypatch.syspath_prepend(str(site.folder))
    for name in ("good", "drills"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = entries()
    (broken,) = [entry.error for entry in found if entry.error]
    assert broken.startswith("the pack 'kibble-drills' is broken: ")
    assert said in broken
    assert "\n" not in broken
    ids = [entry.head.id for entry in found if entry.head]
    assert (ids[0], ids[-1]) == ("first-session", "drill")
    for name in ("good", "drills"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_the_command_line_lists_the_rest_beside_a_broken_pack(site: Site) -> None:
    site.package("drills", code="raise ValueError('no')")
    site.install("kibble-drills", "drills")
    done = site.stslab("list")
    assert done.returncode == 0
    assert done.stderr == "stslab: the pack 'kibble-drills' is broken: ValueError: no\n"
    assert "first-session" in done.stdout


def test_what_cannot_be_played_is_an_error_in_ci_and_the_rest_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, with no catalogue but the folder's: playing ours takes a minute."""
    import simulator.scenario.catalogue as catalogue
    from tui.cli.commands import run

    good = new_scenario(Path("good.yaml"))
    (tmp_path / "1-good.yaml").write_text(good)
    (tmp_path / "2-half.yaml").write_text(good.replace("id: good", "id: half") + "steps: [\n")
    world = good.replace("id: good", "id: world").replace(
        "    alice:\n  roles", "    al!ce:\n  roles"
    )
    (tmp_path / "3-world.yaml").write_text(world)
    (tmp_path / "4-again.yaml").write_text(good)
    monkeypatch.setattr(catalogue, "_places", lambda _: iter([("mine", tmp_path, "")]))
    code = run(["run", "--all", "--format", "junit"])
    out, err = capsys.readouterr()
    assert code == 2
    suites = {suite.get("name"): suite for suite in ET.fromstring(out)}
    assert suites["good"].get("failures") == "0"
    assert suites["cannot be played"].get("errors") == "3"
    told = [line for line in err.splitlines() if line.startswith("stslab: ")]
    assert len(told) == 3
    assert "2-half.yaml" in told[0]
    assert "3-world.yaml:17:5: the world has no user 'alice'" in told[1]
    assert "the id 'good' is" in told[2]
