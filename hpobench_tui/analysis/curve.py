"""One run as a step function of progress."""

from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.axis import Axis, positions
from hpobench_tui.analysis.measure import Measure, values
from hpobench_tui.store.reader import Floats, ProgressTable


@dataclass(frozen=True, slots=True)
class Curve:
    """A right-continuous step function: ``y[i]`` from ``x[i]`` on, unknown before ``x[0]``. Both of shape (n,).

    ``x`` never falls. Of several points at one ``x`` the last counts.
    """

    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.x)


def run_curve(
    progress: ProgressTable, axis: Axis, measure: Measure, reference: float, quanta_per_unit: int = 1
) -> Curve:
    """The curve of a run from all its rows of progress.

    Points without a value are dropped; of points with equal values only the first is kept, and the very last, which
    says how far the run has come. A run without any value gives an empty curve.
    """
    x, y = positions(progress, axis, quanta_per_unit), values(progress, measure, reference)
    known = ~np.isnan(y)
    x, y = x[known], y[known]
    if len(y) > 2:
        kept = np.concatenate(([True], y[1:] != y[:-1]))
        kept[-1] = True
        x, y = x[kept], y[kept]
    return Curve(x, y)


def sample(curve: Curve, grid: Floats) -> Floats:
    """The curve's values at the points of ``grid``, shape (m,): NaN before its first point, its last value after it."""
    sampled = np.full(len(grid), np.nan)
    index = np.searchsorted(curve.x, grid, side="right") - 1
    known = index >= 0
    sampled[known] = curve.y[index[known]]
    return sampled
