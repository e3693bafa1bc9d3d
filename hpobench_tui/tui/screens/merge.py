"""Makes one experiment of several, in a thread; what stands against it is said in place."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import some
from hpobench_tui.engine.front.files import expanded
from hpobench_tui.store.merge import Merged
from hpobench_tui.tui.widgets.words import Words


class MergeScreen(ModalScreen[Path | None]):
    """Where to; the new experiment's folder once it is made."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "merge", "Merge", priority=True),
        Binding("escape", "close", "Close"),
    ]

    def __init__(self, folders: Sequence[Path], target: Path) -> None:
        super().__init__()
        self._folders, self._target = tuple(folders), target
        self._busy = True

    @property
    def settled(self) -> bool:
        return not self._busy

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Merge {len(self._folders)} experiments"
            yield Words(some([folder.name for folder in self._folders]))
            yield Static("Folder of the new one", classes="label")
            yield Input(str(self._target), id="folder", compact=True)
            with VerticalScroll(classes="result"):
                yield Words(id="result")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close", compact=True)
                yield Button("Merge (Ctrl+R)", id="merge", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#folder").focus()
        self._begin(None, "Looking whether they are parts of one experiment…")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "close":
            self.action_close()
        else:
            self.action_merge()

    def on_input_submitted(self) -> None:
        self.action_merge()

    def action_close(self) -> None:
        if self._busy:
            self.app.bell()
        else:
            self.dismiss(None)

    def action_merge(self) -> None:
        folder = self.query_one("#folder", Input).value.strip()
        if self._busy:
            return
        if not folder:
            self._say("Name a folder to write to.", error=True)
        else:
            self._begin(expanded(folder), "Every row is compared, then copied…")

    def _begin(self, to: Path | None, words: str) -> None:
        self._busy = True
        self._say(words)
        self._merge(to)

    @work(thread=True)
    def _merge(self, to: Path | None) -> None:
        try:
            from hpobench_tui.engine.front import merging

            text, error = said(merging.merge(self._folders, to)), False
        except HpobenchError as trouble:
            text, error = str(trouble), True
        self.app.call_from_thread(self._merged, to, text, error)

    def _merged(self, to: Path | None, text: str, error: bool) -> None:
        self._busy = False
        if to is None or error:
            self._say(text, error)
        elif self.is_current:
            self.dismiss(to)

    def _say(self, text: str, error: bool = False) -> None:
        result = self.query_one("#result", Words)
        result.set_class(error, "error")
        result.say(text)


def said(merged: Merged) -> str:
    """What a merge comes to, in words."""
    of = ", ".join(f"{count} of {name}" for name, count in merged.counts.items())
    lines = [f"{len(merged.taken)} runs: {of}."]
    if merged.shared:
        lines.append(f"{merged.shared} runs are in several of them, and equal.")
    if left := len(merged.missing) + merged.unfinished:
        lines.append(f"{left} runs are missing or unfinished; R goes on with them.")
    return "\n".join(lines)
