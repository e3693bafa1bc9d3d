"""Every key of the screen behind it, from the same bindings that feed the footer and the palette."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from hpobench_tui.tui.widgets.table import Cell, Column, Table
from hpobench_tui.tui.widgets.words import Words


class HelpScreen(ModalScreen[None]):
    """``about`` says what the screen is for; ``bindings`` are (keys, description)."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,f1,q", "close", "Close")]

    def __init__(self, about: Sequence[str], bindings: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._about, self._keys = about, bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title, dialog.border_subtitle = "Help", "Esc closes"
            for text in self._about:
                yield Words(text, classes="about")
            table = Table([Column("key"), Column("what it does", yields=True)], id="keys")
            table.can_focus = False
            yield table

    def on_mount(self) -> None:
        table = self.query_one("#keys", Table)
        table.fill([(Cell(keys, "accent", bold=True), Cell(what)) for keys, what in self._keys])
        table.styles.height = table.styles.max_height = len(self._keys) + 1  # text and keys scroll as one, from the top
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        self.dismiss()
