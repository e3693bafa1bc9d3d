"""The matrix: a row an optimizer, a column a problem."""

from collections.abc import Sequence
from math import inf
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.core.status import RunStatus
from hpobench_tui.tui import settings
from hpobench_tui.tui.feed import Reading, State
from hpobench_tui.tui.feed.cells import Cells, Matrix
from hpobench_tui.tui.feed.state import Pair
from hpobench_tui.tui.panels.overview.grid import Grid
from hpobench_tui.tui.panels.overview.names import short_names
from hpobench_tui.tui.panels.overview.numbers import NUMBERS, cell_of
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, listed

FRONT = 3
"""Columns before those of problems: optimizer, average rank, wins."""
FRAME, BESIDE, PANEL = 4, 2, 5
"""Rows around those of optimizers (border, head, a foot), around all panels, and of another panel at least."""


class MatrixPanel(Panel):
    """What each optimizer came to on each problem; a cell leads to its problem."""

    DEFAULT_CSS = """
    MatrixPanel, MatrixPanel.-small { height: 1fr; min-height: 6; Table { height: 1fr; } }
    """

    name, words, side = "matrix", "matrix of optimizers and problems", "left"
    help = """\
A cell has the rank of the optimizer's median on that problem: 1 is best, equal ones share the mean (1.5). In front \
are the average rank over the problems that compared optimizers share, and how often a median is the lowest alone. \
The background is the progress; dim numbers are not final, ✗ marks failed runs. v shows medians, wins, P(best), \
failures or time instead; , and . go to an eighth, a quarter, half of the budget."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        kept = settings.get("overview", "numbers")
        self._at = next((i for i, numbers in enumerate(NUMBERS) if numbers.name == kept), 0)
        self._filled: object = None
        self._problems: tuple[str, ...] = ()
        self._view: View | None = None
        self._last = ""
        self._cells: dict[Pair, tuple[FinalRow | None, tuple[object, ...], Cell]] = {}
        """Cells as they were made last: most stay what they are from one look to the next."""

    def compose(self) -> ComposeResult:
        yield Grid((Column("optimizer", yields=True),), id=self.name, name_of="optimizers", enter="Problem")

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return (view.feed.get(Cells, view.chosen, view.at),)

    def next_numbers(self) -> None:
        """Show something else of the pairs."""
        self._at = (self._at + 1) % len(NUMBERS)
        settings.put("overview", "numbers", NUMBERS[self._at].name)
        if self._view is not None:
            self.show(self._view)

    def show(self, view: View) -> None:
        self._view = view
        state, cells = view.feed.state, view.feed.get(Cells, view.chosen, view.at)
        matrix, sure, numbers = cells.picture or Matrix(), cells.complete, NUMBERS[self._at]
        grid = self.query_one(Grid)
        self._take_room(state)
        sign = (id(cells), cells.version, sure, self._at, state.problems, state.labels, view.ascii_only)
        if sign != self._filled:
            self._filled = sign
            where = "" if view.at is None else f" at {view.at:.3g} of the budget"
            what = f"{view.chosen} " if view.chosen is not None else ""
            few = f"{len(state.problems)} problems, {len(state.labels)} optimizers"
            self.entitle(f"{what}{numbers.words}{where}", cells.words or few)
            if self._problems != state.problems:
                self._problems = state.problems
                heads = (Column(short, "right") for short in short_names(state.problems))
                grid.set_columns(
                    (Column("optimizer", yields=True), Column("rank", "right"), Column("wins", "right"), *heads)
                )
            labels = ordered(state, matrix, sure)
            rows = [self._row(view, label, matrix, sure) for label in labels]
            failed = [any(_failed(state, problem, label) for problem in state.problems) for label in labels]
            grid.fill(listed(rows, labels, labels, failed), "" if state.loaded else "reading")
            if view.label is None and labels:
                grid.move_to(labels[0])
        if view.label is not None:
            grid.move_to(view.label)
        if view.problem != self._last and view.problem in state.problems:
            self._last = view.problem
            grid.put_column(FRONT + state.problems.index(view.problem))

    def _take_room(self, state: State) -> None:
        """As many rows as it has optimizers, if others have room then: the news have the rest."""
        others = [panel for panel in self.siblings if isinstance(panel, Panel) and panel.display]
        room = self.app.size.height - BESIDE - PANEL * len(others)
        news = any(panel.name == "log" for panel in others)
        self.styles.height = min(len(state.labels) + FRAME, room) if news else "1fr"

    def _problem_at(self, column: int) -> str:
        """The problem of a column; of those in front the one that was looked at last."""
        return self._problems[column - FRONT] if FRONT <= column < FRONT + len(self._problems) else self._last

    def _row(self, view: View, label: str, matrix: Matrix, sure: bool) -> Row:
        state, ascii_only, numbers = view.feed.state, view.ascii_only, NUMBERS[self._at]
        look = view.feed.look(label)
        rank = matrix.ranking.ranks.get(label) if sure else None
        wins = matrix.wins.get(label, 0) if sure else None
        cells = [
            Cell(f"{marker(look, ascii_only)} {label}", look=look, value=label),
            Cell("·", "dim") if rank is None else Cell(f"{rank:.2f}", value=rank),
            Cell("·", "dim") if wins is None else Cell(str(wins), "" if wins else "dim", value=-wins),
        ]
        for problem in state.problems:
            totals = state.pairs.get((problem, label))
            if totals is None:
                cells.append(Cell(""))
                continue
            pair = problem, label
            row = matrix.rows.get(pair)
            share = totals.progress / totals.statuses.total() if view.at is None else spent_by_then(row)
            rank = matrix.ranks.get(pair) or matrix.so_far.get(pair)
            known = self._cells.get(pair)
            sign = (rank, round(share, 2), sure, self._at)
            if known is None or known[0] is not row or known[1] != sign:
                cell = cell_of(numbers, row, matrix, share, sure, ascii_only)
                known = self._cells[pair] = row, sign, cell
            cells.append(known[2])
        return tuple(cells)

    def say(self, reason: str) -> None:
        self._filled = None
        self.query_one(Grid).fill([], reason)

    def _look(self) -> None:
        grid = self.query_one(Grid)
        if self._view is None or grid.cursor_key is None:
            return
        view = self._view.but(label=str(grid.cursor_key))
        self.post_message(self.Look(view.but(problem=self._problem_at(grid.column) or view.problem)))

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()
        self._look()

    def on_grid_column_moved(self, message: Grid.ColumnMoved) -> None:
        message.stop()
        self._look()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        if self._view is not None:
            problem = self._problem_at(message.table.column) if isinstance(message.table, Grid) else ""
            view = self._view.but(label=str(message.key), run=None, trial=None)
            self.post_message(self.Down(view.but(problem=problem or view.problem)))


def ordered(state: State, matrix: Matrix, sure: bool) -> list[str]:
    """The labels by average rank; those without one after them, by the mean of their ranks so far."""
    if not sure:
        return list(state.labels)
    own: dict[str, list[float]] = {}
    for known in (matrix.ranks, matrix.so_far):
        for (_, label), rank in known.items():
            own.setdefault(label, []).append(rank)

    def place(label: str) -> tuple[bool, float]:
        if (rank := matrix.ranking.ranks.get(label)) is not None:
            return False, rank
        ranks = own.get(label)
        return True, sum(ranks) / len(ranks) if ranks else inf

    return sorted(state.labels, key=place)


def spent_by_then(row: FinalRow | None) -> float:
    """Of what the pair's runs may have spent at a part of their budgets: all, where each has got there or ended."""
    if row is None:
        return 0.0
    return row.spent if any(run.status.open for run in row.pair.runs) else 1.0


def _failed(state: State, problem: str, label: str) -> bool:
    totals = state.pairs.get((problem, label))
    return totals is not None and bool(totals.statuses[RunStatus.FAILED])
