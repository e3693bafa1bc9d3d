"""Where values stand on the vertical axis of a figure.

Matplotlib works limits, margins and ticks out from differences and powers of what it draws, which overflow near the
limits of floats. Where values go beyond 10^±100, or are infinite, it is therefore given their common logarithms or
multiples of a power of ten, numbers of ordinary size, and the labels say so.
"""

import math
from dataclasses import dataclass

import numpy as np

from hpobench_tui.store.reader import Floats

ORDINARY = 1e-100, 1e100
"""Sizes of values that Matplotlib's own scales draw well."""
OUTSIDE = 5.0
"""Axis lengths from the axis at which that is drawn which lies further away: a curve then leaves the figure."""
ROOM = 0.05
"""Above and below what a logarithmic axis shows: of its decades, and of one decade at the least."""
_LEAST_POWER = -307
"""Smaller powers of ten are no normal floats: dividing by them would lose digits."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical axis.

    Attributes:
        log: Equal ratios have equal lengths.
        low, high: The least and the greatest value that it shows: finite, and positive if ``log``.
        power: None: Matplotlib draws the values themselves, on a scale of its own. Else it draws their logarithms if
            ``log``, or else multiples of 10^power, on a linear scale.
        note: Why it is not logarithmic, if it is not.
    """

    log: bool
    low: float
    high: float
    power: int | None = None
    note: str | None = None

    def heights(self, values: Floats) -> Floats:
        """What Matplotlib is to draw, shape as given; NaN where there is no value."""
        if self.power is None:
            return values
        bottom, top = float(self._plain(self.low)), float(self._plain(self.high))
        outside = OUTSIDE * (top - bottom or 1.0)
        return np.clip(self._plain(values), bottom - outside, top + outside)

    def limits(self) -> tuple[float, float]:
        """The ends of a logarithmic axis, as heights."""
        bottom, top = math.log10(self.low), math.log10(self.high)
        room = max((top - bottom) * ROOM, ROOM)
        if self.power is None:
            return self.low * 10**-room, self.high * 10**room
        return bottom - room, top + room

    def _plain(self, values: Floats | float) -> Floats:
        if not self.log:
            return np.asarray(values) / 10.0 ** (self.power or 0)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log10(np.maximum(values, 0.0)), dtype=np.float64)


def scale(medians: Floats, shown: Floats) -> Scale | None:
    """The scale for these values: logarithmic unless the medians forbid it. None: none of them is finite.

    Args:
        medians: Of all curves.
        shown: All that is drawn, the medians among them.
    """
    finite = shown[np.isfinite(shown)]
    if not len(finite):
        return None
    note = None
    if not (medians > 0).any():
        note = "linear axis: no median is positive"
    elif (medians < 0).any():
        note = "linear axis: a median is negative, so the reference is not a lower bound"
    if note is None and (positive := finite[finite > 0]).size:
        low, high = float(positive.min()), float(positive.max())
        ordinary = ORDINARY[0] <= low and high <= ORDINARY[1] and not np.isinf(shown).any()
        return Scale(True, low, high, None if ordinary else 0)
    low, high = float(finite.min()), float(finite.max())
    most = max(abs(low), abs(high))
    if (most == 0 or ORDINARY[0] <= most <= ORDINARY[1]) and not np.isinf(shown).any():
        return Scale(False, low, high, None, note)
    power = max(math.floor(math.log10(most)), _LEAST_POWER) if most else 0
    return Scale(False, low, high, power, note)
