"""A policy document before it is put: to read, to change, and to see what AWS would say."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from simulator.iam import DocumentKind, MalformedPolicyDocument, parse_policy
from tui.policy_places import line_of
from tui.policy_templates import PERMISSIONS, TRUST, PolicyFacts, Template, template_text
from tui.policy_text import policy_lines
from tui.screens.fresh import Fresh
from tui.widgets.json_area import JsonArea
from tui.widgets.keys import Keys

if TYPE_CHECKING:
    from simulator.scenario.play.attaching import Attachment
    from simulator.scenario.states import Action

_KINDS: tuple[tuple[str, DocumentKind], ...] = (
    ("update-assume-role-policy", "trust"),
    ("create-role", "trust"),
    ("put-bucket-policy", "resource"),
    ("put-key-policy", "resource"),
    ("put-resource-policy", "resource"),
)
"""What a command's document is; of any other command it is a policy of permissions."""

_TEMPLATES: dict[DocumentKind, tuple[Template, ...]] = {"trust": TRUST, "identity": PERMISSIONS}
_DIFF_COLOURS = {"+": "$allowed", "-": "$denied", "@": "$now"}


@dataclass(frozen=True, slots=True)
class Detach:
    """The screen closes with this where the policy is to be taken away."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The screen closes with this where nothing is put, and something was changed.

    Attributes:
        text: as it was left.
    """

    text: str


