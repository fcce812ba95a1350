"""A key styles only what it changes; what it leaves is as it would be had all been styled anew."""

from __future__ import annotations

import pytest
from textual.dom import DOMNode

from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.screens.catalogue import CatalogueScreen
from tui.screens.settings import SettingsScreen
from tui.screens.why import WhyScreen
from tui.widgets.timeline import Timeline

Rules = dict[DOMNode, dict[str, object]]


def rules(driver: Driver) -> Rules:
    """How everything on the screen is styled."""
    nodes = driver.app.screen.walk_children(with_self=True)
    return {node: dict(node.styles.base.get_rules()) for node in nodes}


async def assert_styled(driver: Driver, after: str) -> None:
    await driver.pilot.pause()
    found = rules(driver)
    driver.app.stylesheet.update(driver.app.screen)
    wanted = rules(driver)
    wrong = [
        f"{node}: {name} is {found[node].get(name)}, not {rule}"
        for node, of in wanted.items()
        for name, rule in of.items()
        if found[node].get(name) != rule
    ]
    assert not wrong, f"after {after}: " + "; ".join(wrong)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_after_each_key_everything_is_styled_as_it_should_be(size: tuple[int, int]) -> None:
    async with running(StslabApp("leaked-session"), size) as driver:
        await driver.open()
        lab = driver.lab
        await assert_styled(driver, "opening")
        for key in ("tab", "tab", "z", "tab", "z", "shift+tab", "greater_than_sign", "plus"):
            await driver.press(key)
            await assert_styled(driver, key)
        await driver.press("g", "r", "slash")
        await assert_styled(driver, "/")
        await driver.press("escape")
        await assert_styled(driver, "Esc in the filter")
        for key in ("question_mark", "g", "comma", "c", "y"):
            await driver.press(key)
            await driver.until(lambda: driver.app.screen is not lab, key)
            await assert_styled(driver, key)
            await driver.press("escape")
            await driver.until(lambda: driver.app.screen is lab, "the lab again")
            await assert_styled(driver, f"Esc after {key}")


async def test_a_screen_that_was_hidden_when_the_colours_changed_has_them_when_shown() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.press("comma")
        await driver.until(lambda: isinstance(driver.app.screen, SettingsScreen), "settings")
        await driver.press("right")  # the theme
        await driver.pilot.pause()
        assert driver.app.theme == "stslab-light"
        await assert_styled(driver, "another theme")
        await driver.press("escape")
        await driver.settled()
        await assert_styled(driver, "the lab, seen behind the settings all the time")
        await driver.press("b")
        await driver.until(lambda: isinstance(driver.app.screen, CatalogueScreen), "catalogue")
        await assert_styled(driver, "the catalogue, hidden all the time")
        assert driver.app.screen.styles.background.hex == "#FAF9F6"
        await driver.press("d", "enter")
        await driver.open()
        await assert_styled(driver, "the lab, hidden while the theme changed once more")


async def test_the_call_under_the_cursor_is_marked_while_the_sessions_have_the_focus() -> None:
    async with running(StslabApp("sandbox"), (120, 40)) as driver:
        await driver.open()
        timeline = driver.lab.query_one(Timeline)
        await driver.do("1")
        assert any(row.calls for row in timeline._rows)
        quiet = marked(timeline), timeline.border_subtitle
        await driver.press("g", "s")
        await driver.pilot.pause()
        assert marked(timeline)
        assert timeline.border_subtitle != quiet[1]
        await driver.press("tab")
        await driver.pilot.pause()
        assert (marked(timeline), timeline.border_subtitle) == quiet == (0, quiet[1])


def marked(timeline: Timeline) -> int:
    """Cells drawn in reverse, as the cursor is."""
    return sum(
        bool(segment.style and segment.style.reverse)
        for line in range(timeline.size.height)
        for segment in timeline.render_line(line)
    )


async def test_the_timeline_is_drawn_in_the_colours_of_the_theme_at_once() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        timeline = driver.lab.query_one(Timeline)
        await driver.press("d")
        await driver.pilot.pause()
        colours = {
            segment.style.color.name
            for line in range(timeline.size.height)
            for segment in timeline.render_line(line)
            if segment.style and segment.style.color and segment.text.strip()
        }
        theme = driver.app.theme_variables
        known = {theme[name].lower() for name in ("quiet", "foreground", "secondary", "now")}
        assert colours <= known


async def test_why_shows_the_deciding_row_and_is_styled_once_for_its_width() -> None:
    async with running(StslabApp("sandbox"), (120, 40)) as driver:
        await driver.open()
        await driver.do("1")
        await driver.press("w")
        await driver.until(lambda: isinstance(driver.app.screen, WhyScreen), "Why")
        await assert_styled(driver, "w")
        assert driver.app.screen.has_class("-medium")
