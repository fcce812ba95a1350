"""Where to save something, and as what; errors as a toast, the path kept to be put right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.saving import SaveError, default_folder, free_name, save_text
from tui.screens.fresh import Fresh
from tui.widgets.keys import Keys


class PathInput(Input):
    """Where the path is typed; Enter is its own, so that it comes after what was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "Save")]


@dataclass(frozen=True, slots=True)
class Format:
    """A form in which something can be written.

    Attributes:
        name: as one says it: ``Markdown``.
        suffix: of the file: ``.md``.
        write: makes the text; called on a worker.
    """

    name: str
    suffix: str
    write: Callable[[], str]


class SaveAs(Fresh, ModalScreen[Path | None]):
    """Choose a format and a path; closes with what was written, or ``None``."""

    HELP = """\
## Save

Where the file goes. A folder that is missing is made; a file that is there is replaced
only when you say so a second time.

| key | does |
| --- | --- |
| Ctrl+F, Tab | another format |
| Enter | save |
| Esc | back without saving |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+f,tab", "other_format", "Format", key_display="^f", priority=True),
        Binding("escape", "cancel", "Back", key_display="Esc", priority=True),
    ]

    def __init__(self, what: str, stem: str, formats: Sequence[Format]) -> None:
        """Offer to save something.

        Args:
            what: the dialog's title: ``Export the debrief``.
            stem: the file's name without suffix.
            formats: at least one.
        """
        super().__init__()
        self._what = what
        self._formats = tuple(formats)
        self._at = 0
        self._stem = stem
        self._path = self._suggested()
        self._agreed: Path | None = None

    def compose(self) -> ComposeResult:
        """Formats, path, and what stands in the way."""
        with Vertical(id="save-as", classes="pane"):
            yield Static(id="formats")
            yield PathInput(str(self._path), id="path", compact=True, select_on_focus=False)
            yield Static("", id="save-note")
        yield Keys()

    def on_mount(self) -> None:
        """Ready to save with Enter."""
        self.query_one("#save-as").border_title = self._what
        self.query_one(Input).focus()
        self._show_formats()

    def _suggested(self) -> Path:
        """A new file of the format."""
        return free_name(default_folder(), self._stem, self._formats[self._at].suffix)

    def _show_formats(self) -> None:
        parts = [
            Content.from_markup(
                f"[@click=screen.format({number})][{_look(number == self._at)}] $name [/][/]",
                name=each.name,
            )
            for number, each in enumerate(self._formats)
        ]
        self.query_one("#formats", Static).update(Content(" ").join(parts))

    def action_other_format(self) -> None:
        """The next format; the path's suffix goes with it."""
        self.action_format((self._at + 1) % len(self._formats))

    def action_format(self, number: int) -> None:
        """This format; a path that was typed keeps all but its suffix."""
        path = self.query_one(Input)
        old = self._formats[self._at].suffix
        self._at = number
        if path.value == str(self._path):
            self._path = self._suggested()
            path.value = str(self._path)
        elif path.value.endswith(old):
            path.value = path.value.removesuffix(old) + self._formats[number].suffix
        self._show_formats()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only one format: nothing to choose."""
        return action != "other_format" or len(self._formats) > 1

    def on_input_changed(self) -> None:
        """Another path: nothing is agreed."""
        self._agreed = None
        self.query_one("#save-note", Static).update("")

    def on_input_submitted(self) -> None:
        """Write it, or ask once where something would be replaced."""
        text = self.query_one(Input).value.strip()
        note = self.query_one("#save-note", Static)
        if not text:
            note.update(Content.styled("A file needs a name.", "$refused"))
            return
        path = Path(text).expanduser()
        if path.is_file() and self._agreed != path:
            self._agreed = path
            note.update(
                Content.styled("That file is there already. Enter replaces it.", "$refused")
            )
            return
        self._write(path, self._formats[self._at].write)

    @work(thread=True, group="save", exit_on_error=False)
    def _write(self, path: Path, write: Callable[[], str]) -> None:
        problem = ""
        try:
            save_text(path, write())
        except SaveError as error:
            problem = str(error)
        except Exception as error:  # the screen must stand whatever cannot be written
            problem = f"{type(error).__name__}: {error}"
        self.app.call_from_thread(self._written, path, problem)

    def _written(self, path: Path, problem: str) -> None:
        if problem:
            self.notify(
                f"{problem}. Choose another place.",
                title="Not saved",
                severity="error",
                timeout=10,
            )
        else:
            self.notify(str(path), title="Saved", timeout=6)
            self.dismiss(path)

    def action_cancel(self) -> None:
        """Save nothing."""
        self.dismiss(None)


def _look(chosen: bool) -> str:
    return "bold $background on $now" if chosen else "$quiet"
