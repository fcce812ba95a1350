"""What a person at the lab's screen can read, and by which keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from textual.geometry import Region
from textual.widget import Widget

from tests.tui.conftest import Driver
from tui.widgets.actions import ActionList
from tui.widgets.story import StoryPane

GLITCHES = ("**", "{{", "}}", "`", "|--", "| |")
"""What only markdown that was not understood, or a value that was not filled in, leaves."""


def letters(text: str) -> str:
    """Letters and digits alone: what wrapping a text doesn't change."""
    return re.sub(r"[\W_]+", "", text)


def passages(markdown: str) -> Iterator[str]:
    """The paragraphs, headings, items, cells and blocks of code of a markdown text."""
    for token in MarkdownIt().enable("table").parse(markdown):
        if token.type == "inline":
            yield "".join(child.content or " " for child in token.children or ())
        elif token.type in ("fence", "code_block"):
            yield token.content


def lines_in(driver: Driver, region: Region) -> list[str]:
    """The lines that the screen shows in a region."""
    strips = driver.app.screen._compositor.render_strips()
    return [
        strips[y].crop(region.x, region.right).text
        for y in range(max(region.y, 0), min(region.bottom, len(strips)))
    ]


def window(widget: Widget) -> Region:
    """Where a scrolling widget shows what it holds; without borders and scrollbar."""
    return widget.region.intersection(widget.scrollable_content_region)


async def whole(driver: Driver, widget: Widget, on: str, back: str) -> str:
    """All that a scrolling widget holds, read from the screen, going on by a key.

    Begins again where the panes were still being laid out meanwhile.

    Args:
        driver: of the app.
        widget: what scrolls.
        on: the key that goes on.
        back: the key that goes back to the beginning.
    """
    for _ in range(10):
        before = (widget.max_scroll_y, window(widget))
        text, missing = await _read_through(driver, widget, on, back)
        if (widget.max_scroll_y, window(widget)) == before and not missing:
            break
        await driver.pilot.pause(0.02)
    assert not missing, f"lines {missing} of {widget} are never shown"
    return text


async def _read_through(
    driver: Driver, widget: Widget, on: str, back: str
) -> tuple[str, list[int]]:
    """What is read in one go, and the lines that were missed."""
    seen: dict[int, str] = {}

    def look() -> None:
        top = round(widget.scroll_offset.y)
        for row, line in enumerate(lines_in(driver, window(widget))):
            seen[top + row] = line.rstrip()

    start = widget.scroll_offset.y
    look()
    if not widget.max_scroll_y:
        return "\n".join(seen.values()), []
    while widget.scroll_offset.y > 0:
        await driver.press(back)
        look()
    for _ in range(200):
        if widget.scroll_offset.y >= widget.max_scroll_y:
            break
        await driver.press(on)
        look()
    else:
        raise AssertionError(f"{on} never comes to the end of {widget}")
    missing = set(range(round(widget.max_scroll_y) + window(widget).height)) - seen.keys()
    if start == 0:
        while widget.scroll_offset.y > 0:
            await driver.press(back)
    return "\n".join(seen[line] for line in sorted(seen)), sorted(missing)


async def story_text(driver: Driver) -> str:
    """All of the story pane's prose."""
    return await whole(driver, driver.lab.query_one("#prose"), "pagedown", "pageup")


async def offers_text(driver: Driver) -> str:
    """All of the list of what can be done."""
    listing = driver.lab.query_one(StoryPane).query_one(ActionList)
    return await whole(driver, listing, "down", "up")


def expected(driver: Driver) -> list[str]:
    """The passages that the story pane owes the learner now."""
    snapshot = driver.lab.snapshot
    assert snapshot is not None
    current = snapshot.current
    if current is None:
        return [*passages(snapshot.debrief)]
    texts = [*passages(current.text), current.title, *(goal.text for goal in current.goals)]
    for markdown in (*current.hints, current.says, current.because, current.failure):
        texts += passages(markdown)
    return texts
