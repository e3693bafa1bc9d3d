"""What a chart draws: a curve of numbers with a name."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.tui.widgets.chart.axes import Interval

Kind = Literal["step", "line", "points"]


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """A curve of one optimizer: ``x`` increasing, ``y`` of the same length, NaN where there is none.

    Attributes:
        look: Index of its colour and marker, the same in every panel.
        kind: ``step`` keeps its value until the next point (an incumbent, an ECDF), ``line`` joins points by straight
            lines, ``points`` does not join them, and they may come in any order.
        lower, upper: The band, same length, or None.
        note: What the read-out adds, e.g. how many runs.
        grey: One of many others: below all else, without colour, and in the legend only counted.
        marked: Of a few points: each is a marker of its own, before all lines.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    look: int = 0
    kind: Kind = "step"
    lower: NDArray[np.float64] | None = None
    upper: NDArray[np.float64] | None = None
    note: str = ""
    grey: bool = False
    marked: bool = False

    def at(self, x: float) -> float:
        """Its value at ``x``, of points that of the nearest; NaN outside."""
        if self.kind == "points":
            return self._nearest(x)
        if not len(self.x) or not self.x[0] <= x <= self.x[-1]:
            return float("nan")
        after = int(np.searchsorted(self.x, x, side="right"))
        if self.kind == "step" or after == len(self.x):
            return float(self.y[after - 1])
        ends = self.x[after - 1 : after + 1]
        share = float(Interval(ends[0], ends[1]).fraction(np.array([x]))[0])
        return float(self.y[after - 1] * (1 - share) + self.y[after] * share)

    def _nearest(self, x: float) -> float:
        known = np.flatnonzero(np.isfinite(self.x))
        if not len(known):
            return float("nan")
        with np.errstate(over="ignore"):
            return float(self.y[known[int(np.argmin(np.abs(self.x[known] - x)))]])
