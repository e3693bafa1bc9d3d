"""Axes of a chart: the visible interval, linear or logarithmic, its ticks and their labels. Pure numerics."""

from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10

import numpy as np
from numpy.typing import NDArray

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MANTISSAS = (1.0, 2.0, 5.0)
_EXPONENT_LIMIT = 300.0
_FINEST = 1e-9
"""The smallest visible span, relative to the numbers shown: below it floating point shows staircases."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What is visible of an axis, from ``lower`` to ``upper`` (both positive if ``log``)."""

    lower: float
    upper: float
    log: bool = False

    def fraction(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where values lie: 0 at ``lower``, 1 at ``upper``; on a log axis what is not positive lies at -inf."""
        if not self.log:
            return (values - self.lower) / (self.upper - self.lower)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(values > 0, np.log10(np.maximum(values, 0)), np.where(np.isnan(values), np.nan, -np.inf))
        low, high = log10(self.lower), log10(self.upper)
        result: NDArray[np.float64] = (logs - low) / (high - low)
        return result

    def value(self, fraction: float) -> float:
        """The inverse of :meth:`fraction`."""
        low, high = self._ends()
        return self._back(low + fraction * (high - low))

    def zoomed(self, factor: float, anchor: float) -> "Interval":
        """``factor`` < 1 shows less; the value at fraction ``anchor`` stays where it is."""
        low, high = self._ends()
        span = (high - low) * factor
        middle = low + anchor * (high - low)
        return self._moved(middle - anchor * span, middle + (1 - anchor) * span)

    def panned(self, fraction: float) -> "Interval":
        """Moved to the right by a fraction of what is visible."""
        low, high = self._ends()
        shift = fraction * (high - low)
        return self._moved(low + shift, high + shift)

    def _ends(self) -> tuple[float, float]:
        return (log10(self.lower), log10(self.upper)) if self.log else (self.lower, self.upper)

    def _back(self, position: float) -> float:
        return float(10**position) if self.log else position

    def _moved(self, low: float, high: float) -> "Interval":
        """The interval with those transformed ends, or itself where they would leave what floats can show."""
        scale = max(abs(low), abs(high), 1e-300 if not self.log else 1.0)
        too_far = self.log and scale > _EXPONENT_LIMIT
        if too_far or not isfinite(high - low) or high - low < _FINEST * scale:
            return self
        return Interval(self._back(low), self._back(high), self.log)


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
        return Interval(lower, upper, True) if lower < upper else Interval(lower / 2, upper * 2, True)
    if low == high:
        margin = abs(low) / 2 or 0.5
        return Interval(low - margin, high + margin)
    step = nice_step(high - low, 8)
    return Interval(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step)


def ticks(interval: Interval, count: int, ascii_only: bool = False) -> list[Tick]:
    """About ``count`` ticks at most. Log axes: decades; 2 and 5 between them where few decades are visible."""
    count = max(count, 2)
    values = _log_ticks(interval, count) if interval.log else []
    if len(values) >= 2:
        labels = [label(v, ascii_only) for v in values]
    else:
        step = nice_step(interval.upper - interval.lower, count)
        first = ceil(interval.lower / step - 1e-9)
        last = floor(interval.upper / step + 1e-9)
        values = [i * step for i in range(first, last + 1)]
        decimals = max(0, -floor(log10(step) + 1e-9))
        labels = [_linear_label(v, step, decimals, ascii_only) for v in values]
    fractions = interval.fraction(np.array(values, dtype=np.float64))
    return [Tick(v, float(f), text) for v, f, text in zip(values, fractions, labels, strict=True)]


def nice_step(span: float, count: int) -> float:
    """The smallest of 1, 2, 5 × 10^k that divides ``span`` into at most ``count`` parts."""
    raw = span / count
    power = 10.0 ** floor(log10(raw))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))


def label(value: float, ascii_only: bool = False) -> str:
    """A short name of a round number: 0.01, 50, 2×10⁵ (2e5 where only ASCII can be shown)."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.12g}"
    exponent = floor(log10(abs(value)) + 1e-12)
    mantissa = f"{value / 10.0**exponent:.3g}"
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


def _round_log(value: float, up: bool) -> float:
    """The nearest of 1, 2, 5 × 10^k above or below."""
    exponent = floor(log10(value))
    candidates = [float(f"{m:g}e{e}") for e in (exponent - 1, exponent, exponent + 1) for m in _MANTISSAS]
    if up:
        return min(c for c in candidates if c >= value * (1 - 1e-12))
    return max(c for c in candidates if c <= value * (1 + 1e-12))


def _log_ticks(interval: Interval, count: int) -> list[float]:
    first, last = floor(log10(interval.lower) + 1e-9), ceil(log10(interval.upper) - 1e-9)
    low, high = interval.lower * (1 - 1e-9), interval.upper * (1 + 1e-9)
    for mantissas in (_MANTISSAS, (1.0,)):
        values = [float(f"{m:g}e{e}") for e in range(first, last + 1) for m in mantissas]
        values = [v for v in values if low <= v <= high]
        if len(values) <= count:
            return values
    stride = -(-len(values) // count)
    return [v for v in values if round(log10(v)) % stride == 0]
