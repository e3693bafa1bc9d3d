"""The brackets of one run: how far they are filled, what went up, what is still to come."""

from collections.abc import Iterator, Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.analysis.brackets import BracketFill, RungFill
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.rungs import Rungs
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.panels.problem.chosen import chosen, firsts, named
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, listed, numbers


class BracketsPanel(TablePanel):
    """Those of the chosen run; else of one of the optimizer on top, if it has any; else of another."""

    DEFAULT_CSS = "BracketsPanel { height: 1fr; min-height: 5; }"

    name, side = "brackets", "right"
    help = (
        "successive halving: a rung trains its configurations to its fidelity, the best of them go up to the next rung,"
        " the others stop. Filled backgrounds are trials that ended, dim rungs are still to come; of a plan that is"
        " gone through again and again the latest cycle is shown. { and } show another run."
    )
    columns = (Column("bracket"), *numbers("rung", "fidelity"), Column("trials", "right"), *numbers("best loss"),
               Column("went up", "right"), Column("median", "right", spare=1), *numbers("failed", "cut"))  # fmt: skip

    def compose(self) -> ComposeResult:
        yield Table(self.columns, hint="", id=self.name, name_of="rungs", enter="Open the run")

    def fits(self, view: View) -> bool:
        """Only where trials have fidelities, or an optimizer has a plan."""
        runs = list(firsts(view))
        return not runs or any(run.fidelity is not None or bool(run.plan) for run in runs)

    def _run(self, view: View) -> RunRow | None:
        return chosen(view, lambda run: bool(run.plan)) or chosen(view)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        run = self._run(view)
        return () if run is None else (view.feed.get(Rungs, run.id, view.at),)

    def show(self, view: View) -> None:
        self._view = view
        run = self._run(view)
        if run is None:
            self.entitle(self.name)
            return self.query_one(Table).fill([], "no runs yet")
        reading = view.feed.get(Rungs, run.id, view.at)
        fills: Sequence[BracketFill] = reading.picture or ()
        cycle = fills[0].bracket // len(run.plan) if run.plan and fills else 0
        rungs = [rung for fill in fills for rung in fill.rungs]
        done, planned = sum(rung.done for rung in rungs), sum(rung.planned or rung.done for rung in rungs)
        parts = [named(run), f"cycle {cycle + 1}" if cycle else "", reading.words]
        self.entitle(f"{self.name}: {', '.join(filter(None, parts))}",
                     f"{planned - done} of {planned} trials to come" if planned > done else "")  # fmt: skip
        if reading.picture is None:
            hint = "reading"
        elif not run.trials:
            hint = f"{named(run)} has not begun"
        else:
            hint = self.hint or f"{run.label} has no brackets"
        rows = list(bracket_rows(fills, view.ascii_only))
        keys = [(fill.bracket, rung.rung) for fill in fills for rung in fill.rungs]
        self.query_one(Table).fill(listed(rows, keys), hint)

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        run = self._run(self._view)
        if run is not None:
            self.post_message(self.Down(self._view.but(run=run.id, label=run.label, trial=None)))


def bracket_rows(fills: Sequence[BracketFill], ascii_only: bool) -> Iterator[Row]:
    """A row a rung; its background fills as trials end."""
    lowest = min((r.best for b in fills for r in b.rungs if r.best is not None), default=None)
    for bracket in fills:
        name = f"s = {bracket.s}" if bracket.s is not None else f"{bracket.bracket + 1}"
        for rung in bracket.rungs:
            yield (Cell(name if rung.rung == 0 else "", bold=True, value=bracket.bracket), *_cells(rung, lowest))


def _cells(rung: RungFill, lowest: float | None) -> Row:
    to_come, nothing = not rung.done, Cell("·", "dim")
    best = rung.best is not None and rung.best == lowest
    of = f"{rung.done}/{rung.planned}" if rung.planned is not None else str(rung.done)
    share = rung.done / rung.planned if rung.planned else None
    up = f"{rung.promoted} of {rung.done}"
    return (
        Cell(str(rung.rung), "dim"),
        Cell(str(rung.fidelity), "dim" if to_come else ""),
        Cell(
            of, "dim" if to_come else "good" if share is not None and share >= 1 else "", share=share, value=rung.done
        ),
        Cell(number(rung.best), "good" if best else "", bold=best, value=rung.best)
        if rung.best is not None
        else nothing,
        Cell(up, value=rung.promoted) if rung.promoted is not None and rung.done else nothing,
        Cell(number(rung.median), "dim", value=rung.median) if rung.median is not None else nothing,
        Cell(str(rung.failed), "bad") if rung.failed else nothing,
        Cell(str(rung.cut), "warn") if rung.cut else nothing,
    )
