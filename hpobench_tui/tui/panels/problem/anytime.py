"""The anytime table: every optimizer's median at parts of the budget."""

from collections.abc import Sequence
from typing import Any

from hpobench_tui.analysis.anytime import AnytimeTable, anytime_table
from hpobench_tui.analysis.landmarks import Known, known
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.curves import Curves
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.chart.axes import label as tick_label
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Columns, Row, Table, numbers


class AnytimePanel(TablePanel):
    """Medians of the problem that is shown; a row that is chosen puts its optimizer on top."""

    DEFAULT_CSS = """
    AnytimePanel { height: auto; min-height: 6; max-height: 14; Table { height: auto; } }
    AnytimePanel.-small { height: 2fr; }
    """

    name, words, side = "anytime", "anytime table", "left"
    columns = (Column(""),)
    hint = "medians appear with the first trials"
    _labels: Sequence[str] = ()

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return (view.feed.get(Curves, view.problem, view.axis, view.measure),)

    def show(self, view: View) -> None:
        feed, runs = view.feed, view.runs_shown()
        self.entitle(f"{view.measure} by {view.axis_title}")
        curves = feed.get(Curves, view.problem, view.axis, view.measure).picture or {}
        if not runs:
            return self.fill([])
        table = anytime_table(view.problem, runs, curves, view.axis, view.measure)
        marks = known(runs, feed.landmarks, view.measure).get(view.problem, [])
        columns, rows = medians(table, feed.state.labels, marks, view.ascii_only)
        self._labels = [row.label for row in table.rows]
        self.query_one(Table).set_columns(columns)
        self.fill(rows)

    def on_table_chosen(self, message: Table.Chosen) -> None:
        if message.row < len(self._labels):
            self.post_message(Chart.SeriesPicked(self._labels[message.row]))


def medians(
    table: AnytimeTable, labels: Sequence[str], landmarks: Sequence[Known], ascii_only: bool
) -> tuple[Columns, list[Row]]:
    """Columns and rows of the anytime table: a median below all others in bold, known solutions below."""
    marks = (tick_label(float(f"{mark:.3g}"), ascii_only) for mark in table.marks)
    columns = [Column("median at", yields=True), *numbers(*marks, "runs")]
    rows = []
    for row in table.rows:
        look = labels.index(row.label)
        cells = [Cell(f"{marker(look, ascii_only)} {row.label}", look=look)]
        for value, best, tied in zip(row.medians, row.best, row.tied, strict=True):
            text = "·" if value is None else f"{number(value)} tie" if tied else number(value)
            cells.append(Cell(text, "dim" if value is None else "good" if best else "", bold=best))
        note = f"{row.runs}" + (f" (+{row.failed} failed)" if row.failed else "")
        rows.append((*cells, Cell(note, "bad" if row.failed else "dim")))
    for mark in landmarks if rows else ():
        values = [Cell(number(mark.value), "dim")] * len(table.marks)
        rows.append((Cell(f"{'-' if ascii_only else '╌'} {mark.name}", "dim"), *values, Cell("known", "dim")))
    return columns, rows
