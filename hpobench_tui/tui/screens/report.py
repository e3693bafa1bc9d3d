"""Makes the report that an experiment names, in a process of its own, and shows it.

The command is that of the command line (``hpobench GROUP COMMAND EXPERIMENT``): what it imports stays out of the
app, and what it shows is what a headless run ends with.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from rich import box
from rich.table import Table as RichTable
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from hpobench_tui.core.command import in_words
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.lines import object_of
from hpobench_tui.core.text import in_line, visible
from hpobench_tui.tui.widgets.words import Words


class ReportScreen(ModalScreen[None]):
    """Tables, notes and files of a report; closing it while it is made ends it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,b", "close", "Close")]

    def __init__(self, command: str, folder: Path) -> None:
        super().__init__()
        self._command, self._folder = command, folder
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(in_line(f"hpobench {self._command}"))
            dialog.border_subtitle = "Esc closes"
            yield Words("The report is being made…", id="state")
            with VerticalScroll(id="report"):
                yield Static(id="tables")

    def on_mount(self) -> None:
        from hpobench_tui.engine.front import spec

        self.query_one("#report").focus()
        try:
            spec.report(self._command)  # a store may name anything
        except HpobenchError as error:
            self._show(None, " ".join(str(error).split()))
        else:
            self._make()

    def on_unmount(self) -> None:
        self._closed = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def action_close(self) -> None:
        self.dismiss()

    @work(thread=True, exclusive=True)
    def _make(self) -> None:
        words = [*self._command.split(), str(self._folder.resolve()), "--json"]
        try:
            call, pipe = [sys.executable, "-P", "-m", "hpobench_tui", *words], subprocess.PIPE
            self._process = subprocess.Popen(
                call, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, errors="replace"
            )
            told, complaint = self._process.communicate()
        except OSError as error:
            told, complaint = "", str(error)
        found = object_of(told)
        if found is not None and not found.keys() >= {"passed", "tables", "notes", "files"}:
            found = None  # the command's own code printed it, and ended there
        if not self._closed:
            self.app.call_from_thread(self._show, found, complaint.strip())

    def _show(self, found: Mapping[str, Any] | None, complaint: str) -> None:
        state = self.query_one("#state", Words)
        if found is None:
            state.set_class(True, "error")
            last = complaint.splitlines()[-1] if complaint else "it ended without a word"
            state.say(f"No report: {last.removeprefix('hpobench: ')}")
            return
        state.set_class(not found["passed"], "error")
        state.say("" if found["passed"] else "What it checked did not pass.")
        rows: list[RichTable | Text] = [as_table(table["title"], table["rows"]) for table in found["tables"]]
        rows += [Text(visible(line)) for line in (*found["notes"], *(f"written: {path}" for path in found["files"]))]
        grid = RichTable.grid()
        for row in rows:
            grid.add_row(row)
        self.query_one("#tables", Static).update(grid)


def as_table(title: str, rows: list[Mapping[str, Value | None]]) -> RichTable:
    """A table of a report, numbers to the right."""
    table = RichTable(title=Text(in_line(title), "bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for header in rows[0] if rows else ():
        numbers = any(isinstance(row[header], (int, float)) for row in rows)
        table.add_column(Text(in_line(header)), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(in_line(in_words(value))) for value in row.values()))
    return table
