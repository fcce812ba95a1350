"""Noticing by itself that the lab's server has died, and putting a new one in its place."""

from __future__ import annotations

from textual import work

from tui.screens.dialogs import Confirm
from tui.screens.lab_feed import LabFeed
from tui.widgets.status import LastCall

_LOOK_SECONDS = 1.0


class EndpointWatch(LabFeed):
    """Looks at the server once a second; a key puts a new one where it has died."""

    _answered = False
    """Whether the question has been put and not been left for later by what came after."""

    def on_mount(self) -> None:
        """Look from now on."""
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def serving(self) -> bool:
        """Whether calls can be made; a play that is closed has nobody to tell of it."""
        try:
            return self.play.lab.serving
        except RuntimeError:
            return True

    def _look(self) -> None:
        if self.serving:
            self._answered = False
            self.query_one(LastCall).stopped = False
        elif not self._answered and self in self.app.screen_stack:
            self.query_one(LastCall).stopped = True
            self.action_serve_again()

    def action_serve_again(self) -> None:
        """Ask whether to start the server again; nothing else is lost with it."""
        if self.serving:
            self.notify("The endpoint is running.", timeout=2)
            return
        self._answered = True
        why = self.play.lab.failure

        def answered(yes: bool | None) -> None:
            if yes:
                self._serve_again()

        self.app.push_screen(
            Confirm(
                "The endpoint has stopped",
                f"{f'Why: {why}. ' if why else ''}No call can be made. Started again, it has the "
                "same address, and the world, the clock and every session are as they were.",
                "start it again",
            ),
            answered,
        )

    @work(thread=True, group="endpoint", exit_on_error=False)
    def _serve_again(self) -> None:
        try:
            self.play.lab.serve_again()
        except Exception as error:  # the address is taken, or the lab was closed meanwhile
            self.app.call_from_thread(
                self.notify, str(error), title="Not started", severity="error", timeout=8
            )
        else:
            self.app.call_from_thread(self._look)
            self.app.call_from_thread(self.notify, "The endpoint is running again.", timeout=3)
