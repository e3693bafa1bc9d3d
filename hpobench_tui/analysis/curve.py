"""One run as a step function of progress."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis import axis as axes
from hpobench_tui.analysis import measure as measures
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import Floats, Integers, ProgressTable, RunRow


@dataclass(frozen=True, slots=True)
class Curve:
    """A right-continuous step function: ``y[i]`` from ``x[i]`` on, unknown before ``x[0]``. All of shape (n,).

    ``x`` never falls. Of several points at one ``x`` the last counts. ``trials`` is how many had ended: between two
    points whose counts are not neighbours there were others, so that the curve is exact at the positions of
    ``core.progress`` alone (``axis.grid``), where none of them changed it.

    >>> curve = Curve(x=np.array([1.0, 3.0]), y=np.array([0.5, 0.2]), trials=np.array([1, 3]))
    >>> points = np.array([0.0, 2.0, 9.0])
    >>> sample(curve, points).tolist(), exact(curve, points).tolist()
    ([nan, 0.5, 0.2], [False, False, True])
    """

    x: Floats
    y: Floats
    trials: Integers

    def __len__(self) -> int:
        return len(self.x)


def read_curves(reader: Source, runs: Iterable[RunRow], axis: Axis, measure: Measure | None = None) -> dict[int, Curve]:
    """The curves of runs by run id, reading no more of the store than they need.

    Args:
        measure: None: what each problem's runs show by default.
    """
    curves = {}
    for run in runs:
        columns = (axes.COLUMN[axis], *measures.COLUMNS[measure or run.measure])
        curves[run.id] = run_curve(reader.progress(run.id, columns=columns), run, axis, measure)
    return curves


def run_curve(progress: ProgressTable, run: RunRow, axis: Axis, measure: Measure | None = None) -> Curve:
    """The curve of a run from all its rows of progress; those without a value are dropped.

    A run without any value gives an empty curve.
    """
    x, y = axes.positions(progress, axis, run.quanta_per_unit), measures.values(progress, measure or run.measure, run)
    known = ~np.isnan(y)
    return Curve(x[known], y[known], progress.number[known] + 1)


def sample(curve: Curve, grid: Floats) -> Floats:
    """The curve's values at the points of ``grid``, shape (m,): NaN before its first point, its last value after it."""
    sampled = np.full(len(grid), np.nan)
    index = _index(curve, grid)
    known = index >= 0
    sampled[known] = curve.y[index[known]]
    return sampled


def trials_at(curve: Curve, grid: Floats) -> Integers:
    """How many trials had ended at the points of ``grid``, as far as the curve knows, shape (m,)."""
    index = _index(curve, grid)
    return np.where(index >= 0, curve.trials[index], 0)


def exact(curve: Curve, grid: Floats) -> NDArray[np.bool_]:
    """Whether no trial that the curve leaves out can have changed it between a point of ``grid`` and its own before.

    So it is after the last of its points, and where no trial is left out before the next. Shape (m,).
    """
    index = _index(curve, grid)
    followed = np.append(np.diff(curve.trials) == 1, True)
    certain: NDArray[np.bool_] = (index >= 0) & followed[index]
    return certain


def _index(curve: Curve, grid: Floats) -> NDArray[np.intp]:
    index: NDArray[np.intp] = np.searchsorted(curve.x, grid, side="right") - 1
    return index
