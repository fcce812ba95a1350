"""The story pane: where we are, what to read, what to bring about, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from tui.inline import inline
from tui.restyling import Framed
from tui.spinner import Spinner
from tui.widgets.actions import ActionList, entries
from tui.widgets.hanging import Hanging, Marked

if TYPE_CHECKING:
    from simulator.scenario.states import StepState
    from tui.snapshot import Snapshot

_KINDS = {
    "tell": "",  # the pane says that it is the story
    "task": "Your task",
    "leak": "A leak",
    "predict": "Predict",
    "quiz": "Question",
    "advance": "Time goes on",
    "check": "A check",
    "token": "What happens next",
    "assertion": "What happens next",
    "presign": "What happens next",
    "fetch": "What happens next",
}


class StoryPane(Framed, Vertical):
    """The current step above, its actions below."""

    HELP = """\
## Story

The story, your task, and what you can do now. A task is done when the endpoint has *seen*
the calls it asks for, whoever made them and however: a key here, or your own AWS CLI.
`↻` before an action: you have pressed it already in this task, whatever the answer was; the
goals above say (`✓`) what counts.

| key | does |
| --- | --- |
| 1, 2, … | do it, or give this answer |
| n, Enter | go on |
| t | open the next hint |
| x | have it done for you |
| PgDn, PgUp | read on, and back, where the text is longer than the pane |
| p | see and edit the policy before it is put |
| B | back to the checkpoint: the start of this task, or of the one before |
| R | restart |
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the list of actions, which has the focus and would move its cursor.
        Binding("pagedown", "read(1)", "Read on", show=False, priority=True),
        Binding("pageup", "read(-1)", "Read back", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str = "Story",
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """Make the pane.

        Args:
            title: what it is called.
            id: the widget's own id.
            classes: CSS classes.
        """
        super().__init__(id=id, classes=classes)
        self._title = title
        # Held, not looked for: an app that ends meanwhile takes them out of the tree.
        self.actions = ActionList(id="actions")
        self._prose = VerticalScroll(id="prose")
        self._before = Markdown(id="before")
        self._kind = Static(id="kind")
        self._headline = Static(id="headline")
        self._text = Markdown(id="text")
        self._goals = Hanging(id="goals")
        self._after = Markdown(id="after")
        self._shown: tuple[object, ...] = ()
        self._index: int | None = -1
        self._place = ""
        self._spinner = Spinner(self, self._spin)

    def compose(self) -> ComposeResult:
        """Prose above, actions below."""
        with self._prose:
            yield self._before
            yield self._kind
            yield self._headline
            yield self._text
            yield self._goals
            yield self._after
        yield self.actions

    def on_mount(self) -> None:
        """Say whether there is more to read, as one scrolls."""
        self.watch(self._prose, "scroll_y", self._tell_place, init=False)
        # Markdown is laid out later than it is shown.
        self.watch(self._prose, "virtual_size", self._laid_out, init=False)

    async def show(self, snapshot: Snapshot) -> None:
        """Render the current step, or the debrief when all are done."""
        current = snapshot.current
        self.actions.show(entries(current, snapshot.actions))
        shown = (current, snapshot.debrief, snapshot.score if current is None else None)
        if shown == self._shown:
            return
        self._shown = shown
        before = _before(snapshot)
        await self._before.update(before)
        self._before.display = bool(before)
        self.call_after_refresh(self._balance)
        if current is None:
            await self._show_debrief(snapshot)
        else:
            await self._show_step(current, len(snapshot.steps))

    async def _show_step(self, current: StepState, total: int) -> None:
        new = current.index != self._index
        self._index = current.index
        self.border_title = self._title
        self._place = f"step {current.index + 1} of {total}" if total > 1 else ""
        kind = _KINDS.get(current.kind, "What happens next")
        self._kind.update(kind.upper())
        self._kind.display = bool(kind)
        self._headline.update(inline(current.title))
        if new:
            await self._text.update(current.text)
            self._text.display = bool(current.text.strip())
        self._goals.show(_goals(current))
        self._goals.display = bool(current.goals)
        after = _after(current)
        await self._after.update(after)
        self._after.display = bool(after)
        if new:
            self._prose.scroll_home(animate=False)
        elif after:
            self.call_after_refresh(self._show_after)

    async def _show_debrief(self, snapshot: Snapshot) -> None:
        self._index = None
        score = snapshot.score
        self.border_title = "Debrief"
        self._place = "finished"
        self._kind.display = False
        self._headline.update(Content(f"Done: {score.points} of {score.out_of} points"))
        await self._text.update(snapshot.debrief)
        self._text.display = bool(snapshot.debrief.strip())
        self._goals.show(_account(snapshot))
        self._goals.display = True
        self._after.display = False
        self._prose.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Share the height anew."""
        self.call_after_refresh(self._balance)

    def on_action_list_resized(self, message: ActionList.Resized) -> None:
        """The list says how much it leaves only once it has been laid out."""
        message.stop()
        self._balance()

    def _laid_out(self) -> None:
        self._keep_goals_in_sight()
        self.call_after_refresh(self._tell_place)

    def _keep_goals_in_sight(self) -> None:
        self.actions.refit(self._goals.virtual_region.bottom if self._goals.display else 0)

    def _balance(self) -> None:
        """The actions stand right under the prose, which scrolls if it must."""
        self._keep_goals_in_sight()
        room = self.content_size.height - self.actions.outer_size.height
        self._prose.styles.max_height = max(room, 3)
        self.call_after_refresh(self._tell_place)

    # -- reading ------------------------------------------------------------------------

    def action_read(self, step: int) -> None:
        """A page on or back in the prose, with a line of the last one kept."""
        prose = self._prose
        prose.scroll_relative(y=step * max(prose.size.height - 1, 1), animate=False)

    def _show_after(self) -> None:
        """The end of what is new; its beginning, if there is more of it than room."""
        if self._after.outer_size.height > self._prose.size.height:
            self._prose.scroll_to_widget(self._after, top=True, animate=False)
        else:
            self._prose.scroll_end(animate=False)

    def _place_now(self) -> str:
        # Whatever comes last has an empty line under it, which is nothing to read.
        more = round(self._prose.scroll_offset.y) < self._prose.max_scroll_y - 1
        return " ─ ".join(part for part in ("PgDn: more ↓" if more else "", self._place) if part)

    # -- while calls run ----------------------------------------------------------------
    def busy(self, working: bool) -> None:
        """Show that calls are under way, once they take longer than a moment."""
        self._spinner.stop()
        self.border_subtitle = self._place_now()
        if working:
            self._spinner.start()

    def _spin(self, frame: str) -> None:
        # Behind a dialog it would draw the whole screen anew at every turn.
        if self.app.screen is self.screen:
            self.border_subtitle = f"{frame} calls under way"

    def _tell_place(self) -> None:
        if not self._spinner.running:
            self.border_subtitle = self._place_now()


def _before(snapshot: Snapshot) -> str:
    """What to notice about the action that completed the task before, as markdown.

    The story goes on at once, so it is read here, above what comes next.
    """
    current, steps = snapshot.current, snapshot.steps
    at = len(steps) if current is None else current.index
    # A prediction comes back, with its reason, once the step after it is over.
    again = current is not None and current.kind == "predict" and current.correct is not None
    last = at + 1 if again else at - 1
    read_already = not again and last > 0 and steps[last - 1].kind == "predict"
    if not 0 <= last < len(steps) or read_already or not steps[last].says:
        return ""
    return f"> **✓ {steps[last].title}**\n>\n" + _quoted(steps[last].says)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.rstrip().splitlines())


def _account(snapshot: Snapshot) -> list[Marked]:
    """What was asked and how it was answered, and what help was taken."""
    lines = []
    for step in snapshot.steps:
        if step.options and step.answer is not None:
            right = step.answer == step.correct
            symbol, colour = ("✓", "$allowed") if right else ("✗", "$denied")
            lines.append((Content.styled(f"{symbol} ", colour), inline(step.title, "$quiet")))
    score = snapshot.score
    help_taken = f"Hints opened: {score.hints_used}. Done for you: {score.solved_for_you}."
    lines.append((Content(), Content.styled(help_taken, "$quiet")))
    return lines


def _goals(current: StepState) -> list[Marked]:
    return [
        (
            Content.styled("✓ " if goal.met else "○ ", "$allowed" if goal.met else "$quiet"),
            inline(goal.text, "$quiet" if goal.met else ""),
        )
        for goal in current.goals
    ]


def _after(current: StepState) -> str:
    """Markdown below the step: open hints, the right answer's reason, what went wrong."""
    parts = [f"**Hint {number}.** {hint}" for number, hint in enumerate(current.hints, 1)]
    if current.says:
        parts.append(current.says)
    if current.because:
        right = current.answer == current.correct
        verdict = "✓ That is right." if right else "✗ Not so."
        parts.append(f"**{verdict}** {current.because}")
    if current.failure:
        parts.append(f"**!** {current.failure}")
    return "\n\n".join(parts)
