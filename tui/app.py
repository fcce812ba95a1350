"""The terminal app: opens at the catalogue, or at a scenario."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.screens.catalogue import CatalogueScreen
from tui.screens.dialogs import Confirm
from tui.screens.help import Help, help_for
from tui.screens.opening import Opening
from tui.screens.too_small import SMALLEST, TooSmall
from tui.shelf import Item, Shelf
from tui.themes import DARK, DEFAULT, THEMES, following

if TYPE_CHECKING:
    from simulator.scenario.progress import Progress
    from textual import events

    from simulator.scenario.play import Play
    from tui.screens.lab import LabScreen


class StslabApp(App[None]):
    """The lab in a terminal. It asks the simulator and shows; it decides nothing."""

    TITLE = "stslab"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("d", "next_theme", "Theme", show=False),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(
        self,
        scenario: str | None = None,
        *,
        live: bool = False,
        progress: Progress | None = None,
        scenario_dirs: Sequence[Path] = (),
    ) -> None:
        """Make the app.

        Args:
            scenario: id of the scenario to open at once.
            live: open at wall time, running, for outside tools.
            progress: where the learner's progress is kept; ``None`` keeps none.
            scenario_dirs: further directories with scenario files.
        """
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DEFAULT
        self._wanted = scenario
        self._live = live
        self._shelf = Shelf(progress, tuple(scenario_dirs))
        self._catalogue: CatalogueScreen | None = None
        self._lab: LabScreen | None = None
        self._playing: Item | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The lab's own colour names, for Textual's themes, which do not know them."""
        return DARK.variables

    # -- life ---------------------------------------------------------------------------
    def on_mount(self) -> None:
        """The catalogue, and the wanted scenario."""
        items, problems = self._shelf.items()
        self._catalogue = CatalogueScreen(items, problems)
        self.push_screen(self._catalogue)
        if self._wanted is not None:
            item = next((item for item in items if item.id == self._wanted), None)
            if item is None:
                self.notify(
                    f"There is no scenario called {self._wanted}.", severity="error", timeout=8
                )
            else:
                self._open(item)

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while there is too little room."""
        small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        covered = isinstance(self.screen, TooSmall)
        if small and not covered:
            self.push_screen(TooSmall())
        elif covered and not small:
            self.pop_screen()

    async def action_quit(self) -> None:
        """Quit; ask first only if something would be lost."""
        if self._lab is None or self._shelf.keeps or not self._lab.begun:
            self._leave_for_good()
            return
        self.push_screen(
            Confirm("Quit?", "Progress is not being kept: this lab would be lost.", "quit"),
            lambda yes: self._leave_for_good() if yes else None,
        )

    def action_help_quit(self) -> None:
        """Ctrl+C leaves at once, as everywhere in a terminal."""
        self._leave_for_good()

    @work(thread=True, exit_on_error=False)
    def _leave_for_good(self) -> None:
        try:
            self._close_play()
        finally:
            self.call_from_thread(self.exit)

    def _close_play(self) -> None:
        lab, item = self._lab, self._playing
        if lab is not None and item is not None:
            self._remember(lab, item)
            lab.play.close()

    def _fatal_error(self) -> None:
        # Textual's own would print a traceback over the screen.
        self.bell()
        with tempfile.NamedTemporaryFile(
            "w", prefix="stslab-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            traceback.print_exc(file=log)
        self.panic(f"stslab had to stop: an error of its own. What happened is in {log.name}")

    # -- scenarios ----------------------------------------------------------------------
    def on_catalogue_screen_opened(self, message: CatalogueScreen.Opened) -> None:
        """Open the chosen scenario."""
        self._open(message.item)

    def _open(self, item: Item) -> None:
        if self._lab is not None and self._playing is not None and self._playing.id == item.id:
            self.push_screen(self._lab, self._left)
            return
        opening = Opening(item)
        self.push_screen(opening, self._opening_cancelled)
        self._open_play(item, opening)

    @work(thread=True, exit_on_error=False)
    def _open_play(self, item: Item, opening: Opening) -> None:
        try:
            self._close_play()
            self._lab, self._playing = None, None
            play = self._shelf.open(item, live=self._live)
        except Exception as error:  # whatever it is, the catalogue must stand
            self.call_from_thread(self._could_not_open, opening, error)
            return
        self.call_from_thread(self._opened, item, play, opening)

    def _opened(self, item: Item, play: Play, opening: Opening) -> None:
        from tui.screens.lab import LabScreen

        if opening.cancelled:
            self.run_worker(play.close, thread=True, exit_on_error=False)
            return
        self._lab, self._playing = LabScreen(play), item
        opening.dismiss(True)
        self.install_screen(self._lab, f"lab-{id(self._lab)}")
        self.push_screen(self._lab, self._left)

    def _could_not_open(self, opening: Opening, error: Exception) -> None:
        if not opening.cancelled:
            opening.dismiss(True)
        self.notify(
            f"{error}\nThe others can be opened.",
            title="That scenario could not be opened",
            severity="error",
            timeout=10,
        )

    def _opening_cancelled(self, finished: bool | None) -> None:
        if not finished:
            self.notify("Not opened.", timeout=2)

    def _left(self, _: None) -> None:
        """Back from the lab: it stays open, and its progress is kept."""
        if self._lab is not None and self._playing is not None:
            self._remember(self._lab, self._playing)
        self._refresh_catalogue()

    def _remember(self, lab: LabScreen, item: Item) -> None:
        if lab.snapshot is not None:
            self._shelf.remember(item, lab.snapshot)

    def _refresh_catalogue(self) -> None:
        if self._catalogue is not None:
            items, _ = self._shelf.items()
            self._catalogue.show(items)

    # -- commands -----------------------------------------------------------------------
    def action_help(self) -> None:
        """Help for the focused pane."""
        if isinstance(self.screen, Help):
            return
        texts = help_for(self.screen, self.screen.focused)
        if texts:
            self.push_screen(Help(texts))

    def action_next_theme(self) -> None:
        """The next of the lab's themes."""
        self.theme = following(self.theme)
        self.notify(self.theme.removeprefix("stslab-"), title="Theme", timeout=1.5)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything that can be done, for the command palette."""
        yield SystemCommand("Help", "What the focused pane shows and its keys", self.action_help)
        for theme in THEMES:
            name = theme.name
            yield SystemCommand(
                f"Theme: {name.removeprefix('stslab-')}",
                "Change the colours",
                lambda name=name: setattr(self, "theme", name),
            )
        commands = getattr(screen, "commands", None)
        if callable(commands):
            yield from commands()
        if isinstance(screen, CatalogueScreen):
            for item in self._shelf.items()[0]:
                yield SystemCommand(
                    f"Open: {item.title}",
                    f"{item.id}, {item.minutes} min",
                    lambda item=item: self._open(item),
                )
        yield SystemCommand("Quit", "Leave the lab", self.action_quit)
