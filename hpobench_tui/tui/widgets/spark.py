"""A curve in one row of text."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.tui.widgets.chart import axes
from hpobench_tui.tui.widgets.chart.axes import Interval

_BLOCKS, _LETTERS = "▁▂▃▄▅▆▇█", ".:-=+*#@"
_FLOOR = "_"


def spark(
    values: Sequence[float] | NDArray[np.float64],
    width: int,
    log: bool = True,
    limits: tuple[float, float] | None = None,
    ascii_only: bool = False,
) -> str:
    """``values`` (n,), evenly spaced, in ``width`` columns; of several in a column the last that is known.

    What is not positive lies on a floor (``_``) where the scale is logarithmic, which it is only if anything is
    positive; where nothing is known there is a blank. Infinite ones are at the edges.

    >>> spark([100.0, 10.0, 1.0, 0.0], 4)
    '█▅▁_'
    >>> spark([-1.0, -3.0, float("nan")], 3)
    '█▁ '

    Args:
        limits: The ends of the scale, for curves that are compared; else it holds all values.
    """
    known = np.asarray(values, dtype=np.float64)
    if width < 1 or not len(known):
        return " " * max(width, 0)
    picked = _last_known(known, width)
    scale = _scale(known, log, limits)
    if scale is None:
        return "".join(" " if np.isnan(v) else _FLOOR for v in picked.tolist())
    glyphs = _LETTERS if ascii_only else _BLOCKS
    shares = np.clip(np.nan_to_num(scale.fraction(picked), posinf=1.0, neginf=0.0), 0.0, 1.0)
    steps = np.round(shares * (len(glyphs) - 1)).astype(np.intp).tolist()
    return "".join(
        " " if np.isnan(v) else _FLOOR if scale.log and v <= 0 else glyphs[step]
        for v, step in zip(picked.tolist(), steps, strict=True)
    )


def _last_known(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """One value for each column: the last of its part that is no NaN."""
    if len(values) <= width:
        return values[np.arange(width) * len(values) // width]
    ends = np.linspace(0, len(values), width + 1).round().astype(np.intp)
    index = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))[ends[1:] - 1]
    return np.where(index >= ends[:-1], values[index], np.nan)


def _scale(values: NDArray[np.float64], log: bool, limits: tuple[float, float] | None) -> Interval | None:
    if limits is not None and np.isfinite(limits).all() and limits[0] < limits[1] and (limits[0] > 0 or not log):
        return Interval(*limits, log=log)
    shown = values[np.isfinite(values)]
    if log and (shown > 0).any():
        shown = shown[shown > 0]
    else:
        log = False
    if not len(shown):
        return None
    low, high = float(shown.min()), float(shown.max())
    return Interval(low, high, log) if low < high else axes.fit(np.array([low]), log)
