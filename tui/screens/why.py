"""Why a call was answered as it was: the evaluation stage by stage, beside the policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.formatting import milliseconds
from tui.policy_text import Path, policy_lines, statement_path
from tui.screens.fresh import Fresh
from tui.symbols import outcome_mark
from tui.why_changes import HEADING, change_lines
from tui.why_copies import as_json, as_text
from tui.why_model import opening_row, why_rows
from tui.why_row import WhyRow
from tui.widgets.keys import Keys

if TYPE_CHECKING:
    from simulator.iam.trace import PolicyTrace, StatementTrace
    from simulator.sts.ledger import Credential
    from simulator.trail import Record

_HEAVY = {True: "$denied", False: "$allowed"}


class _Rows(OptionList):
    """The stages: the chosen one is in sight, and of those above it as many as there is room for.

    Whatever size it gets, and however often: a small screen is laid out as a large one first.
    """

    def on_resize(self) -> None:
        """Another size, or other lines."""
        self.call_after_refresh(self.show_chosen)

    def show_chosen(self) -> None:
        """Scroll, from the top, no further than it takes."""
        self.scroll_home(animate=False, force=True, immediate=True)
        self.scroll_to_highlight()


class WhyScreen(Fresh, Screen[None]):
    """Stages on the left, the policy and what matched on the right."""

    HELP = """\
## Why

The evaluation of one call in AWS's order: it is identified, authenticated, then an
explicit deny is looked for in every policy that applies, then each type of policy must
leave the action open. The row that decided is marked `◀`.

Beside it stands the policy, with the statement looked at marked by a bar, and each of its
elements with the request's values put in.

What would change this answer? Small changes to the request or to one policy, each of them
evaluated again: only those that turn the answer are listed.

