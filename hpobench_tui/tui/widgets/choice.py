"""One of a few words, in one line: a drop-down without what drops down, which small terminals have no room for."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import looks


class Choice(Widget, can_focus=True):
    """Left, right and Space go through the words, a letter to the next one that begins with it."""

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; background: $boost; text-wrap: nowrap; text-overflow: ellipsis; }
    Choice:focus { background: $primary 25%; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,enter", "turn(1)", "Next choice"),
        Binding("left", "turn(-1)", "Choice before", show=False),
    ]

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: "Choice", value: str) -> None:
            super().__init__()
            self.choice, self.value = choice, value

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, words: Sequence[str], value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = tuple(words)
        self._value = value

    @property
    def value(self) -> str:
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        if value != self._value:
            self._value = value
            self.refresh()
            self.post_message(self.Changed(self, value))

    def render(self) -> Content:
        before, after = ("<", ">") if looks.only_ascii() else ("‹", "›")
        return Content(f"{before} {in_line(self.value)} {after}")

    def action_turn(self, step: int) -> None:
        place = self.words.index(self.value) if self.value in self.words else -step
        self.value = self.words[(place + step) % len(self.words)]

    def on_key(self, event: events.Key) -> None:
        letter = event.character
        if not letter or not letter.isalnum():
            return
        place = self.words.index(self.value) + 1 if self.value in self.words else 0
        turned = [*self.words[place:], *self.words[:place]]
        found = next((word for word in turned if word.casefold().startswith(letter.casefold())), None)
        if found is not None:
            self.value = found
            event.stop()

    def on_click(self) -> None:
        self.action_turn(1)
