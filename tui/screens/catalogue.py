"""The catalogue: every scenario by chapter, what it teaches, and how far one has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.formatting import fit, hang
from tui.restyling import Framed
from tui.screens.fresh import Fresh
from tui.shelf import Item, Standing, matches, named
from tui.widgets.keys import Keys

if TYPE_CHECKING:
    from textual import events

_STANDINGS: Mapping[Standing, tuple[str, str, str]] = {
    "new": ("○", "$quiet", "not played yet"),
    "begun": ("◐", "$refused", "begun"),
    "done": ("✓", "$allowed", "done"),
}
_LEVELS = {"beginner": "▪▫▫", "intermediate": "▪▪▫", "advanced": "▪▪▪"}


class ScenarioList(OptionList):
    """The list of scenarios; Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open")]


class _Finding(Framed, Vertical):
    """Search and list."""


class CatalogueScreen(Fresh, Screen[None]):
    """Scenarios on the left, what the chosen one is about on the right."""

    HELP = """\
## Catalogue

Scenarios by chapter, in teaching order. `○` not played yet, `◐` begun, `✓` done;
`▪▫▫` beginner, `▪▪▫` intermediate, `▪▪▪` advanced.

| key | does |
| --- | --- |
| ↑ ↓ PgUp PgDn Home End | choose a scenario |
| Enter | open it; one that was begun goes on where it was left |
| v | the debrief of one that is done |
| s | the sandbox: free play in a small world |
| , | settings |
| / | search; Esc ends the search |
| d | another theme |
| Ctrl+P | every command |
| q | quit |
"""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it on instances
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
    ]
    AUTO_FOCUS = "#scenarios"
    BINDINGS: ClassVar[list[BindingType]] = [
        # At once, before any key that follows is on its way to the list.
        Binding("slash", "search", "Search", priority=True),
        Binding("v", "debrief", "Debrief"),
        Binding("s", "sandbox", "Sandbox"),
        Binding("escape", "end_search", "End search", show=False),
    ]

    class Opened(Message):
        """A scenario is to be opened."""

        def __init__(self, item: Item) -> None:
            super().__init__()
            self.item = item

    class SandboxAsked(Message):
        """Somebody wants to play freely."""

    class DebriefAsked(Message):
        """The last debrief of a scenario is to be shown."""

        def __init__(self, item: Item) -> None:
            super().__init__()
            self.item = item

    def __init__(self, items: Sequence[Item], problems: Sequence[str] = ()) -> None:
        """Show these scenarios.

        Args:
            items: in teaching order.
            problems: one line for each file that could not be read.
        """
        super().__init__()
        self.items = tuple(items)
        """In teaching order."""
        self._problems = tuple(problems)
        self._shown: list[Item | None] = []
        self._ready = False
        self._search_first = False

    def compose(self) -> ComposeResult:
        """Heading, search, list and description, footer."""
        yield Static(
            Content.assemble(
                (" stslab ", "bold $background on $now"),
                "  The life of AWS temporary credentials",
                ("   all keys here are fakes", "$quiet"),
            ),
            id="heading",
        )
        with Horizontal(id="shelf"):
            with _Finding(id="shelf-left", classes="pane"):
                yield Input(
                    placeholder="/ to search", id="search", compact=True, select_on_focus=False
                )
                yield ScenarioList(id="scenarios")
            with VerticalScroll(id="about", classes="pane", can_focus=False):
                yield Static(id="about-text")
        yield Keys()

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one("#shelf-left").border_title = "Scenarios"
        self._fill()
        self._ready = True
        if self._search_first:
            self.action_search()
        for problem in self._problems[:3]:
            self.notify(problem, title="Something cannot be used", severity="warning")

    def show(self, items: Sequence[Item]) -> None:
        """Show these instead (progress has changed); the choice stays."""
        self.items = tuple(items)
        if self.is_mounted:
            self._fill()

    @property
    def chosen(self) -> Item | None:
        """The scenario under the cursor."""
        at = self.query_one(OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    def choose(self, scenario: str) -> None:
        """Put the cursor on this scenario, if it is in the list."""
        for at, item in enumerate(self._shown):
            if item is not None and item.id == scenario:
                self.query_one(OptionList).highlighted = at

    # -- the list -----------------------------------------------------------------------
    def _fill(self) -> None:
        listing = self.query_one(OptionList)
        before = self.chosen
        search = self.query_one(Input).value
        found = [item for item in self.items if matches(item, search)]
        options: list[Option] = []
        self._shown = []
        chapter = ""
        for item in found:
            if item.chapter != chapter:
                chapter = item.chapter
                gap = "\n" if options else ""
                heading = Content.assemble(gap, (chapter, "bold $secondary"))
                options.append(Option(heading, disabled=True))
                self._shown.append(None)
            options.append(Option(self._line(item)))
            self._shown.append(item)
        if not found:
            nothing = f"Nothing found for “{search}”." if search else "No scenario was found."
            options.append(Option(Content.styled(nothing, "$quiet"), disabled=True))
            self._shown.append(None)
        listing.clear_options()
        listing.add_options(options)
        wanted = before.id if before is not None else self._next_id()
        places = [(i, shown) for i, shown in enumerate(self._shown) if shown is not None]
        # Who types a title wants that one, not what only mentions its words.
        meant = [place for place in places if named(place[1], search)] or places
        kept = [place for place in meant if place[1].id == wanted]
        listing.highlighted = (kept or meant)[0][0] if places else None
        done = sum(item.standing == "done" for item in self.items)
        self.query_one("#shelf-left").border_subtitle = f"{done} of {len(self.items)} done"
        self._describe()

    def _next_id(self) -> str:
        """The first scenario that is begun, else the first that is new."""
        for standing in ("begun", "new"):
            for item in self.items:
                if item.standing == standing:
                    return item.id
        return ""

    def _line(self, item: Item) -> Content:
        symbol, colour, _ = _STANDINGS[item.standing]
        minutes = f"{item.minutes} min"
        room = max(self.query_one(OptionList).scrollable_content_region.width, 40)
        title = fit(item.title, room - len(minutes) - 4)
        return Content.assemble((f" {symbol} ", colour), (title, ""), (minutes, "$quiet"))

    def on_resize(self) -> None:
        """The lines are as wide as the list."""
        self.call_after_refresh(self._fill)

    def _describe(self) -> None:
        about = self.query_one("#about-text", Static)
        item = self.chosen
        self.query_one("#about").border_title = item.id if item else ""
        if item is None:
            about.update("")
            return
        symbol, colour, word = _STANDINGS[item.standing]
        if item.standing == "begun" and item.at_step:
            word = f"begun, at step {item.at_step + 1}"
        if item.best:
            word += f", best {item.best}"
        parts = [
            Content.styled(item.title, "bold $now"),
            Content.assemble(
                (f"{_LEVELS.get(item.level, '')} {item.level}   {item.minutes} min\n", "$quiet"),
                (f"{symbol} {word}", colour),
            ),
        ]
        if item.summary:
            parts.append(Content(item.summary))
        if item.teaches:
            room = max(self.query_one("#about").scrollable_content_region.width - 1, 20)
            lines = [Content.assemble(("· ", "$now"), hang(line, room, 2)) for line in item.teaches]
            parts.append(
                Content("\n").join([Content.styled("What it teaches", "bold $secondary"), *lines])
            )
        if item.sources:
            sources = "\n".join(item.sources)
            parts.append(Content.assemble(("Sources\n", "bold $secondary"), (sources, "$quiet")))
        about.update(Content("\n\n").join(parts))
        self.query_one("#about", VerticalScroll).scroll_home(animate=False)

    # -- what happens -------------------------------------------------------------------
    def on_option_list_option_highlighted(self) -> None:
        """Describe the scenario under the cursor."""
        self._describe()
        self.refresh_bindings()

    def on_option_list_option_selected(self) -> None:
        """Open it."""
        self.action_open()

    def on_input_changed(self) -> None:
        """Search as one types."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Enter in the search opens the first one found."""
        self.action_open()

    def on_key(self, event: events.Key) -> None:
        """Up and down move in the list, from the search as well."""
        search = self.query_one(Input)
        if self.focused is not search:
            return
        if event.is_printable and event.character:
            # Typed while the screen was still being made, when nothing had the focus.
            event.stop()
            search.insert_text_at_cursor(event.character)
        elif event.key in ("down", "up"):
            event.stop()
            listing = self.query_one(OptionList)
            listing.focus()
            if event.key == "down":
                listing.action_cursor_down()

    def action_open(self) -> None:
        """Open the scenario under the cursor."""
        if (item := self.chosen) is not None:
            self.post_message(self.Opened(item))

    def action_sandbox(self) -> None:
        """Free play in a small world."""
        self.post_message(self.SandboxAsked())

    def action_debrief(self) -> None:
        """How the scenario under the cursor went when it was last finished."""
        if (item := self.chosen) is not None and item.best:
            self.post_message(self.DebriefAsked(item))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows only what works now."""
        if action == "search":  # in the search itself it is a character like any other
            return not self._ready or self.focused is not self.query_one(Input)
        if action == "debrief":
            return self.is_mounted and self.chosen is not None and bool(self.chosen.best)
        return True

    def action_search(self) -> None:
        """Type to search; what was searched before is replaced."""
        if not self._ready:
            self._search_first = True
            return
        search = self.query_one(Input)
        # Not `focus()`, which waits its turn: the next key would still go to the list.
        self.set_focus(search)
        search.action_select_all()

    def action_end_search(self) -> None:
        """All scenarios again."""
        self.query_one(Input).value = ""
        self.set_focus(self.query_one(OptionList))
