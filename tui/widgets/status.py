"""One line about the latest call, whatever pane is in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.formatting import short_arn
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.trail import Record


class LastCall(Widget):
    """Outcome, who, what, and AWS's code; `w` asks why."""

    record: reactive[Record | None] = reactive(None)
    stopped: reactive[bool] = reactive(False)
    """Whether the server has died: nothing is more worth saying."""

    def render(self) -> Content:
        """The line; a hint of what to expect before the first call."""
        if self.stopped:
            return Content.from_markup(
                "[bold $refused]! The endpoint has stopped[/]  "
                "[@click=screen.serve_again]start it again[/] [$quiet](or the next thing you do)[/]"
            )
        record = self.record
        if record is None:
            return Content.styled("No call yet. Calls appear here as the endpoint sees them.")
        mark = outcome_mark(record.outcome, record.error_code)
        code = f" {record.error_code}" if record.error_code else ""
        return Content.assemble(
            (f"{mark.symbol} {mark.word}{code}", f"bold {mark.colour}"),
            ("  ", ""),
            (record.actor, "bold"),
            (f"  {record.action}", ""),
            (f"  {short_arn(record.resource)}", "$quiet"),
        )
