"""Performance at any time: medians with quartile bands along an axis, and tables at fixed marks.

All of them are taken at positions at which every curve is exact, whatever trials it leaves out (``core.progress``).
Which runs count: ``analysis.selection``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.axis import counts_budget, grid
from hpobench_tui.analysis.curve import Curve, exact, sample, trials_at
from hpobench_tui.analysis.equality import Spread, of_medians, places
from hpobench_tui.analysis.quantiles import quartiles
from hpobench_tui.analysis.selection import Selection, by_label, select
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import Floats, RunRow

MARKS = (1 / 8, 1 / 4, 1 / 2, 1.0)


@dataclass(frozen=True, slots=True)
class Band:
    """Median and quartiles over the seeds of one pair at the points of ``grid``, each of shape (m,).

    ``runs`` says how many seeds there are in it. A pair without a value has empty arrays and ``runs`` 0.

    >>> grid, flat = np.array([1.0, 2.0]), np.array([0.5, 0.5])
    >>> Band("random", grid, median=flat, lower=flat, upper=flat, runs=5).median.tolist()
    [0.5, 0.5]
    """

    label: str
    grid: Floats
    median: Floats
    lower: Floats
    upper: Floats
    runs: int


@dataclass(frozen=True, slots=True)
class AnytimeRow:
    """One label's medians at the marks; None where a counted run has no value.

    ``best``: lower than all others of its column; ``tied``: as low as the lowest, as others are, too.

    >>> row = AnytimeRow("random", (0.5, 0.2), best=(True, False), tied=(False, True), runs=5, failed=0)
    >>> [median for median, best in zip(row.medians, row.best, strict=True) if best]
    [0.5]
    """

    label: str
    medians: tuple[float | None, ...]
    best: tuple[bool, ...]
    tied: tuple[bool, ...]
    runs: int
    failed: int

    @property
    def spreads(self) -> list[Spread]:
        """The medians, each with its place."""
        return list(map(Spread, self.medians, self.best, self.tied))


@dataclass(frozen=True, slots=True)
class AnytimeTable:
    """Medians of one problem's ``measure`` at ``marks``, positions on ``axis`` (in the budget's unit for
    ``Axis.BUDGET``). ``tolerance``: losses of the problem that differ by no more are equal (``core.equality``).

    >>> row = AnytimeRow("random", (0.5, 0.2), best=(False, False), tied=(False, False), runs=5, failed=0)
    >>> table = AnytimeTable("toy/one", Axis.BUDGET, Measure.SIMPLE, tolerance=0.0, marks=(5.0, 10.0), rows=(row,))
    >>> dict(zip(table.marks, table.rows[0].medians, strict=True))
    {5.0: 0.5, 10.0: 0.2}
    """

    problem: str
    axis: Axis
    measure: Measure
    tolerance: float
    marks: tuple[float, ...]
    rows: tuple[AnytimeRow, ...]


def bands(
    runs: Sequence[RunRow], curves: Mapping[int, Curve], axis: Axis, points: int = 200, log: bool = True
) -> list[Band]:
    """The bands of ONE problem's runs, one a label in first-seen order.

    A band begins where all its runs have a value. Over finished runs it goes to the end of the longest, the others
    standing at their last value; over unfinished ones it ends where the shortest has come.

    Args:
        runs: Runs of one problem.
        curves: By run id, along ``axis``.
        points: About so many points at most, evenly in the logarithm if ``log`` and the band begins above 0.
    """
    return [band(label, select(group, curves), curves, axis, points, log) for label, group in by_label(runs).items()]


def band(
    label: str, selection: Selection, curves: Mapping[int, Curve], axis: Axis, points: int = 200, log: bool = True
) -> Band:
    """That of one pair, as in :func:`bands`."""
    chosen = [curves[run.id] for run in selection.counted]
    grid = _grid(selection, chosen, axis, points, log)
    if not len(grid):
        return Band(label, grid, grid, grid, grid, 0)
    lower, median, upper = quartiles([sample(curve, grid) for curve in chosen])
    return Band(label, grid, median, lower, upper, len(chosen))


def _grid(selection: Selection, chosen: Sequence[Curve], axis: Axis, points: int, log: bool) -> Floats:
    """Positions at which every curve is exact, with both ends where it is."""
    start, end = _extent(selection, chosen)
    if not chosen or end < start:
        return np.empty(0)
    ends = np.array([start, end])
    ends = ends[np.logical_and.reduce([exact(curve, ends) for curve in chosen])]
    inner = grid(axis, start, end, selection.counted[0].quanta_per_unit)
    every: Floats = np.unique(np.concatenate([ends, inner]))
    if len(every) <= points:
        return every
    wanted = (np.geomspace if log and every[0] > 0 else np.linspace)(every[0], every[-1], points)
    thinned: Floats = every[np.unique(np.minimum(np.searchsorted(every, wanted), len(every) - 1))]
    return thinned


def _extent(selection: Selection, chosen: Sequence[Curve]) -> tuple[float, float]:
    """From where to where every counted run has a value; an empty interval if none is counted."""
    if not chosen:
        return np.inf, -np.inf
    start = max(float(curve.x[0]) for curve in chosen)
    ends = [float(curve.x[-1]) for curve in chosen]
    return start, max(ends) if selection.finished else min(ends)


def anytime_table(
    problem: str, runs: Sequence[RunRow], curves: Mapping[int, Curve], axis: Axis, measure: Measure | None = None
) -> AnytimeTable:
    """Medians at 1/8, 1/4, 1/2 and all of the budget, or of the largest x on axes that count something else: there
    the marks are the nearest positions at which every curve is exact.

    Args:
        runs: Runs of any problems; those of ``problem`` are taken.
        curves: By run id, along ``axis``.
        measure: What the curves are of; None: what the problem shows by default.
    """
    runs = [run for run in runs if run.problem == problem]
    measure = measure or runs[0].measure
    marks = marks_of(runs, curves, axis)
    selections = {label: select(group, curves) for label, group in by_label(runs).items()}
    chosen = {label: [curves[run.id] for run in selection.counted] for label, selection in selections.items()}
    medians = [medians_at(selection, chosen[label], marks) for label, selection in selections.items()]
    at = np.asarray(marks)
    trials = [trials_at(curve, at) for group in chosen.values() for curve in group]
    summed = np.max(trials, axis=0) if trials else np.zeros(len(marks))
    columns = [
        places(column, of_medians(runs[0].tolerance, measure, float(count)))
        for column, count in zip(zip(*medians, strict=True), summed, strict=True)
    ]
    rows = tuple(
        AnytimeRow(
            label,
            medians[i],
            tuple(best[i] for best, _ in columns),
            tuple(tied[i] for _, tied in columns),
            len(selection.counted),
            len(selection.failed),
        )
        for i, (label, selection) in enumerate(selections.items())
    )
    return AnytimeTable(problem, axis, measure, runs[0].tolerance, marks, rows)


def marks_of(runs: Sequence[RunRow], curves: Mapping[int, Curve], axis: Axis) -> tuple[float, ...]:
    """The positions at which :func:`anytime_table` has the medians of ONE problem's runs."""
    if axis is Axis.BUDGET or all(counts_budget(axis, run) for run in runs):
        unit = runs[0].quanta_per_unit if axis is Axis.BUDGET else 1
        return tuple(share * (runs[0].budget / unit) for share in MARKS)
    end = max((float(curves[run.id].x[-1]) for run in runs if run.id in curves and len(curves[run.id])), default=0.0)
    near = grid(axis, end * MARKS[0] / 2, end)
    if not len(near):
        return (end,) if end > 0 else ()
    return tuple(dict.fromkeys([*(float(near[np.argmin(np.abs(near - share * end))]) for share in MARKS[:-1]), end]))


def medians_at(selection: Selection, chosen: Sequence[Curve], marks: Sequence[float]) -> tuple[float | None, ...]:
    """The medians of one pair at those positions; ``chosen``: the curves of its counted runs."""
    start, end = _extent(selection, chosen)
    if selection.finished:
        end = np.inf  # a finished run stands at its last value
    at = np.asarray(marks, dtype=np.float64)
    inside = (at >= start) & (at <= end)
    if not inside.any():
        return (None,) * len(marks)
    _, median, _ = quartiles([sample(curve, at) for curve in chosen])
    return tuple(float(value) if ok else None for value, ok in zip(median, inside, strict=True))
