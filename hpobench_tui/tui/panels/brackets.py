"""The brackets of one run, and how far they are filled."""

from collections.abc import Iterator, Sequence

from hpobench_tui.analysis.brackets import BracketFill, fill
from hpobench_tui.core.status import RunStatus
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
    reads_trials = True

    def show(self, view: View) -> None:
        """Running ones before ended, the latest first."""
        runs = view.feed.runs_shown()
        for run in sorted(runs, key=lambda r: (r.label != view.focused, _TURN.get(r.status, 1), -r.id)):
            if (trials := view.feed.trials(run.id)) is not None and (fills := fill(run, trials)):
                self.entitle(f"{self.name}: {run.label}, seed {run.repetition}")
                self.fill(bracket_rows(fills, view.ascii_only))
                return
        self.entitle(self.name)
        self.fill([])


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