class PolicyScreen(Fresh, ModalScreen[str | Detach | Draft | None]):
    """Edit an action's document; closes with the text to put, `Detach`, `Draft` or ``None``."""

    HELP = """\
## Policy

The document this action will send. Change it if you like; below it stands what IAM says of
it as it is, and the line it means is underlined. What you put is sent as it is: the
endpoint judges it.

| key | does |
| --- | --- |
| Ctrl+S | put it |
| Ctrl+R | the document as it was |
| Ctrl+Z, Ctrl+Y | undo, redo |
| F2 F3 F4 F6 F7 | a template, named under the document |
| F8 | detach: take away what is attached now |
| F9 | what putting it changes, line by line; again to go on editing |
| Esc | back without putting it; what you changed is kept, and `p` shows it again |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        # Not before the editor's own keys: what was typed last must be in what is put.
        Binding("ctrl+s", "put", "Put"),
        Binding("ctrl+r", "original", "As it was", priority=True),
        Binding("ctrl+z", "undo", "Undo", priority=True),
        Binding("ctrl+y", "redo", "Redo", priority=True),
        Binding("f9", "diff", "Diff", key_display="F9", priority=True),
        Binding("f8", "detach", "Detach", key_display="F8", priority=True),
        Binding("escape", "cancel", "Back", key_display="Esc", priority=True),
        *(
            Binding(key, f"template('{key}')", "Template", show=False, priority=True)
            for key in ("f2", "f3", "f4", "f6", "f7")
        ),
    ]

    def __init__(
        self,
        action: Action,
        facts: PolicyFacts | None = None,
        attachment: Attachment | None = None,
        draft: str | None = None,
    ) -> None:
        """Show an action's document.

        Args:
            action: a ``policy`` action.
            facts: what templates put in; without it there are none.
            attachment: where the document goes, and what is there now.
            draft: what the learner made of it before; ``None``: as the action has it.
        """
        super().__init__()
        self._offer = action
        self._facts = facts
        self._attachment = attachment
        self._original = _spread(action.document or "")
        self._draft = draft
        kinds = (kind for command, kind in _KINDS if command in action.command)
        self._kind: DocumentKind = next(kinds, "identity")
        self._templates = _TEMPLATES.get(self._kind, ()) if facts else ()

    def compose(self) -> ComposeResult:
        """Title, editor or diff, templates, verdict, footer."""
        with Vertical(id="policy", classes="pane"):
            text = self._original if self._draft is None else self._draft
            yield JsonArea(text, id="document", show_line_numbers=True, tab_behavior="indent")
            with VerticalScroll(id="policy-diff"):
                yield Static(id="policy-changes")
            yield Static(id="policy-templates")
            yield Static(id="verdict")
        yield Keys()

    @property
    def _area(self) -> JsonArea:
        return self.query_one(JsonArea)

    def on_mount(self) -> None:
        """Say what it is, and judge it."""
        self.query_one("#policy").border_title = self._offer.label
        if self._draft is not None:
            self.query_one("#policy").border_subtitle = "with your changes"
        self.query_one("#policy-diff").display = False
        self.query_one("#policy-templates").display = bool(self._templates)
        self._area.focus()
        self._judge()

    def on_resize(self) -> None:
        """The templates, as many a line as there is room for, each of them whole."""
        self.call_after_refresh(self._offer_templates)

    def _offer_templates(self) -> None:
        width = self.query_one("#policy").content_size.width
        lines: list[Content] = []
        for each in self._templates:
            offer = Content.from_markup(
                f"[@click=screen.template('{each.key}')][bold $now]{each.key.upper()}[/] "
                "[$quiet]$title[/][/]",
                title=each.title,
            )
            if lines and lines[-1].cell_length + 2 + offer.cell_length <= width:
                lines[-1] = Content.assemble(lines[-1], "  ", offer)
            else:
                lines.append(offer)
        self.query_one("#policy-templates", Static).update(Content("\n").join(lines))

    def on_text_area_changed(self) -> None:
        """Judge it as one types."""
        self._judge()

    def action_put(self) -> None:
        """Send it."""
        self.dismiss(_compact(self._area.text))

    def action_original(self) -> None:
        """The document as it was; undo brings the changes back."""
        self._write(self._original)
        self.query_one("#policy").border_subtitle = ""

    def action_undo(self) -> None:
        """Take the last change back."""
        self._area.undo()

    def action_redo(self) -> None:
        """Make it again."""
        self._area.redo()

    def action_template(self, key: str) -> None:
        """Another document to start from; undo brings the old one back."""
        for template in self._templates:
            if template.key == key and self._facts is not None:
                self._write(_spread(template_text(template, self._facts)))

    def action_diff(self) -> None:
        """What putting it would change; again: the editor."""
        diff = self.query_one("#policy-diff")
        diff.display = not diff.display
        self._area.display = not diff.display
        if diff.display:
            self.query_one("#policy-changes", Static).update(self._diff())
            diff.focus()
        else:
            self._area.focus()

    def action_detach(self) -> None:
        """Take away what is attached now."""
        self.dismiss(Detach())

    def action_cancel(self) -> None:
        """Put nothing; what was changed is kept."""
        text = self._area.text
        self.dismiss(Draft(text) if text != self._original else None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Detach where something is attached, diff where it is known what."""
        if action == "detach":
            there = self._attachment
            return there is not None and there.document is not None and bool(there.detach)
        if action == "diff":
            return self._attachment is not None
        return True

    def _write(self, text: str) -> None:
        self._area.replace(text, (0, 0), self._area.document.end)
        self._area.move_cursor((0, 0))

    def _diff(self) -> Content:
        there = self._attachment
        old = _spread(there.document or "") if there else ""
        new = _spread(_compact(self._area.text))
        lines = list(
            difflib.unified_diff(
                old.splitlines(),
                new.splitlines(),
                "attached" if old else "nothing attached",
                "to put",
                lineterm="",
            )
        )
        if not lines:
            return Content.styled("No difference from what is attached.", "$quiet")
        return Content("\n").join(
            Content.styled(line, _DIFF_COLOURS.get(line[:1], "")) for line in lines
        )

    def _judge(self) -> None:
        verdict = self.query_one("#verdict", Static)
        text = self._area.text
        try:
            policy = parse_policy(text, self._kind)
        except MalformedPolicyDocument as error:
            line = line_of(text, error.place)
            self._area.mark_wrong(line)
            # Of broken JSON IAM says it itself.
            said = line is not None and f"line {line + 1} " in str(error)
            where = "" if line is None or said else f"  line {line + 1}"
            verdict.update(
                Content.assemble(
                    ("✗ MalformedPolicyDocument  ", "bold $denied"), str(error), (where, "bold")
                )
            )
            return
        self._area.mark_wrong(None)
        count = len(policy.statements)
        what = "1 statement" if count == 1 else f"{count} statements"
        verdict.update(
            Content.assemble(
                ("✓ IAM takes it  ", "bold $allowed"), (f"{what}, {self._kind} policy", "$quiet")
            )
        )


def _spread(text: str) -> str:
    """As short as it reads well."""
    try:
        return "\n".join(line.text for line in policy_lines(json.loads(text)))
    except ValueError:
        return text


def _compact(text: str) -> str:
    """Without the editor's blanks where it is JSON; broken text goes out as it is."""
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return text
