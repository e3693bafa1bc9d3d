"""Performance at any time: medians with quartile bands along an axis, and tables at fixed marks.

Quartiles are linear interpolations between order statistics (numpy's default, Hyndman & Fan 1996, type 7).
Which runs count: ``analysis.selection``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.axis import Axis
from hpobench_tui.analysis.curve import Curve, sample
from hpobench_tui.analysis.selection import Selection, by_label, select
from hpobench_tui.store.reader import Floats, RunRow

MARKS = (1 / 8, 1 / 4, 1 / 2, 1.0)


@dataclass(frozen=True, slots=True)
class Band:
    """Median and quartiles over the seeds of one pair at the points of ``grid``, each of shape (m,).

    ``runs`` says how many seeds there are in it. A pair without a value has empty arrays and ``runs`` 0.
    """

    label: str
    grid: Floats
    median: Floats
    lower: Floats
    upper: Floats
    runs: int


@dataclass(frozen=True, slots=True)
class AnytimeRow:
    """One label's medians at the marks; None where a counted run has no value. ``best``: lowest of its column."""

    label: str
    medians: tuple[float | None, ...]
    best: tuple[bool, ...]
    runs: int
    failed: int


@dataclass(frozen=True, slots=True)
class AnytimeTable:
    """Medians of one problem at ``marks``, positions on ``axis`` (in the budget's unit for ``Axis.BUDGET``)."""

    problem: str
    axis: Axis
    marks: tuple[float, ...]
    rows: tuple[AnytimeRow, ...]


def bands(runs: Sequence[RunRow], curves: Mapping[int, Curve], points: int = 200, log: bool = True) -> list[Band]:
    """The bands of ONE problem's runs, one a label in first-seen order.

    A band begins where all its runs have a value. Over finished runs it goes to the end of the longest, the others
    standing at their last value; over unfinished ones it ends where the shortest has come.

    Args:
        runs: Runs of one problem.
        curves: By run id.
        points: Grid points, spaced evenly in the logarithm if ``log`` and the band begins above 0.
    """
    return [_band(label, select(group, curves), curves, points, log) for label, group in by_label(runs).items()]


def _band(label: str, selection: Selection, curves: Mapping[int, Curve], points: int, log: bool) -> Band:
    chosen = [curves[run.id] for run in selection.counted]
    start, end = _extent(selection, curves)
    if not chosen or end < start:
        empty = np.empty(0)
        return Band(label, empty, empty, empty, empty, 0)
    if start == end:
        grid = np.array([start])
    elif log and start > 0:
        grid = np.geomspace(start, end, points)
        grid[0], grid[-1] = start, end  # rounding must not put the first point before the curves
    else:
        grid = np.linspace(start, end, points)
    lower, median, upper = np.quantile(np.stack([sample(curve, grid) for curve in chosen]), (0.25, 0.5, 0.75), axis=0)
    return Band(label, grid, median, lower, upper, len(chosen))


def _extent(selection: Selection, curves: Mapping[int, Curve]) -> tuple[float, float]:
    """From where to where every counted run has a value; an empty interval if none is counted."""
    chosen = [curves[run.id] for run in selection.counted]
    if not chosen:
        return np.inf, -np.inf
    start = max(float(curve.x[0]) for curve in chosen)
    ends = [float(curve.x[-1]) for curve in chosen]
    return start, max(ends) if selection.finished else min(ends)


def anytime_table(
    problem: str,
    runs: Sequence[RunRow],
    curves: Mapping[int, Curve],
    axis: Axis,
    marks: Sequence[float] | None = None,
) -> AnytimeTable:
    """Medians at fixed marks, by default at 1/8, 1/4, 1/2 and all of the budget (``Axis.BUDGET``) or the largest x.

    Args:
        runs: Runs of any problems; those of ``problem`` are taken.
        curves: By run id, along ``axis``.
    """
    runs = [run for run in runs if run.problem == problem]
    if marks is None:
        total = _total(runs, curves, axis)
        marks = tuple(share * total for share in MARKS) if total > 0 else ()
    groups = by_label(runs)
    selections = {label: select(group, curves) for label, group in groups.items()}
    medians = {label: _at_marks(selection, curves, marks) for label, selection in selections.items()}
    lowest = [min((m[i] for m in medians.values() if m[i] is not None), default=None) for i in range(len(marks))]  # type: ignore[type-var]
    rows = tuple(
        AnytimeRow(
            label,
            medians[label],
            tuple(m is not None and m == best for m, best in zip(medians[label], lowest, strict=True)),
            len(selection.counted),
            len(selection.failed),
        )
        for label, selection in selections.items()
    )
    return AnytimeTable(problem, axis, tuple(marks), rows)


def _total(runs: Sequence[RunRow], curves: Mapping[int, Curve], axis: Axis) -> float:
    if axis is Axis.BUDGET:
        return max((run.budget / run.quanta_per_unit for run in runs), default=0.0)
    return max((float(curves[run.id].x[-1]) for run in runs if run.id in curves and len(curves[run.id])), default=0.0)


def _at_marks(selection: Selection, curves: Mapping[int, Curve], marks: Sequence[float]) -> tuple[float | None, ...]:
    start, end = _extent(selection, curves)
    if selection.finished:
        end = np.inf  # a finished run stands at its last value
    at = np.asarray(marks, dtype=np.float64)
    inside = (at >= start) & (at <= end)
    if not inside.any():
        return (None,) * len(marks)
    median = np.median(np.stack([sample(curves[run.id], at) for run in selection.counted]), axis=0)
    return tuple(float(value) if ok else None for value, ok in zip(median, inside, strict=True))
