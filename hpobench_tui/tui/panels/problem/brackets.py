"""The brackets of one run, and how far they are filled."""

from collections.abc import Iterator, Sequence
from typing import Any

from hpobench_tui.analysis.brackets import BracketFill
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.rungs import Rungs
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.bar import bar
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Cell, Column, Row, numbers

_TURN = {RunStatus.RUNNING: 0, RunStatus.WAITING: 2}


class BracketsPanel(TablePanel):
    """Those of a run of the optimizer on top, if it has any; else of another."""

    DEFAULT_CSS = "BracketsPanel { height: auto; min-height: 5; max-height: 45%; Table { height: auto; } }"

    name, side = "brackets", "right"
    columns = (Column("bracket"), *numbers("rung", "fidelity", "trials"), Column("", spare=1), *numbers("best loss"))
    hint = "no optimizer has brackets on this problem"

    def _run(self, view: View) -> RunRow | None:
        """Of the optimizer on top, if it has any; running ones before ended, the latest first."""
        runs = [run for run in view.runs_shown() if run.plan or run.label == view.label]
        return min(runs, key=lambda r: (not r.plan, r.label != view.label, _TURN.get(r.status, 1), -r.id), default=None)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        run = self._run(view)
        return () if run is None else (view.feed.get(Rungs, run.id),)

    def show(self, view: View) -> None:
        run = self._run(view)
        fills = view.feed.get(Rungs, run.id).picture if run else None
        self.entitle(f"{self.name}: {run.label}, seed {run.repetition}" if run and fills else self.name)
        self.fill(bracket_rows(fills or (), view.ascii_only))


def bracket_rows(fills: Sequence[BracketFill], ascii_only: bool) -> Iterator[Row]:
    """A row a rung; the bar fills as trials end."""
    lowest = min((r.best for b in fills for r in b.rungs if r.best is not None), default=None)
    for bracket in fills:
        name = f"s = {bracket.s}" if bracket.s is not None else f"{bracket.bracket + 1}"
        for rung in bracket.rungs:
            planned = rung.planned or rung.done
            full = rung.planned is not None and rung.done >= rung.planned
            best = rung.best is not None and rung.best == lowest
            yield (
                Cell(name if rung.rung == 0 else "", bold=True),
                Cell(str(rung.rung), "dim"),
                Cell(str(rung.fidelity)),
                Cell(f"{rung.done}/{rung.planned}" if rung.planned is not None else str(rung.done)),
                Cell(bar(rung.done / planned if planned else 0.0, 12, ascii_only), "good" if full else "accent"),
                Cell("·" if rung.best is None else number(rung.best), "good" if best else "", bold=best),
            )
