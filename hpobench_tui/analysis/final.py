"""Where the runs ended: medians with quartiles over seeds, and ranks across problems.

Which runs count: ``analysis.selection``. Failed runs are left out of the numbers, but counted, and the note gives the
first reason; trials that failed inside a run are counted and explained likewise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hpobench_tui.analysis.equality import Spread, of_medians, places
from hpobench_tui.analysis.measure import BEYOND, LARGEST
from hpobench_tui.analysis.quantiles import mean, quartiles
from hpobench_tui.analysis.reached import Reached, reached
from hpobench_tui.analysis.selection import Selection, by_label, by_problem, select
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import ProgressTable, RunRow

NO_NUMBER = (None, None, None)


@dataclass(frozen=True, slots=True)
class Pair:
    """The runs of one problem and label: all of them, sorted out, and what each of the counted ones reached."""

    runs: Sequence[RunRow]
    selection: Selection
    reached: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FinalRow:
    """One pair of problem and label: what the comparison rests on. More columns: ``analysis.columns``.

    Attributes:
        measure: What ``median``, ``lower``, ``upper`` (quartiles) and ``mean`` are of; None without a counted run.
        tolerance: Losses of the problem that differ by no more are equal (``core.equality``).
        runs, finished, failed: All runs of the pair, those that finished, those that failed.
        failed_trials: Over all runs.
        found: Share of the counted runs whose incumbent is as good as the problem's reference (``measure.found``), 0 to
            1: the probability of finding the best arm; None without a counted run.
        best_in_problem: A lower median than all others of its problem; only pairs with finished runs compete.
        tied_in_problem: As low as the lowest of its problem, as others are, too.
        trials: Median number of trials of the counted runs.
        spent: Share of the budgets of all runs that is spent, 0 to 1.
        optimizer_ms: Ask and tell time of a trial in milliseconds, the median over the counted runs.
        note: What a reader must know beside the numbers, or None.
        provisional: The counted runs have not finished: their values so far, which neither win nor rank.
        pair: What all of it is worked out from.
    """

    problem: str
    label: str
    optimizer: str
    measure: Measure
    tolerance: float
    runs: int
    finished: int
    failed: int
    failed_trials: int
    median: float | None
    lower: float | None
    upper: float | None
    mean: float | None
    found: float | None
    best_in_problem: bool
    tied_in_problem: bool
    trials: float | None
    spent: float
    optimizer_ms: float | None
    note: str | None
    provisional: bool
    pair: Pair

    @property
    def spread(self) -> Spread:
        """The median with its quartiles."""
        quartiles = None if self.lower is None or self.upper is None else (self.lower, self.upper)
        return Spread(self.median, self.best_in_problem, self.tied_in_problem, quartiles)


def final_table(
    runs: Sequence[RunRow],
    ends: Mapping[int, ProgressTable],
    measure: Measure | None = None,
    errors: Mapping[int, str] | None = None,
) -> list[FinalRow]:
    """One row a pair, problem by problem, each in first-seen order.

    Args:
        ends: Run id to its rows of progress, of which only the last is used (``Reader.ends``).
        measure: None: what each problem shows by default.
        errors: Run id to the reason of its first failed trial (``Reader.first_errors``), for the notes.
    """
    values = reached(runs, ends, measure)
    rows = []
    for group in by_problem(runs).values():
        rows += placed([final_row(own, values, measure, errors) for own in by_label(group).values()])
    return rows


def placed(rows: Sequence[FinalRow]) -> list[FinalRow]:
    """The rows of ONE problem, each of which knows then whether it is the best, or ties."""
    competing = [None if row.provisional else row.median for row in rows]
    best, tied = places(competing, medians_tolerance(rows))
    return [replace(row, best_in_problem=b, tied_in_problem=t) for row, b, t in zip(rows, best, tied, strict=True)]


def medians_tolerance(rows: Sequence[FinalRow]) -> float:
    """Medians of ONE problem's rows that differ by no more are equal."""
    return of_medians(rows[0].tolerance, rows[0].measure, max(row.trials or 0.0 for row in rows))


def final_row(
    runs: Sequence[RunRow],
    values: Mapping[int, Reached],
    measure: Measure | None = None,
    errors: Mapping[int, str] | None = None,
) -> FinalRow:
    """The row of ONE pair, from what its runs reached; that of its problem's others is not known here."""
    selection = select(runs, values)
    reached = tuple(values[run.id].value for run in selection.counted)
    pair = Pair(runs, selection, reached)
    first, counted = runs[0], selection.counted
    lower, median, upper = map(float, quartiles(np.array(reached))) if reached else NO_NUMBER
    referenced = first.measure is not Measure.INCUMBENT  # a problem that shows losses has no reference to hit
    timed = [1e3 * run.optimizer_seconds / run.trials for run in counted if run.trials and run.attempts]  # made here
    return FinalRow(
        problem=first.problem,
        label=first.label,
        optimizer=first.optimizer,
        measure=measure or first.measure,
        tolerance=first.tolerance,
        runs=len(runs),
        finished=sum(run.status.finished for run in runs),
        failed=len(selection.failed),
        failed_trials=sum(run.failed_trials for run in runs),
        median=median,
        lower=lower,
        upper=upper,
        mean=mean(reached) if reached else None,
        found=sum(values[run.id].found for run in counted) / len(reached) if reached and referenced else None,
        best_in_problem=False,  # as long as it is not placed
        tied_in_problem=False,
        trials=float(np.median([run.trials for run in counted])) if reached else None,
        spent=sum(run.spent for run in runs) / sum(run.budget for run in runs),
        optimizer_ms=float(np.median(timed)) if timed else None,
        note=_note(pair, errors or {}),
        provisional=bool(reached) and not selection.finished,
        pair=pair,
    )


def _note(pair: Pair, errors: Mapping[int, str]) -> str | None:
    runs, selection, notes = pair.runs, pair.selection, []
    if selection.failed:
        reason = next((run.error for run in selection.failed if run.error), "no reason given")
        notes.append(f"{len(selection.failed)} of {len(runs)} runs failed: {_first_line(reason)}")
    if failed := sum(run.failed_trials for run in runs):
        reason = next((errors[run.id] for run in runs if run.id in errors), "")
        trials = sum(run.trials for run in runs)
        notes.append(f"{failed} of {trials} trials failed" + (f": {_first_line(reason)}" if reason else ""))
    if selection.valueless:
        part = any(not run.attempts and run.failed_trials < run.trials for run in selection.valueless)  # imported
        why = "not all evaluations are on record, so that their sum is not known" if part else "no trial has a loss"
        notes.append(f"{len(selection.valueless)} of {len(runs)} runs ended without a value: {why}")
    if selection.counted and not selection.finished:
        notes.append(f"no run{' with a value' * bool(selection.valueless)} has finished: values so far")
    elif (open_runs := [run for run in runs if run.status.open]) and selection.finished:
        notes.append(f"{len(open_runs)} of {len(runs)} runs unfinished")
    if any(abs(value) >= LARGEST for value in pair.reached):
        notes.append(f"values {BEYOND}")
    return "; ".join(notes) or None


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].rstrip(". ") if lines else ""
