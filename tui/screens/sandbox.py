"""The sandbox: the lab without a story, whose world can be saved and opened again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from simulator.sandbox import SavedWorldError, as_yaml, from_yaml
from tui.saving import default_folder, reason
from tui.screens.dialogs import Confirm, Jump
from tui.screens.fresh import Fresh
from tui.screens.lab import LabScreen
from tui.screens.save_as import Format, PathInput, SaveAs
from tui.widgets.keys import Keys
from tui.widgets.story import StoryPane

if TYPE_CHECKING:
    from simulator.sandbox import Sandbox, SavedWorld

STEM = "stslab-sandbox"
_SUFFIX = ".yaml"


class Offers(StoryPane):
    """The pane has no story here: of its list the sandbox's own help tells."""

    HELP = ""


class SandboxScreen(LabScreen):
    """Free play: everybody's actions, every remedy, the clock, the console."""

    HELP = """\
## The sandbox

A small world to try things in: Alice and Bob, a web server, Mallory, and two who defend.
Everybody has a list of what they can do now; what is not in it is in the console.

| key | does |
| --- | --- |
| 1 … 9, A, C … | do it |
| n, a | the next of them; choose whose list it is |
| p | see, and change, a policy before it is put |
| c | console: run `aws …` as any of them |
| B | take the last thing back |
| Ctrl+S, Ctrl+O | save the world; open a saved one |
| R | a new world |

**What is saved** is what was done, in order, with its lab times; opening it does all of it
again. Not saved are the values of keys (new ones are issued: outside tools need the new
`export` lines, key `y`), ids that AWS chose, and bodies and secrets that the trail does not
show. The file says how many calls were left out for that.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "choose_actor", "As whom"),
        Binding("ctrl+s", "save", "Save", key_display="^s"),
        Binding("ctrl+o", "load", "Open", key_display="^o", show=False),
        Binding("B", "checkpoint", "Take back", show=False),
    ]
    resumes = False
    STORY_TITLE = "Sandbox"
    STORY_PANE = Offers

    def __init__(self, play: Sandbox) -> None:
        """Show an open sandbox."""
        super().__init__(play)
        self.sandbox = play
        self._kept = play.mark

    @property
    def begun(self) -> bool:
        """Whether there is something that was not saved."""
        return self.sandbox.unsaved and self.sandbox.mark != self._kept

    # -- whose list ---------------------------------------------------------------------
    def action_choose_actor(self) -> None:
        """Choose whose list it is, by letter."""
        people = self.sandbox.scenario.actors
        places = [(name[0], name, spec.name) for name, spec in people.items()]
        about = {name: spec.about for name, spec in people.items()}
        self.app.push_screen(Jump(places, "As whom?", about), self._become)

    def _become(self, actor: str | None) -> None:
        if actor:
            self._start(lambda: self.sandbox.become(actor))

    # -- saving -------------------------------------------------------------------------
    def action_save(self) -> None:
        """Save the world to a file."""
        saved: list[SavedWorld] = []

        def write() -> str:
            saved[:] = [self.sandbox.saved()]
            return as_yaml(saved[0])

        def done(path: Path | None) -> None:
            if path is None:
                return
            self._kept = self.sandbox.mark
            if saved[0].left_out:
                count = saved[0].left_out
                self.notify(
                    f"{count} call{'s' if count > 1 else ''} from the console or outside left out:"
                    " the trail does not show what they sent.",
                    title="Not everything is in it",
                    severity="warning",
                    timeout=8,
                )

        dialog = SaveAs("Save the world", STEM, (Format("YAML", _SUFFIX, write),))
        self.app.push_screen(dialog, done)

    def action_load(self) -> None:
        """Open a saved world in place of this one."""

        def chosen(path: Path | None) -> None:
            if path is not None:
                self._read(path)

        self.app.push_screen(OpenPath(_newest()), chosen)

    @work(thread=True, group="load", exit_on_error=False)
    def _read(self, path: Path) -> None:
        try:
            world = from_yaml(path.read_text(encoding="utf-8"))
        except OSError as error:
            self.app.call_from_thread(self._not_opened, f"{path}: {reason(error)}")
        except (SavedWorldError, UnicodeDecodeError) as error:
            self.app.call_from_thread(self._not_opened, f"{path}: {error}")
        else:
            self.app.call_from_thread(self._ask_then_open, world)

    def _not_opened(self, problem: str) -> None:
        self.notify(problem, title="Not opened", severity="error", timeout=10)

    def _ask_then_open(self, world: SavedWorld) -> None:
        if not self.begun:
            self._restore(world)
            return
        self.app.push_screen(
            Confirm("Open it?", "What was done in this world is not saved.", "open"),
            lambda yes: self._restore(world) if yes else None,
        )

    def _restore(self, world: SavedWorld) -> None:
        def job() -> None:
            failed = self.sandbox.restore(world)
            self._kept = self.sandbox.mark
            text = f"{len(world.entries) - failed} things done again."
            if failed:
                text += f" {failed} could not be: they need what is not saved."
            self.app.call_from_thread(self.notify, text, title="Opened", timeout=6)

        self._start(job)

    def commands(self) -> Iterable[SystemCommand]:
        """What the command palette offers in the sandbox."""
        yield SystemCommand("Save the world", "Ctrl+S", self.action_save)
        yield SystemCommand("Open a saved world", "Ctrl+O", self.action_load)
        yield SystemCommand("Take the last thing back", "B", self.action_checkpoint)
        for actor in self.play.actors():
            yield SystemCommand(
                f"As {actor.name}", actor.about, lambda actor=actor: self._become(actor.id)
            )
        for command in super().commands():
            if command.title != "Back to the checkpoint":
                yield command


class WorldInput(PathInput):
    """Of a world to open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "Open")]


class OpenPath(Fresh, ModalScreen[Path | None]):
    """Which file to open."""

    HELP = """\
## Open

The path of a saved world. Enter opens it; Esc goes back.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Back", key_display="Esc", priority=True),
    ]

    def __init__(self, suggested: Path) -> None:
        super().__init__()
        self._suggested = suggested

    def compose(self) -> ComposeResult:
        """One path."""
        with Vertical(id="save-as", classes="pane"):
            yield WorldInput(str(self._suggested), id="path", compact=True, select_on_focus=False)
            yield Static("", id="save-note")
        yield Keys()

    def on_mount(self) -> None:
        """Ready to open with Enter."""
        self.query_one("#save-as").border_title = "Open a saved world"
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        """Open it, if it is there."""
        path = Path(self.query_one(Input).value.strip()).expanduser()
        if path.is_file():
            self.dismiss(path)
        else:
            note = Content.styled("There is no such file.", "$refused")
            self.query_one("#save-note", Static).update(note)

    def action_cancel(self) -> None:
        """Open nothing."""
        self.dismiss(None)


def _newest() -> Path:
    """The last saved world where exports go by themselves."""
    folder = default_folder()
    found = sorted(folder.glob(f"{STEM}*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else folder / f"{STEM}{_SUFFIX}"
