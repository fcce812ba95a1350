"""The terminal app: opens at the catalogue, or at a scenario."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.actions import SkipAction
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.appearance import Appearance
from tui.collecting import set_aside, take_back
from tui.messages import DebriefWanted, StepReached
from tui.screens.catalogue import CatalogueScreen
from tui.screens.dialogs import Confirm
from tui.screens.opening import Opening
from tui.screens.too_small import SMALLEST, TooSmall
from tui.settings import Settings, SettingsStore
from tui.shelf import SANDBOX_ITEM, Item, Shelf
from tui.themes import THEMES

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Size

    from simulator.scenario.play import Play
    from simulator.scenario.progress import ProgressStore
    from simulator.sts.ledger import Credential
    from tui.debrief.model import Debrief
    from tui.screens.debrief import DebriefScreen
    from tui.screens.lab import LabScreen
    from tui.snapshot import Snapshot


class StslabApp(Appearance):
    """The lab in a terminal. It asks the simulator and shows; it decides nothing."""

    TITLE = "stslab"
    CSS_PATH = ["app.tcss", "screens.tcss"]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("d", "next_theme", "Theme", show=False),
        # Textual's own stops at a dialog, and so while a scenario opens.
        Binding("ctrl+c", "leave_dialog", show=False, priority=True),
        Binding("q", "quit", "Quit"),
        # Shown where there is room for more than what is done here.
        Binding("ctrl+p", "command_palette", "Commands", key_display="^p", priority=True),
        Binding("comma", "settings", "Settings", key_display=","),
    ]

    def __init__(
        self,
        scenario: str | None = None,
        *,
        live: bool = False,
        seed: int | None = None,
        progress: ProgressStore | None = None,
        scenario_dirs: Sequence[Path] = (),
        settings: SettingsStore | None = None,
    ) -> None:
        """Make the app.

        Args:
            scenario: id of the scenario to open at once.
            live: open at wall time, running, for outside tools.
            seed: for scenarios that are different each time.
            progress: where the learner's progress is kept; ``None`` keeps none.
            scenario_dirs: further directories with scenario files.
            settings: what the learner has set; ``None``: the defaults, and nothing is kept.
        """
        super().__init__(settings or SettingsStore(None))
        self._wanted = scenario
        self._live = live
        self._seed = seed
        self._shelf = Shelf(progress, tuple(scenario_dirs))
        self._catalogue: CatalogueScreen | None = None
        self._lab: LabScreen | None = None
        self._playing: Item | None = None
        self._warned = False

    # -- life ---------------------------------------------------------------------------
    def on_mount(self) -> None:
        """The catalogue, and the wanted scenario."""
        with set_aside():
            items = self._shelf.items()
        self._catalogue = CatalogueScreen(items, self._shelf.problems())
        self._warned = bool(self._shelf.warning)  # the catalogue says it
        self.push_screen(self._catalogue)
        if self._wanted is not None:
            try:
                self._open(self._shelf.find(self._wanted))
            except Exception as error:  # an unknown id, a broken file
                self.notify(str(error), title="Not opened", severity="error", timeout=10)

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while there is too little room."""
        self._cover(event.size)

    def _cover(self, size: Size) -> None:
        small = size.width < SMALLEST[0] or size.height < SMALLEST[1]
        covered = isinstance(self.screen, TooSmall)
        if small and not covered:
            self.push_screen(TooSmall())
        elif covered and not small:
            self.pop_screen()

    async def action_quit(self) -> None:
        """Quit; ask first only if something would be lost."""
        if not self._would_be_lost:
            self.exit()
        elif isinstance(self.screen, TooSmall):  # no room for a question
            self.notify(f"{self._would_be_lost} Ctrl+C leaves all the same.", timeout=4)
        else:
            self.push_screen(Confirm("Quit?", self._would_be_lost, "quit"), self._quit_confirmed)

    @property
    def _would_be_lost(self) -> str:
        """What closing the open lab would lose, as a sentence; ``""``: nothing."""
        lab = self._lab
        if lab is None or not lab.begun:
            return ""
        if not lab.resumes:
            return "What you did in the sandbox is not saved (Ctrl+S saves it)."
        return "" if self._shelf.keeps else "Progress is not being kept: this lab would be lost."

    def _quit_confirmed(self, yes: bool | None) -> None:
        if yes:
            self.exit()

    def action_help_quit(self) -> None:
        """Ctrl+C leaves at once, as everywhere in a terminal."""
        self.exit()

    def action_leave_dialog(self) -> None:
        """The same in a dialog, unless there it copies."""
        from textual.widgets import Input, TextArea

        here = self.focused
        # In a line of text there is nothing to copy without a selection; a draft is not left so.
        copies = here.selected_text if isinstance(here, Input) else isinstance(here, TextArea)
        if copies or self.screen.get_selected_text() or not self.screen.is_modal:
            raise SkipAction
        self.exit()

    async def on_unmount(self) -> None:
        """However the app ends: stop the server and give the process its time back."""
        await asyncio.to_thread(self._close_play)

    def _close_play(self) -> None:
        if self._lab is not None:
            self._lab.play.close()
            take_back()

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
        if self._lab is not None and not self._lab.resumes and self._would_be_lost:
            self.push_screen(
                Confirm(f"Close the sandbox and open {item.title}?", self._would_be_lost, "open"),
                lambda yes: self._open_anew(item) if yes else None,
            )
        else:
            self._open_anew(item)

    def on_catalogue_screen_sandbox_asked(self) -> None:
        """Free play."""
        self._open(SANDBOX_ITEM)

    def _open_anew(self, item: Item) -> None:
        opening = Opening(item)
        self.push_screen(opening, self._opening_cancelled)
        self._open_play(item, opening)

    @work(thread=True, exit_on_error=False)
    def _open_play(self, item: Item, opening: Opening) -> None:
        try:
            self._close_play()
            self._lab, self._playing = None, None
            with set_aside():
                play = self._shelf.open(item, live=self._live, seed=self._seed)
        except Exception as error:  # whatever it is, the catalogue must stand
            self.call_from_thread(self._could_not_open, opening, error)
            return
        try:
            self.call_from_thread(self._opened, item, play, opening)
        except RuntimeError:  # the app ended meanwhile
            play.close()

    def _opened(self, item: Item, play: Play, opening: Opening) -> None:
        from simulator.sandbox import Sandbox
        from tui.screens.lab import LabScreen
        from tui.screens.sandbox import SandboxScreen

        if opening.cancelled:
            self.run_worker(play.close, thread=True, exit_on_error=False)
            return
        lab = SandboxScreen(play) if isinstance(play, Sandbox) else LabScreen(play)
        lab.speed = self.settings.rate
        self._lab, self._playing = lab, item
        self._close_opening(opening)
        self.install_screen(self._lab, f"lab-{id(self._lab)}")
        self.push_screen(self._lab, self._left)
        self._cover(self.size)

    def _close_opening(self, opening: Opening) -> None:
        """Close it, and what came over it meanwhile: the word on too little room."""
        while self.screen is not opening:
            self.pop_screen()
        opening.dismiss(True)

    def _could_not_open(self, opening: Opening, error: Exception) -> None:
        if not opening.cancelled:
            self._close_opening(opening)
            self._cover(self.size)
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
        """Back from the lab, which stays open; the cursor is on it, however it was opened."""
        if self._catalogue is not None and self._playing is not None:
            self._catalogue.choose(self._playing.id)
        self._refresh_catalogue()

    def on_step_reached(self, message: StepReached) -> None:
        """Keep how far the learner has come, as it happens: a crash loses nothing."""
        if self._playing is SANDBOX_ITEM:
            return
        self._keep(message.play, message.snapshot)

    @work(thread=True, group="progress", exit_on_error=False)
    def _keep(self, play: Play, snapshot: Snapshot) -> None:
        scenario = play.scenario.id
        if snapshot.current is None:
            self._shelf.finish(scenario, snapshot.score)
            self._keep_debrief(play, snapshot)
        else:
            self._shelf.leave_at(scenario, snapshot.current.index, play.seed)
        if self._shelf.warning and not self._warned:
            # It may come in the middle of a story: the disk is full, or has become read-only.
            self._warned = True
            self.call_from_thread(
                self.notify, self._shelf.warning, title="Progress", severity="warning", timeout=10
            )

    # -- debriefs -----------------------------------------------------------------------
    def _keep_debrief(self, play: Play, snapshot: Snapshot) -> None:
        from tui.debrief.model import debrief_of
        from tui.saving import SaveError

        try:
            self._shelf.debriefs.keep(debrief_of(play, snapshot))
        except SaveError as error:
            self.call_from_thread(
                self.notify, str(error), title="The debrief was not kept", severity="warning"
            )

    @work(thread=True, group="debrief", exit_on_error=False)
    def on_debrief_wanted(self, message: DebriefWanted) -> None:
        """The debrief of the lab that is open."""
        from tui.debrief.model import debrief_of, with_remedies_of

        told = debrief_of(message.play, message.snapshot)
        told = with_remedies_of(told, self._shelf.debriefs.of(told.scenario))
        credentials = message.play.lab.ledger.sessions()
        path = self._playing.path if self._playing is not None else None
        self.call_from_thread(self._show_debrief, told, path, credentials)

    @work(thread=True, group="debrief", exit_on_error=False)
    def on_catalogue_screen_debrief_asked(self, message: CatalogueScreen.DebriefAsked) -> None:
        """The debrief kept of a scenario."""
        told = self._shelf.debriefs.of(message.item.id)
        if told is None:
            self.call_from_thread(
                self.notify, "Nothing was kept of it; play it to its end again.", title="No debrief"
            )
        else:
            self.call_from_thread(self._show_debrief, told, message.item.path)

    def _show_debrief(
        self, told: Debrief, path: Path | None, credentials: Sequence[Credential] | None = None
    ) -> None:
        from tui.screens.debrief import DebriefScreen

        self.push_screen(DebriefScreen(told, path, credentials))

    @work(thread=True, group="debrief", exit_on_error=False)
    def on_debrief_screen_measured(self, message: DebriefScreen.Measured) -> None:
        """Keep the numbers: they take a while to count."""
        from tui.saving import SaveError

        # Not kept is no loss here: they can be counted again.
        with contextlib.suppress(SaveError):
            self._shelf.debriefs.keep(message.debrief)

    def on_debrief_screen_again(self, message: DebriefScreen.Again) -> None:
        """Play it again, in the lab that is open or in a new one."""
        self.pop_screen()
        if self._lab is not None and self.screen is self._lab:
            self._lab.action_restart()
        else:
            self._open(self._shelf.find(message.scenario))

    @work(thread=True, group="catalogue", exit_on_error=False)
    def _refresh_catalogue(self) -> None:
        items = self._shelf.items()
        if self._catalogue is not None:
            self.call_from_thread(self._catalogue.show, items)

    # -- commands -----------------------------------------------------------------------
    def action_command_palette(self) -> None:
        """The palette, but not over what goes by itself: it would go with it, half typed."""
        if not isinstance(self.screen, (Opening, TooSmall)):
            super().action_command_palette()

    def action_help(self) -> None:
        """Help for the focused pane."""
        # Not at the top: Markdown takes a while to load, and the first screen has none.
        from tui.screens.help import Help, help_for

        if isinstance(self.screen, Help):
            return
        texts = help_for(self.screen, self.screen.focused)
        if texts:
            self.push_screen(Help(texts))

    def apply_settings(self, settings: Settings) -> None:
        """Let them hold, in the open lab as well."""
        super().apply_settings(settings)
        if self._lab is not None:
            self._lab.speed = settings.rate
            self._lab.fit_timeline()
            self._lab.refresh_bindings()  # in presenter mode there is nothing to zoom

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
            yield SystemCommand(
                "Sandbox", "Free play in a small world (s)", lambda: self._open(SANDBOX_ITEM)
            )
            for item in self._catalogue.items if self._catalogue else ():
                yield SystemCommand(
                    f"Open: {item.title}",
                    f"{item.id}, {item.minutes} min",
                    lambda item=item: self._open(item),
                )
        yield SystemCommand("Presenter mode", "For a projector: on or off", self.action_presenter)
        yield SystemCommand("Settings", "Colours, presenter mode, speed (,)", self.action_settings)
        yield SystemCommand("Quit", "Leave the lab", self.action_quit)
