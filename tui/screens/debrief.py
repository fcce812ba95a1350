"""The debrief: what happened, what one thought would, how it went, and what to remember."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Markdown, Static

from tui.debrief.keeping import as_json
from tui.debrief.measuring import MeasureError, Measurement
from tui.debrief.picture import as_svg
from tui.debrief.writing import as_markdown, summary
from tui.messages import WhyRequested
from tui.screens.fresh import Fresh
from tui.screens.save_as import Format, SaveAs
from tui.screens.why import WhyScreen
from tui.widgets.keys import Keys
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.remedies import RemedyTable
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable
from tui.widgets.trail_pane import TrailPane

if TYPE_CHECKING:
    from simulator.scenario.matrix import Row as RemedyRow
    from simulator.sts.ledger import Credential
    from tui.debrief.model import Debrief

PANES = (("account", "Account"), ("timeline", "Sessions"), ("trail", "Calls"))
REMEDIES = ("remedies", "Remedies")
_LEAST_TIMELINE = 6


class Account(VerticalScroll):
    """Score, what to remember, questions, tasks, sources."""

    BORDER_TITLE = "Account"
    HELP = """\
## Account

How it went: points (10 a task, 2 less for each hint, none where it was done for you; 5 for
each right answer), what to remember, your predictions beside what happened, the help you
took, and the sources.
"""


class DebriefScreen(Fresh, Screen[None]):
    """One debrief; of the lab that was just played, or one kept from an earlier day."""

    HELP = """\
## Debrief

