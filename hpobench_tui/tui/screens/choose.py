"""Asks to what something is to be done, before it is done: this run or the whole experiment, say."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from hpobench_tui.tui.widgets.words import Words


class Choice(NamedTuple):
    """One of the answers: its key, what its button says, and what follows from it."""

    key: str
    words: str
    consequence: str = ""


class ChooseScreen(ModalScreen[str | None]):
    """A question; the key of the choice, or None for none of them, on which the focus is at first."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,escape", "nothing", "Nothing"),
        Binding("up", "app.focus_previous", "Button before", show=False),
        Binding("down", "app.focus_next", "Next button", show=False),
    ]

    def __init__(self, question: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._question, self._choices = question, choices
        for choice in choices:
            self._bindings.bind(choice.key, f"choose('{choice.key}')", choice.words)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._question, classes="question")
            for choice in self._choices:
                yield Button(f"{choice.words} ({choice.key})", id=f"choice-{choice.key}", variant="error", compact=True)
                if choice.consequence:
                    yield Words(choice.consequence, classes="consequence")
            yield Button("Nothing (n)", id="nothing", compact=True)

    def on_mount(self) -> None:
        self.query_one("#nothing").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("choice-") if event.button.id != "nothing" else None)

    def action_choose(self, key: str) -> None:
        self.dismiss(key)

    def action_nothing(self) -> None:
        self.dismiss(None)
