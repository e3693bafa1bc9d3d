"""The configuration of a trial, beside the values that its run tried."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from textual.app import ComposeResult

from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.values import Column as Tried
from hpobench_tui.tui.feed.values import Values, written
from hpobench_tui.tui.feed.whole import OneTrial
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.panels.trial.facts import why_not
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, listed


class ConfigurationPanel(Panel):
    """A row a hyperparameter."""

    DEFAULT_CSS = "ConfigurationPanel { height: 3fr; } ConfigurationPanel.-small { height: 1fr; }"

    name, side = "configuration", "left"
    help = """\
What was tried: every active hyperparameter with its value in full, and what all trials of this run tried of it.
"·" is one that was not active here, because another one's value leaves it without a meaning.
"tried" is not the whole space: it is where this run has looked. y copies the whole configuration as JSON."""

    def compose(self) -> ComposeResult:
        columns = (Column("hyperparameter", yields=True), Column("value", "right"), Column("tried in this run"))
        yield Table(columns, id=self.name, name_of="hyperparameters", enter="")

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        if view.run_row is None or view.trial is None:
            return ()
        return view.feed.get(OneTrial, view.run, view.trial), view.feed.get(Values, view.run)

    def show(self, view: View) -> None:
        run = view.run_row
        if run is None or view.trial is None:
            return self.say("there is no such trial")
        whole = view.feed.get(OneTrial, run.id, view.trial).picture
        tried = view.feed.get(Values, run.id).picture
        if whole is None or whole.row is None:
            return self.say("" if whole is None else why_not(run, view.trial))
        configuration = whole.row.configuration
        columns = {column.name: column for column in tried.columns} if tried is not None else {}
        names = [*configuration, *(name for name in columns if name not in configuration)]
        rows = [row_of(name, configuration, columns.get(name)) for name in names]
        inactive = len(names) - len(configuration)
        self.entitle(f"{self.name}: {len(configuration)} hyperparameters", f"{inactive} not active" if inactive else "")
        whole_text = json.dumps(configuration, ensure_ascii=False)
        self.query_one(Table).fill(listed(rows, names, [whole_text] * len(rows)), "it has no hyperparameters")

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)


def row_of(name: str, configuration: Any, tried: Tried | None) -> Row:
    """A hyperparameter: the value as it is, and the range or the choices that the run tried."""
    range_cell = Cell(seen(tried) if tried is not None else "", "dim")
    if name not in configuration:
        return Cell(name, "dim"), Cell("·", "dim"), range_cell
    value = configuration[name]
    return Cell(name), Cell(repr(value) if isinstance(value, float) else written(value), bold=True), range_cell


def seen(tried: Tried) -> str:
    """``0.001 to 0.1``, or the choices."""
    known = tried.values[~np.isnan(tried.values)]
    if tried.choices:
        return ", ".join(sorted(tried.choices))
    if not len(known):
        return ""
    low, high = float(known.min()), float(known.max())
    return number(low) if low == high else f"{number(low)} to {number(high)}"
