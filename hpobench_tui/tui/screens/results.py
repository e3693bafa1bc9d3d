"""Earlier experiments: look at them, go on with interrupted ones, export them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader, experiments
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, Tone, listed, numbers
from hpobench_tui.tui.widgets.words import Words

COLUMNS = (Column("experiment", yields=True), Column("started"), Column("status"), *numbers("runs", "failed"))
_TONES: dict[str, Tone] = {"running": "good", "paused": "warn", "interrupted": "bad", "unreadable": "bad"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An experiment in the list; ``trouble`` where it cannot be read; ``resumable``: it can go on, or be ended."""

    folder: Path
    row: Row
    about: str
    trouble: str | None = None
    resumable: bool = False


class ResultsScreen(Screen[None]):
    """The experiments below one folder, newest first."""

    CSS_PATH = "results.tcss"
    HELP = """\
Experiments in the outputs folder, newest first. An interrupted one (a reboot, a kill) can go on \
from where it was: finished runs are kept, half-done ones are replayed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "resume", "Resume"),
        Binding("e", "export", "Export"),
        Binding("ctrl+l", "look", "Look again"),
        Binding("escape", "back", "Back"),
    ]

    def __init__(self, root: Path, watch: Callable[[Path], None]) -> None:
        super().__init__()
        self._watch = watch
        self._root = root
        self._entries: list[Entry] = []

    def compose(self) -> ComposeResult:
        yield Words(id="where")
        yield Table(COLUMNS, id="experiments")
        yield Words(id="about")
        yield KeyBar()

    def on_mount(self) -> None:
        self.title = "Results"
        self.query_one("#experiments").focus()

    def on_screen_resume(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        """Read the folder anew."""
        self._entries = [entry_of(folder) for folder in experiments(self._root)]
        self.query_one("#where", Words).say(f"Experiments in {self._root}")
        table = self.query_one("#experiments", Table)
        rows = listed([entry.row for entry in self._entries], [entry.folder for entry in self._entries])
        table.fill(rows, "no experiments yet: Esc goes back to start one")
        self._describe()

    def _describe(self) -> None:
        entry = self._entry()
        self.query_one("#about", Words).say(entry.about if entry else "")

    def _entry(self) -> Entry | None:
        folder = self.query_one("#experiments", Table).cursor_key
        return next((entry for entry in self._entries if entry.folder == folder), None)

    def on_table_moved(self) -> None:
        self._describe()

    def on_table_chosen(self) -> None:
        self.action_open()

    def _usable(self) -> Entry | None:
        entry = self._entry()
        if entry is not None and entry.trouble:
            self.notify(entry.trouble, severity="error", timeout=10)
            return None
        return entry

    def action_open(self) -> None:
        if entry := self._usable():
            self._watch(entry.folder)

    def action_resume(self) -> None:
        entry = self._usable()
        if entry is None:
            return
        if not entry.resumable:
            self.notify("All its runs have ended: there is nothing to resume.")
            return
        try:
            lifecycle.resume(entry.folder)
        except HpobenchError as error:
            self.notify(str(error), severity="error", timeout=10)
            return
        self.action_open()

    def action_export(self) -> None:
        if entry := self._usable():
            self.app.push_screen(ExportScreen(entry.folder))

    def action_back(self) -> None:
        self.dismiss()


def entry_of(folder: Path) -> Entry:
    """What the list says of an experiment."""
    try:
        with Reader(folder) as reader:
            row, runs = reader.experiment(), reader.runs()
    except HpobenchError as error:
        blank = Cell("")
        cells = (Cell(folder.name), blank, Cell("unreadable", "bad"), blank, blank)
        return Entry(folder, cells, str(error), str(error))
    status = lifecycle.status(folder, row)
    ended, failed = sum(r.ended for r in runs), sum(r.status is RunStatus.FAILED for r in runs)
    experiment = row.experiment
    cells = (
        Cell(folder.name, bold=True),
        Cell(time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)), "dim"),
        Cell(status, _TONES.get(status, "")),
        Cell(f"{ended}/{len(runs)}"),
        Cell(str(failed) if failed else "·", "bad" if failed else "dim"),
    )
    about = f"on {', '.join(experiment.problems)}\nby {', '.join(c.label for c in experiment.contenders)}"
    if reason := lifecycle.reason(folder, row):
        about += f"\n{status}: {reason}"
    return Entry(folder, cells, about, resumable=ended < len(runs) or reason is not None)
