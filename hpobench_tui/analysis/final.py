"""Where the runs ended: medians with quartiles over seeds, and ranks across problems.

Which runs count: ``analysis.selection``. Failed runs are left out of the numbers, but counted, and the note gives the
first reason; trials that failed inside a run are counted and explained likewise.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.axis import Axis
from hpobench_tui.analysis.curve import Curve, run_curve
from hpobench_tui.analysis.measure import Measure, found
from hpobench_tui.analysis.selection import FINISHED, Selection, by_label, by_problem, select
from hpobench_tui.store.reader import ProgressTable, RunRow


@dataclass(frozen=True, slots=True)
class FinalRow:
    """One pair of problem and label.

    Attributes:
        measure: What ``median``, ``lower``, ``upper`` (quartiles) and ``mean`` are of; None without a counted run.
        runs, finished, failed: All runs of the pair, those that finished, those that failed.
        failed_trials: Over all runs.
        found: Share of the counted runs whose incumbent is as good as the problem's reference (``measure.found``), 0 to
            1: the probability of finding the best arm; None without a counted run.
        best_in_problem: The lowest median of its problem among pairs with finished runs.
        trials: Median number of trials of the counted runs.
        spent: Share of the budgets of all runs that is spent, 0 to 1.
        optimizer_ms: Ask and tell time of a trial in milliseconds, the median over the counted runs.
        note: What a reader must know beside the numbers, or None.
    """

    problem: str
    label: str
    optimizer: str
    measure: Measure
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
    trials: float | None
    spent: float
    optimizer_ms: float | None
    note: str | None


def final_table(
    runs: Sequence[RunRow],
    ends: Mapping[int, ProgressTable],
    measure: Measure = Measure.SIMPLE,
    errors: Mapping[int, str] | None = None,
) -> list[FinalRow]:
    """One row a pair, problem by problem, each in first-seen order.

    Args:
        ends: Run id to its rows of progress, of which only the last is used (``Reader.ends``).
        errors: Run id to the reason of its first failed trial (``Reader.first_errors``), for the notes.
    """
    begun = [run for run in runs if run.id in ends]
    curves = {run.id: run_curve(ends[run.id], Axis.EVALUATIONS, measure, run.reference) for run in begun}
    best_found = {run.id for run in begun if len(curves[run.id]) and found(ends[run.id], run.reference)[-1]}
    rows = []
    for group in by_problem(runs).values():
        pairs = [(pair, select(pair, curves)) for pair in by_label(group).values()]
        lowest = min(
            (_quartiles(_values(selection, curves))[1] for _, selection in pairs if selection.finished), default=None
        )
        rows += [_row(pair, selection, curves, best_found, measure, lowest, errors or {}) for pair, selection in pairs]
    return rows


def _values(selection: Selection, curves: Mapping[int, Curve]) -> list[float]:
    return [float(curves[run.id].y[-1]) for run in selection.counted]


def _quartiles(reached: Sequence[float]) -> tuple[float, float, float]:
    """The one place that works medians out, so that the best of them is found by equality."""
    lower, median, upper = np.quantile(reached, (0.25, 0.5, 0.75))
    return float(lower), float(median), float(upper)


def _row(
    pair: Sequence[RunRow],
    selection: Selection,
    curves: Mapping[int, Curve],
    best_found: Collection[int],
    measure: Measure,
    lowest: float | None,
    errors: Mapping[int, str],
) -> FinalRow:
    reached = _values(selection, curves)
    lower, median, upper = _quartiles(reached) if reached else (None, None, None)
    timed = [1e3 * run.optimizer_seconds / run.trials for run in selection.counted if run.trials]
    return FinalRow(
        problem=pair[0].problem,
        label=pair[0].label,
        optimizer=pair[0].optimizer,
        measure=measure,
        runs=len(pair),
        finished=sum(run.status in FINISHED for run in pair),
        failed=len(selection.failed),
        failed_trials=sum(run.failed_trials for run in pair),
        median=median,
        lower=lower,
        upper=upper,
        mean=float(np.mean(reached)) if reached else None,
        found=sum(run.id in best_found for run in selection.counted) / len(reached) if reached else None,
        best_in_problem=bool(selection.finished and median == lowest),
        trials=float(np.median([run.trials for run in selection.counted])) if reached else None,
        spent=sum(run.spent for run in pair) / sum(run.budget for run in pair),
        optimizer_ms=float(np.median(timed)) if timed else None,
        note=_note(pair, selection, errors),
    )


def _note(pair: Sequence[RunRow], selection: Selection, errors: Mapping[int, str]) -> str | None:
    notes = []
    if selection.failed:
        reason = next((run.error for run in selection.failed if run.error), "no reason given")
        notes.append(f"{len(selection.failed)} of {len(pair)} runs failed: {_first_line(reason)}")
    if failed := sum(run.failed_trials for run in pair):
        reason = next((errors[run.id] for run in pair if run.id in errors), "")
        trials = sum(run.trials for run in pair)
        notes.append(f"{failed} of {trials} trials failed" + (f": {_first_line(reason)}" if reason else ""))
    if selection.valueless:
        notes.append(f"{len(selection.valueless)} of {len(pair)} runs ended without a value: no trial has a loss")
    if selection.counted and not selection.finished:
        notes.append("no run has finished: values so far")
    elif (open_runs := [run for run in pair if run.status not in (*FINISHED, "failed")]) and selection.finished:
        notes.append(f"{len(open_runs)} of {len(pair)} runs unfinished")
    return "; ".join(notes) or None


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].rstrip(". ") if lines else ""
