"""What the matrix can show of a pair: one entry each, in the order in which a key goes through them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.tui.feed.cells import Matrix
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Cell


@dataclass(frozen=True, slots=True)
class Numbers:
    """``words`` stand in the panel's title; ``cell`` makes a cell of a row that has a value."""

    name: str
    words: str
    cell: Callable[[FinalRow, Matrix, bool], Cell]


def _rank(row: FinalRow, matrix: Matrix, ascii_only: bool) -> Cell:
    known = matrix.so_far if row.provisional else matrix.ranks
    rank = known.get((row.problem, row.label))
    return Cell("") if rank is None else Cell(f"{rank:g}", value=rank)


def _median(row: FinalRow, matrix: Matrix, ascii_only: bool) -> Cell:
    if row.median is None:
        return Cell("")
    return Cell(number(row.median) + " tie" * row.tied_in_problem, value=row.median)


def _win(row: FinalRow, matrix: Matrix, ascii_only: bool) -> Cell:
    if row.best_in_problem:
        return Cell("*" if ascii_only else "★", value=0)
    return Cell("tie", value=1) if row.tied_in_problem else Cell("·", "dim", value=2)


def _found(row: FinalRow, matrix: Matrix, ascii_only: bool) -> Cell:
    return Cell("") if row.found is None else Cell(f"{row.found:.0%}", value=-row.found)


def _failures(row: FinalRow, matrix: Matrix, ascii_only: bool) -> Cell:
    if row.failed:
        return Cell(f"{'x' if ascii_only else '✗'}{row.failed}", "bad", value=-row.failed)
    if row.failed_trials:
        return Cell(f"{row.failed_trials}t", "warn", value=-row.failed_trials / 1e12)
    return Cell("0", "dim", value=0)


def _milliseconds(row: FinalRow, matrix: Matrix, ascii_only: bool) -> Cell:
    return Cell("") if row.optimizer_ms is None else Cell(f"{row.optimizer_ms:.3g}", value=row.optimizer_ms)


NUMBERS = (
    Numbers("ranks", "rank of the median", _rank),
    Numbers("medians", "median", _median),
    Numbers("wins", "wins", _win),
    Numbers("found", "P(best)", _found),
    Numbers("failures", "failed runs (t: trials)", _failures),
    Numbers("ms", "ms per trial", _milliseconds),
)


def cell_of(numbers: Numbers, row: FinalRow | None, matrix: Matrix, share: float, sure: bool, ascii_only: bool) -> Cell:
    """The cell of a pair.

    Args:
        row: None: nothing is known of it yet.
        share: How much of its runs' budgets is spent.
        sure: Whether all was read; until then no number is final, and none is marked.
    """
    progress = share if share < 1 else None
    if row is None:
        return Cell("·", "dim", share=progress)
    cell = numbers.cell(row, matrix, ascii_only)
    text, tone, failed = cell.text, cell.tone, row.failed and numbers.name != "failures"
    if failed:
        text = f"{text}{'x' if ascii_only else '✗'}"
    if not text:
        return Cell("·", "dim", share=progress)
    best = sure and row.best_in_problem and numbers.name in ("ranks", "medians", "wins")
    if not sure or row.provisional:
        tone = tone or "dim"
    elif best:
        tone = "good"
    elif failed:
        tone = "bad"
    return Cell(text, tone, bold=best, share=progress, value=cell.value)