| key | does |
| --- | --- |
| Tab, Shift+Tab | the next pane, the one before |
| Enter | on a call: why was it answered so? |
| e | export: Markdown, JSON, or the timeline as SVG |
| R | play it again |
| b, Esc | back |
"""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it on instances
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-middling")]  # noqa: RUF012 - as above
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Pane", key_display="Tab", priority=True),
        Binding("shift+tab", "next_pane(-1)", "Pane before", show=False, priority=True),
        Binding("e", "export", "Export"),
        Binding("R", "again", "Play again"),
        Binding("escape,b", "back", "Back", key_display="Esc"),
    ]

    class Again(Message):
        """The scenario is to be played again."""

        def __init__(self, scenario: str) -> None:
            super().__init__()
            self.scenario = scenario

    class Measured(Message):
        """The remedies were measured: worth keeping with the debrief."""

        def __init__(self, debrief: Debrief) -> None:
            super().__init__()
            self.debrief = debrief

    def __init__(
        self,
        debrief: Debrief,
        path: Path | None = None,
        credentials: Iterable[Credential] | None = None,
    ) -> None:
        """Show a debrief.

        Args:
            debrief: what to tell.
            path: the scenario's file, to measure its remedies; ``None``: found by its id.
            credentials: the ledger's, where the lab is still open and can say why; ``None``
                for a debrief of an earlier day.
        """
        super().__init__()
        self.debrief = debrief
        self._path = path
        self._credentials = None if credentials is None else tuple(credentials)
        self._panes = (*PANES, REMEDIES) if debrief.compares else PANES
        self._measurement: Measurement | None = None
        self._front = "account"

    def compose(self) -> ComposeResult:
        """Heading, tabs where it is folded, the panes, the footer."""
        score = self.debrief.score
        yield Static(
            Content.assemble(
                (" debrief ", "bold $background on $now"),
                "  ",
                (self.debrief.title, "bold"),
                "   ",
                (f"{score.points} of {score.out_of} points", "bold $allowed"),
                (f"   {_help_taken(score.hints_used, score.solved_for_you)}", "$quiet"),
            ),
            id="heading",
        )
        yield PaneTabs(self._panes, id="tabs")
        with Account(id="account", classes="pane"):
            yield Markdown(summary(self.debrief))
        yield Timeline(id="timeline", classes="pane")
        yield TrailPane(id="trail", classes="pane")
        if self.debrief.compares:
            yield RemedyTable(id="remedies", classes="pane")
        yield Keys()

    def on_mount(self) -> None:
        """Show everything; measure the remedies if that was not done yet."""
        debrief = self.debrief
        self.set_class(debrief.compares, "-compares")
        self.query_one(Timeline).show(debrief.rows, debrief.ended, debrief.opened)
        self.on_resize()
        self.query_one(TrailTable).show(debrief.records)
        if debrief.remedies:
            self.query_one(RemedyTable).show(debrief.remedies)
        elif debrief.compares:
            self._measure()
        self._bring("account")

    def on_unmount(self) -> None:
        """Nobody waits for the measurement any more."""
        if self._measurement is not None:
            self._measurement.cancel()

    def on_resize(self) -> None:
        """The timeline is as high as its rows need; what is below it shares the rest."""
        lines = self.query_one(Timeline).lines
        height = max(min(lines, self.size.height * 2 // 5), _LEAST_TIMELINE)
        below = "1fr 1fr" if self.debrief.compares else "1fr"
        self.styles.grid_rows = f"1 {height} {below}"

    # -- the remedies -------------------------------------------------------------------
    @work(thread=True, group="measure", exit_on_error=False)
    def _measure(self) -> None:
        # The file, not the id: it may lie in a folder that only this process was told of.
        path = self._path.absolute() if self._path is not None else None
        self._measurement = Measurement(str(path or self.debrief.scenario))
        rows: tuple[RemedyRow, ...] = ()
        problem = ""
        try:
            rows = self._measurement.run()
        except MeasureError as error:
            problem = str(error)
        except OSError as error:
            problem = f"no process could be started: {error}"
        if self.is_attached:
            self.app.call_from_thread(self._measured, rows, problem)

    def _measured(self, rows: tuple[RemedyRow, ...], problem: str) -> None:
        for table in self.query(RemedyTable):
            table.show(rows, problem)
        if rows:
            self.debrief = replace(self.debrief, remedies=rows)
            self.app.post_message(self.Measured(self.debrief))

    # -- panes --------------------------------------------------------------------------
    def _bring(self, pane: str) -> None:
        self._front = pane
        for each in self.query(".pane"):
            each.set_class(each.id == pane, "-front")
        self.query_one(PaneTabs).active = pane
        self.query_one(f"#{pane}").focus()

    def action_next_pane(self, step: int) -> None:
        """The next pane in the order of the tabs."""
        order = [pane for pane, _ in self._panes]
        self._bring(order[(order.index(self._front) + step) % len(order)])

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        """A tab was clicked."""
        self._bring(message.pane)

    def on_descendant_focus(self) -> None:
        """Where the focus is, is in front."""
        focused = self.focused
        around = focused.ancestors_with_self if focused is not None else ()
        pane = next((each.id for each in around if each.id in dict(self._panes)), None)
        if pane is not None and pane != self._front:
            self._bring(pane)

    # -- what a key does ----------------------------------------------------------------
    def on_why_requested(self, message: WhyRequested) -> None:
        """Open Why, where the lab can still say it."""
        message.stop()
        if self._credentials is None:
            self.notify(
                f"{message.record.why}. The whole evaluation is not kept; play it again to see it.",
                title=f"{message.record.action}: {message.record.outcome}",
                timeout=8,
            )
            return
        self.app.push_screen(WhyScreen(message.record, self.debrief.records, self._credentials))

    def action_export(self) -> None:
        """Save it as Markdown, JSON, or the picture."""
        debrief = self.debrief
        self.app.push_screen(
            SaveAs(
                "Export the debrief",
                f"stslab-{debrief.scenario}",
                (
                    Format("Markdown", ".md", lambda: as_markdown(debrief)),
                    Format("JSON", ".json", lambda: as_json(debrief)),
                    Format("SVG (timeline)", ".svg", lambda: as_svg(debrief)),
                ),
            )
        )

    def action_again(self) -> None:
        """Play it again, from the first step."""
        self.app.post_message(self.Again(self.debrief.scenario))

    def action_back(self) -> None:
        """Back to where one came from."""
        self.dismiss(None)

    def commands(self) -> Iterable[SystemCommand]:
        """What the command palette offers here."""
        yield SystemCommand("Export", "Markdown, JSON, SVG (e)", self.action_export)
        yield SystemCommand("Play it again", "From the first step (R)", self.action_again)
        for pane, title in self._panes:
            yield SystemCommand(f"Pane: {title}", "Go there", lambda pane=pane: self._bring(pane))
        yield SystemCommand("Back", "Leave the debrief (b)", self.action_back)


def _help_taken(hints: int, solved: int) -> str:
    """In words a room can read."""
    opened = f"{hints or 'no'} hint{'' if hints == 1 else 's'}"
    return f"{opened}, {solved} done for you" if solved else opened
