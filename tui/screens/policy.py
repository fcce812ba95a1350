"""A policy document before it is put: to read, to change, and to see what AWS would say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static, TextArea

from simulator.iam import DocumentKind, MalformedPolicyDocument, parse_policy
from tui.policy_text import policy_lines

if TYPE_CHECKING:
    from simulator.scenario.states import Action

_TRUST_COMMAND = "update-assume-role-policy"


class PolicyScreen(ModalScreen[str | None]):
    """Edit the document of an action; closes with the text to put, or ``None``."""

    HELP = """\
## Policy

The document this action will send. Change it if you like; below it stands what IAM says of
it as it is. What you put is sent as it is: the endpoint judges it.

| key | does |
| --- | --- |
| Ctrl+S | put it |
| Ctrl+R | the document as it was |
| Esc | back without putting it |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "put", "Put it", priority=True),
        Binding("ctrl+r", "original", "As it was", priority=True),
        Binding("escape", "cancel", "Back", key_display="Esc", priority=True),
    ]

    def __init__(self, action: Action) -> None:
        """Show an action's document.

        Args:
            action: a ``policy`` action.
        """
        super().__init__()
        self._offer = action
        self._original = _spread(action.document or "")
        self._kind: DocumentKind = "trust" if _TRUST_COMMAND in action.command else "identity"

    def compose(self) -> ComposeResult:
        """Title, editor, verdict, footer."""
        with Vertical(id="policy", classes="pane"):
            yield TextArea(
                self._original, id="document", show_line_numbers=True, tab_behavior="indent"
            )
            yield Static(id="verdict")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say what it is, and judge it."""
        self.query_one("#policy").border_title = self._offer.label
        self.query_one(TextArea).focus()
        self._judge()

    def on_text_area_changed(self) -> None:
        """Judge it as one types."""
        self._judge()

    def action_put(self) -> None:
        """Send it."""
        text = self.query_one(TextArea).text
        self.dismiss(_compact(text))

    def action_original(self) -> None:
        """Undo every change."""
        self.query_one(TextArea).load_text(self._original)

    def action_cancel(self) -> None:
        """Put nothing."""
        self.dismiss(None)

    def _judge(self) -> None:
        verdict = self.query_one("#verdict", Static)
        try:
            policy = parse_policy(self.query_one(TextArea).text, self._kind)
        except MalformedPolicyDocument as error:
            verdict.update(
                Content.assemble(("✗ MalformedPolicyDocument  ", "bold $denied"), str(error))
            )
            return
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
