"""Writes tables and figures of an experiment, in a thread of its own, and shows where they are."""

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, SelectionList, Static
from textual.worker import get_current_worker

from hpobench_tui.analysis import warnings
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.engine.front.files import expanded
from hpobench_tui.engine.front.looks import looking
from hpobench_tui.export.figures.wanted import Wanted
from hpobench_tui.export.formats import FORMATS
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.words import Words


class ExportScreen(ModalScreen[None]):
    """Folder and formats; what goes wrong is said in place."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "export", "Export"),
        Binding("escape", "close", "Close"),
    ]

    def __init__(self, folder: Path, axis: Axis = Axis.BUDGET, measure: Measure | None = None) -> None:
        super().__init__()
        self._experiment, self._axis, self._measure = folder, axis, measure
        self._busy = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Export: {self._measure or 'each problem by its own measure'}"
            yield Static("Formats (Space ticks)", classes="label")
            lines = (
                (f"{kind:<8} {made.description}", kind, kind in ("csv", "md", "tex")) for kind, made in FORMATS.items()
            )
            yield PickList(*lines, id="formats", compact=True)
            yield Static(id="about", markup=False)
            yield Static("Folder", classes="label")
            yield Input(str(self._experiment / "exports"), id="folder", compact=True)
            with VerticalScroll(classes="result"):
                yield Words(id="result")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close", compact=True)
                yield Button("Export (Ctrl+R)", id="export", variant="primary", compact=True)

    @on(SelectionList.SelectionHighlighted)
    def _describe(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        """All of what a narrow line cuts."""
        kind = event.selection.value
        self.query_one("#about", Static).update(f"{kind}: {FORMATS[kind].description}")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "close":
            self.action_close()
        else:
            self.action_export()

    def on_input_submitted(self) -> None:
        self.action_export()

    def action_close(self) -> None:
        self.dismiss()

    def action_export(self) -> None:
        formats = self.query_one("#formats", SelectionList).selected
        folder = self.query_one("#folder", Input).value.strip()
        if self._busy:
            return
        if not formats:
            self._say("Tick at least one format.", error=True)
        elif not folder:
            self._say("Name a folder to write to.", error=True)
        else:
            self._busy = True
            self._say("Writing…")
            self._write(expanded(folder), list(formats))

    @work(thread=True, exclusive=True)
    def _write(self, folder: Path, formats: list[str]) -> None:
        from hpobench_tui.export import bundle

        worker = get_current_worker()
        try:
            with Reader(self._experiment) as reader, looking(lambda run: (reader, run)) as look:
                warned, wanted = warnings.read(reader), Wanted(look=look)
                files, skipped = bundle.export(
                    reader, folder, formats, self._axis, self._measure,
                    warnings=warned, figures=wanted, coming=self._coming,
                )  # fmt: skip
            written = ["Written:", *map(str, files)] if files else []
            text, error = "\n".join([*(f"Left out: {reason}" for reason in skipped), *written]), bool(skipped)
        except (HpobenchError, OSError) as problem:
            text, error = str(problem), True
        if not worker.is_cancelled:
            self.app.call_from_thread(self._written, text, error)

    def _coming(self, share: float, name: str) -> None:
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._say, f"Writing… {share:.0%}: {name}")

    def _written(self, text: str, error: bool) -> None:
        self._busy = False
        self._say(text, error)

    def _say(self, text: str, error: bool = False) -> None:
        result = self.query_one("#result", Words)
        result.set_class(error, "error")
        result.say(text)
