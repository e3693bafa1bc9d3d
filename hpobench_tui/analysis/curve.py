"""One run as a step function of progress."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis import axis as axes
from hpobench_tui.analysis import measure as measures
from hpobench_tui.analysis.axis import Axis
from hpobench_tui.analysis.measure import Measure
from hpobench_tui.store.reader import Floats, ProgressTable, Reader, RunRow


@dataclass(frozen=True, slots=True)
class Curve:
    """A right-continuous step function: ``y[i]`` from ``x[i]`` on, unknown before ``x[0]``. Both of shape (n,).

    ``x`` never falls. Of several points at one ``x`` the last counts.
    """

    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.x)


def read_curves(reader: Reader, runs: Iterable[RunRow], axis: Axis, measure: Measure) -> dict[int, Curve]:
    """The curves of runs by run id, reading no more of the store than they need."""
    columns = (axes.COLUMN[axis], *measures.COLUMNS[measure])
    return {
        run.id: run_curve(reader.progress(run.id, columns=columns), axis, measure, run.reference, run.quanta_per_unit)
        for run in runs
    }


def run_curve(
    progress: ProgressTable, axis: Axis, measure: Measure, reference: float, quanta_per_unit: int = 1
) -> Curve:
    """The curve of a run from all its rows of progress.

    Points without a value are dropped; of points with equal values only the first is kept, and the very last, which
    says how far the run has come. A run without any value gives an empty curve.
    """
    x, y = axes.positions(progress, axis, quanta_per_unit), measures.values(progress, measure, reference)
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
