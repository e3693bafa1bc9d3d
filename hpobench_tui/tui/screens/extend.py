"""Adds seeds, optimizers or budget to an experiment; says what that comes to before it is done."""

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static
from textual.worker import get_current_worker

from hpobench_tui import plugins
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment, told_of
from hpobench_tui.core.nearest import some
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front import described, extend, lifecycle
from hpobench_tui.engine.front.estimate import estimate
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.words import Words


class ExtendScreen(ModalScreen[bool]):
    """What is to be there more; ``True`` once it is added. Whatever is wrong is said in place."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "extend", "Add", priority=True),
        Binding("escape", "close", "Close"),
    ]

    def __init__(self, folder: Path, before: Experiment) -> None:
        super().__init__()
        self._folder, self._before = folder, before
        self._after: Experiment | None = None
        self._reading = False
        self._adding = False

    def compose(self) -> ComposeResult:
        before = self._before
        labels = {contender.label for contender in before.contenders}
        budgets = sorted({str(budget) for budget in before.budgets.values()})
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(in_line(f"Add to {before.name}"))
            yield Static(f"Seeds in all (now {before.repetitions})", classes="label")
            yield Input(str(before.repetitions), id="repetitions", compact=True)
            yield Static("Optimizers (Space ticks)", classes="label")
            lines = [
                (Content(in_line(f"{info.name}  {info.summary}")), info.name, False)
                for info in plugins.optimizers()
                if info.name not in labels
            ]
            yield PickList(*lines, id="optimizers", compact=True)
            yield Words("or with settings: name[parameter=value], …", classes="label")
            yield Input(id="others", compact=True)
            yield Words(f"Larger budget (now {some(budgets)})", classes="label")
            yield Input(placeholder="as it is", id="budget", compact=True)
            with VerticalScroll(classes="result"):
                yield Words(id="result")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close", compact=True)
                yield Button("Add (Ctrl+R)", id="extend", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#repetitions").focus()
        self._changed()

    @property
    def settled(self) -> bool:
        return not (self._reading or self._adding)

    def on_input_changed(self) -> None:
        self._changed()

    def on_selection_list_selected_changed(self) -> None:
        self._changed()

    def on_input_submitted(self) -> None:
        self.action_extend()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "close":
            self.action_close()
        else:
            self.action_extend()

    def action_close(self) -> None:
        if not self._adding:
            self.dismiss(False)

    def _changed(self) -> None:
        """Work out what it would come to now."""
        if self._adding:
            return
        self._after, self._reading = None, True
        texts = [self.query_one(f"#{name}", Input).value for name in ("repetitions", "others", "budget")]
        self._plan(texts[0], [*self.query_one("#optimizers", PickList).ticked, texts[1]], texts[2])

    @work(thread=True, exclusive=True, group="plan")
    def _plan(self, repetitions: str, optimizers: list[str], budget: str) -> None:
        worker = get_current_worker()
        after = None
        try:
            after, text = planned(self._before, repetitions, optimizers, budget)
        except HpobenchError as error:
            text = str(error)
        except OSError as error:
            text = str(error.strerror or error)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._planned, after, text)

    def _planned(self, after: Experiment | None, text: str) -> None:
        self._after, self._reading = after, False
        self._say(text, error=after is None)

    def action_extend(self) -> None:
        if self._adding or self._reading:
            return
        if self._after is None or self._after == self._before:
            self.app.bell()
            return
        self._adding = True
        self._say("Adding…")
        self._add(self._after)

    @work(thread=True, group="add")
    def _add(self, after: Experiment) -> None:
        try:
            lifecycle.extend(self._folder, after)
            text = ""
        except HpobenchError as error:
            text = str(error)
        self.app.call_from_thread(self._added, text)

    def _added(self, trouble: str) -> None:
        self._adding = False
        if trouble:
            self._say(trouble, error=True)
        elif self.is_current:
            self.dismiss(True)

    def _say(self, text: str, error: bool = False) -> None:
        result = self.query_one("#result", Words)
        result.set_class(error, "error")
        result.say(text)


def planned(before: Experiment, repetitions: str, optimizers: list[str], budget: str) -> tuple[Experiment, str]:
    """The experiment with all of that, and in words what is added and what it takes.

    Raises:
        HpobenchError: something of it cannot be.
    """
    number = repetitions.strip()
    if not number.isdecimal() or len(number) > 6:
        raise HpobenchError("Seeds: say how many there shall be in all, as a whole number.")
    texts = [text for text in optimizers if text.strip()]
    given = described.overrides(None, texts, [budget] if budget.strip() else None)
    after = extend.extended(before, int(number), (), given.get("optimizers", ()), given)
    if after == before:
        return after, "Nothing is added by that."
    keys = after.runs()[len(before.runs()) :]
    longer = [problem for problem in before.problems if after.budgets[problem] != before.budgets[problem]]
    parts = [f"{len(keys)} runs more"] if keys else []
    if longer:
        parts.append(f"more budget on {len(longer)} of {len(before.problems)} problems")
    words = " and ".join(parts)
    if keys:
        words += f", about {duration(estimate(after, keys).seconds)}"
    return after, "\n".join([f"{words}.", *told_of(after, before)])
