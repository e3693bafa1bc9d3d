"""A panel that says what is known of one thing, line by line, and below it what went wrong, in full."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.table import Cell, Column, Table, Tone, listed
from hpobench_tui.tui.widgets.words import Words


@dataclass(frozen=True, slots=True)
class Fact:
    """A line; ``leads`` is where Enter on it leads to."""

    name: str
    value: str
    tone: Tone = ""
    leads: View | None = None


class FactsPanel(Panel):
    """A table of facts; an error below it scrolls."""

    DEFAULT_CSS = """
    FactsPanel { height: 2fr;
        Table { height: 1fr; }
        .error { height: 1fr; display: none; border-top: solid $foreground 30%; padding: 0 1;
                 Words { width: 100%; height: auto; color: $text-error; } }
        .error:focus { border-top: solid $primary; }
        &.-failed .error { display: block; }
    }
    Level.-ascii FactsPanel .error { border-top: ascii $foreground 30%; }
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._facts: Sequence[Fact] = ()
        self._error = ""

    def compose(self) -> ComposeResult:
        yield Table((Column("what"), Column("value")), id=self.name, enter="Go there")
        with VerticalScroll(classes="error"):
            yield Words("")

    def state(self, facts: Iterable[Fact], error: str = "", hint: str = "", copied: str | None = None) -> None:
        """Show these; ``copied`` is what y copies, if not the line's value."""
        self._facts = [fact for fact in facts if fact.value]
        rows = [
            (Cell(fact.name, "dim"), Cell(fact.value, "accent" if fact.leads else fact.tone)) for fact in self._facts
        ]
        keys = [f"{fact.name}{number}" for number, fact in enumerate(self._facts)]
        texts = [fact.value if copied is None else copied for fact in self._facts]
        self.query_one(Table).fill(listed(rows, keys, texts), hint)
        self.set_class(bool(error), "-failed")
        if error != self._error:
            self._error = error
            self.query_one(Words).say(error)

    def say(self, reason: str) -> None:
        self.state((), hint=reason)

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        if message.row < len(self._facts) and (view := self._facts[message.row].leads) is not None:
            self.post_message(self.Look(view))
