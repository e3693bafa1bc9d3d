"""Where values of the y axis stand in the rows of a chart. Pure numerics.

On a logarithmic axis there is no place for zero and what is below it, yet those may be the best values of all: an
optimizer that found the optimum has a regret of zero. They live on a floor, the lowest row, under a break of the axis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.tui.widgets.chart.axes import Interval

_BREAK_FROM = 10
"""Rows from which the break has one of its own."""


@dataclass(frozen=True, slots=True)
class Heights:
    """``rows`` rows of cells, of which the lowest ``floor`` are for what a logarithmic axis cannot hold.

    ``below_zero``: whether anything is negative, so that the floor is named for it.
    """

    y: Interval
    rows: int
    floor: int = 0
    below_zero: bool = False

    @property
    def above(self) -> int:
        """Rows of the axis itself."""
        return max(self.rows - self.floor, 0)

    def dots(self, values: NDArray[np.float64], high: int) -> NDArray[np.float64]:
        """Heights in dots, ``high`` of them a row: 0 is the lowest dot. What is outside is kept just outside, so that
        strokes reach the edge and arithmetic stays finite; NaN stays.
        """
        lowest = self.floor * high
        at = np.clip(self.y.fraction(values), -1e6, 1e6) * max(self.above * high - 1, 1) + lowest
        at = np.clip(at, lowest - (1.0 if self.floor else 2.0), self.rows * high + 1.0)
        return np.where(values <= 0, self.floor_dot(high), at) if self.floor else at

    def floor_dot(self, high: int) -> float:
        """Where the floor is, in dots."""
        return float((high - 1) // 2)

    def edges(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights in rows, 0 the bottom of the lowest: where a band ends."""
        at = np.clip(self.y.fraction(values), -1, 2) * self.above + self.floor
        return np.where(values <= 0, 0.0, np.maximum(at, self.floor)) if self.floor else at

    def row(self, value: float) -> int | None:
        """The row of a value, 0 at the top; None where it is not visible."""
        if self.floor and value <= 0:
            return self.rows - 1
        share = float(self.y.fraction(np.array([value]))[0])
        return self.above - 1 - round(share * (self.above - 1)) if 0.0 <= share <= 1.0 else None

    def name(self, ascii_only: bool) -> str:
        """What the floor is labelled with."""
        return "0" if not self.below_zero else "<=0" if ascii_only else "≤0"


def heights(y: Interval, values: NDArray[np.float64], rows: int) -> Heights:
    """The layout for these values: with a floor where the axis is logarithmic and some of them have no logarithm."""
    if not y.log or rows < 2 or not (values <= 0).any():
        return Heights(y, rows)
    return Heights(y, rows, 2 if rows >= _BREAK_FROM else 1, bool((values < 0).any()))
