"""Axes of a chart: the visible interval, linear or logarithmic, its ticks and their labels. Pure numerics.

Right for all finite floats: where the span of an interval is more than a float can hold, it is worked out in halves,
and no end, margin or tick leaves what floats can hold.
"""

import sys
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10, ulp

import numpy as np
from numpy.typing import NDArray

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MANTISSAS = (1.0, 2.0, 5.0)
_LARGEST, _LEAST = sys.float_info.max, ulp(0.0)
_EXPONENTS = log10(_LEAST), log10(_LARGEST)
_FINEST = 1e-9
"""The smallest visible span, relative to the numbers shown: below it floating point shows staircases."""
_SMALL = 1e-300
"""Smaller numbers look like zero on a linear axis: their own floats are too coarse for ticks between them."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What is visible of an axis, from ``lower`` to ``upper`` (both positive if ``log``)."""

    lower: float
    upper: float
    log: bool = False

    def fraction(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where values lie: 0 at ``lower``, 1 at ``upper``; on a log axis what is not positive lies at -inf."""
        if not self.log:
            half = 1.0 if max(-self.lower, self.upper) < _LARGEST / 4 else 0.5
            with np.errstate(over="ignore"):  # what is far outside lies at infinity
                linear: NDArray[np.float64] = (values * half - self.lower * half) / (
                    self.upper * half - self.lower * half
                )
            return linear
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(values > 0, np.log10(np.maximum(values, 0)), np.where(np.isnan(values), np.nan, -np.inf))
        low, high = log10(self.lower), log10(self.upper)
        result: NDArray[np.float64] = (logs - low) / (high - low)
        return result

    def value(self, fraction: float) -> float:
        """The inverse of :meth:`fraction`."""
        return self._back(self._at(fraction))

    def zoomed(self, factor: float, anchor: float) -> "Interval":
        """``factor`` < 1 shows less; the value at fraction ``anchor`` stays where it is."""
        fixed = self._at(anchor)
        low, high = (fixed * (1 - factor) + end * factor for end in self._ends())
        return self._moved(low, high)

    def panned(self, fraction: float) -> "Interval":
        """Moved to the right by a fraction of what is visible."""
        return self._moved(self._at(fraction), self._at(1 + fraction))

    def _ends(self) -> tuple[float, float]:
        return (log10(self.lower), log10(self.upper)) if self.log else (self.lower, self.upper)

    def _at(self, fraction: float) -> float:
        """The transformed value there; a weighted mean, as the span may be more than a float can hold."""
        low, high = self._ends()
        return low * (1 - fraction) + high * fraction

    def _back(self, position: float) -> float:
        return _power(position) if self.log else position

    def _moved(self, low: float, high: float) -> "Interval":
        """The interval with those transformed ends, or itself where they would leave what floats can show."""
        least, most = _EXPONENTS if self.log else (-_LARGEST, _LARGEST)
        finest = _FINEST * max(abs(low), abs(high), 1.0 if self.log else _SMALL)
        if not least <= low < high <= most or high / 2 - low / 2 < finest / 2:
            return self
        moved = Interval(self._back(low), self._back(high), self.log)
        return moved if moved.lower < moved.upper else self


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis; ``fraction`` as in :meth:`Interval.fraction`."""

    value: float
    fraction: float
    label: str


def fit(values: NDArray[np.float64], log: bool) -> Interval | None:
    """The interval that shows all finite values, its ends on round numbers so that it seldom moves.

    None if there is nothing to show: no finite value or, on a log axis, no positive one.
    """
    shown = values[np.isfinite(values)]
    if log:
        shown = shown[shown > 0]
    if not len(shown):
        return None
    low, high = float(shown.min()), float(shown.max())
    if log:
        lower, upper = _round_log(low, up=False), _round_log(high, up=True)
        if lower == upper:
            lower, upper = max(lower / 2, _LEAST), min(upper * 2, _LARGEST)
        return Interval(lower, upper, True)
    finest = _FINEST * max(abs(low), abs(high), _SMALL)
    if high / 2 - low / 2 < finest / 2:
        margin = max(abs(low) / 2 or 0.5, finest) if low == high else finest
        lower, upper = low - margin, high + margin
    else:
        step = nice_step(low, high, 8)
        lower, upper = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    return Interval(max(lower, -_LARGEST), min(upper, _LARGEST))


def ticks(interval: Interval, count: int, ascii_only: bool = False) -> list[Tick]:
    """About ``count`` ticks at most. Log axes: decades; 2 and 5 between them where few decades are visible."""
    count = max(count, 2)
    values = _log_ticks(interval, count) if interval.log else []
    if len(values) >= 2:
        labels = [label(v, ascii_only) for v in values]
    else:
        for parts in (count, 2 * count, 4 * count):  # few parts of a short axis may have no round number between them
            step = nice_step(interval.lower, interval.upper, parts)
            first, last = ceil(interval.lower / step - 1e-9), floor(interval.upper / step + 1e-9)
            values = [i * step for i in range(first, last + 1)]
            if len(values) >= 2:
                break
        decimals = max(0, -floor(log10(step) + 1e-9))
        labels = [_linear_label(v, step, decimals, ascii_only) for v in values]
    # by round-off a tick may be past an end
    values = [min(max(value, interval.lower), interval.upper) for value in values]
    fractions = interval.fraction(np.array(values, dtype=np.float64))
    return [Tick(v, float(f), text) for v, f, text in zip(values, fractions, labels, strict=True)]


def nice_step(lower: float, upper: float, count: int) -> float:
    """The smallest of 1, 2, 5 × 10^k that makes at most ``count`` parts of what is between ``lower`` and ``upper``."""
    span = upper - lower
    raw = max(span / count if isfinite(span) else upper / count - lower / count, _LEAST)
    power = _power(floor(log10(raw)))
    return next((m * power for m in (1.0, 2.0, 5.0, 10.0) if raw * (1 - 1e-9) <= m * power < inf), power)


def label(value: float, ascii_only: bool = False) -> str:
    """A short name of a round number: 0.01, 50, 2×10⁵ (2e5 where only ASCII can be shown)."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.12g}"
    digits, _, power_of_ten = f"{value:.2e}".partition("e")
    mantissa, exponent = f"{float(digits):g}", int(power_of_ten)
    if ascii_only:
        return f"{mantissa}e{exponent}"
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa}×{power}"


def number(value: float) -> str:
    """A measured value in at most eight columns, for read-outs and tables."""
    if not isfinite(value):
        return "–" if value != inf else "∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def _linear_label(value: float, step: float, decimals: int, ascii_only: bool) -> str:
    if max(abs(value), step) >= 1e5 or step < 1e-4:
        return "0" if abs(value) < step / 2 else label(value, ascii_only)
    return f"{value:.{decimals}f}"


def _power(exponent: float) -> float:
    """10^exponent, at the limits of floats the limit."""
    return _LARGEST if exponent >= _EXPONENTS[1] else max(float(10.0**exponent), _LEAST)


def _round_log(value: float, up: bool) -> float:
    """The nearest of 1, 2, 5 × 10^k above or below."""
    exponent = floor(log10(value))
    candidates = [float(f"{m:g}e{e}") for e in (exponent - 1, exponent, exponent + 1) for m in _MANTISSAS]
    if up:
        return min(_LARGEST, *(c for c in candidates if c >= value * (1 - 1e-12)))
    return max(c for c in candidates if c <= value * (1 + 1e-12) and c < inf)


def _log_ticks(interval: Interval, count: int) -> list[float]:
    first, last = floor(log10(interval.lower) + 1e-9), ceil(log10(interval.upper) - 1e-9)
    low, high = interval.lower * (1 - 1e-9), interval.upper * (1 + 1e-9)
    for mantissas in (_MANTISSAS, (1.0,)):
        values = [float(f"{m:g}e{e}") for e in range(first, last + 1) for m in mantissas]
        values = [v for v in values if low <= v <= high and 0 < v < inf]
        if len(values) <= count:
            return values
    stride = -(-len(values) // count)
    return [v for v in values if round(log10(v)) % stride == 0]