| key | does |
| --- | --- |
| ↑ ↓ | another row |
| [ ] | the call before, the call after |
| c, j | copy as text, as JSON |
| PgUp PgDn | scroll the policy |
| Esc | back |
"""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it on instances
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,b", "back", "Back", key_display="Esc"),
        Binding("left_square_bracket", "other(-1)", "Other call", key_display="[ ]"),
        Binding("right_square_bracket", "other(1)", "Call after", show=False),
        Binding("c", "copy_text", "Copy text"),
        Binding("j", "copy_json", "Copy JSON"),
        Binding("pageup", "scroll_detail(-1)", "Scroll up", show=False, priority=True),
        Binding("pagedown", "scroll_detail(1)", "Scroll down", show=False, priority=True),
    ]

    def __init__(
        self, record: Record, records: Sequence[Record], credentials: Sequence[Credential]
    ) -> None:
        """Explain a call.

        Args:
            record: the call.
            records: the trail, to go on to its neighbours.
            credentials: the ledger's sessions, for the checks of authentication.
        """
        super().__init__()
        self._record = record
        self._records = list(records)
        self._credentials = {found.access_key_id: found for found in credentials}
        self._rows: tuple[WhyRow, ...] = ()
        self._detailed: WhyRow | None = None

    def compose(self) -> ComposeResult:
        """Heading, answer, rows and detail, footer."""
        yield Static(id="why-heading")
        yield Static(id="why-message")
        with Horizontal(id="why-body"):
            yield _Rows(id="why-rows", classes="pane")
            with VerticalScroll(id="why-detail", classes="pane", can_focus=False):
                yield Static(id="why-checks")
                yield Static(id="why-policy")
        yield Static(id="why-changes", classes="pane")
        yield Keys()

    def on_mount(self) -> None:
        """Show the call."""
        self.query_one("#why-rows").border_title = "Evaluation"
        self.query_one("#why-changes").border_title = HEADING
        self._show()
        self.query_one(OptionList).focus()

    # -- what a key does ----------------------------------------------------------------
    def action_back(self) -> None:
        """Back to the lab."""
        self.dismiss(None)

    def action_other(self, step: int) -> None:
        """The call before or after in the trail."""
        place = self._place() + step
        if 0 <= place < len(self._records):
            self._record = self._records[place]
            self._show()
        else:
            self.notify("There is no other call in that direction.", timeout=2)

    def _place(self) -> int:
        sequences = [record.sequence for record in self._records]
        return sequences.index(self._record.sequence)

    def action_copy_text(self) -> None:
        """The evaluation as text, to the clipboard."""
        self.app.copy_to_clipboard(as_text(self._record, self._rows))
        self.notify("Copied as text.", timeout=2)

    def action_copy_json(self) -> None:
        """The call and its whole trace as JSON, to the clipboard."""
        self.app.copy_to_clipboard(as_json(self._record))
        self.notify("Copied as JSON.", timeout=2)

    def action_scroll_detail(self, step: int) -> None:
        """Scroll the right side while the cursor stays left."""
        detail = self.query_one("#why-detail", VerticalScroll)
        if step > 0:
            detail.scroll_page_down(animate=False)
        else:
            detail.scroll_page_up(animate=False)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show what belongs to the row."""
        self._show_detail(self._rows[event.option_index])

    # -- drawing ------------------------------------------------------------------------
    def _show(self) -> None:
        record = self._record
        mark = outcome_mark(record.outcome, record.error_code)
        self.query_one("#why-heading", Static).update(
            Content.assemble(
                (" why ", "bold $background on $now"),
                "  ",
                (f"{mark.symbol} {mark.word}", f"bold {mark.colour}"),
                (f"  {record.error_code}" if record.error_code else "", mark.colour),
                (f"   {milliseconds(record.at)}  ", "$quiet"),
                (record.actor, "bold"),
                f"  {record.action}",
            )
        )
        self.query_one("#why-message", Static).update(
            Content(record.error_message or f"{record.resource}: {record.why}")
        )
        self.query_one("#why-changes", Static).update(
            Content("\n").join(
                Content.assemble(("→ ", "$now"), line) for line in change_lines(record)
            )
        )
        self._rows = why_rows(record, self._credentials.get(record.access_key_id or ""))
        listing = self.query_one(_Rows)
        listing.border_subtitle = f"call {self._place() + 1} of {len(self._records)}"
        listing.clear_options()
        listing.add_options([Option(_row_text(row)) for row in self._rows])
        listing.highlighted = opening_row(self._rows)
        self.call_after_refresh(listing.show_chosen)
        self._show_detail(self._rows[opening_row(self._rows)])

    def _show_detail(self, row: WhyRow) -> None:
        if row is self._detailed:  # the list tells of the row that the screen opened with, too
            return
        self._detailed = row
        detail = self.query_one("#why-detail", VerticalScroll)
        detail.border_title = row.title
        checks = [
            Content.assemble((f"{symbol} ", colour), (text, "$quiet" if symbol == "·" else ""))
            for (symbol, colour), text in row.lines
            if text
        ]
        self.query_one("#why-checks", Static).update(Content("\n").join(checks))
        policy = self.query_one("#why-policy", Static)
        policy.display = row.policy is not None
        if row.policy is not None:
            policy.update(_policy_text(*row.policy))
        detail.scroll_home(animate=False)


def _row_text(row: WhyRow) -> Content:
    symbol, colour = row.mark
    return Content.assemble(
        "  " * row.depth,
        (f"{symbol} ", f"bold {colour}"),
        (row.title, "bold" if row.deciding or not row.depth else ""),
        (f"  {row.text}", colour if row.deciding else "$quiet"),
        (" ◀" if row.deciding else "", f"bold {colour}"),
    )


def _policy_text(policy: PolicyTrace, statement: StatementTrace | None) -> Content:
    """The document, the statement in question marked by a bar, its conditions in bold."""
    attached = policy.attached
    document = attached.policy.document
    where = attached.arn or attached.attached_to
    head = [Content.assemble(("on " + where, "$quiet"))] if where else []
    marked: Path | None = None
    bold: list[Path] = []
    colour = "$quiet"
    if statement is not None:
        marked = statement_path(document, statement.index)
        matched = statement.matched
        colour = _HEAVY[statement.effect == "Deny"] if matched else "$quiet"
        if matched:
            bold = [
                (*marked, "Condition", condition.operator, condition.key)
                for condition in statement.conditions
            ] or [(*marked, "Effect")]
    lines = []
    for line in policy_lines(document):
        inside = marked is not None and line.within(marked)
        deciding = any(line.within(path) for path in bold)
        style = f"bold {colour}" if deciding else "" if inside or marked is None else "$quiet"
        bar = "▌ " if inside else "  "
        arrow = " ◀" if deciding and statement is not None and statement.deciding else ""
        lines.append(Content.assemble((bar, colour), (line.text, style), (arrow, colour)))
    return Content("\n").join([*head, *lines])
