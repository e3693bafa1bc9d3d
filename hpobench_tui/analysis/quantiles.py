"""Quantiles, medians and means of floats of any size: nothing overflows on the way.

Quantiles are linear interpolations between order statistics (numpy's default, Hyndman & Fan 1996, type 7). Between
-1.8e308 and 1.8e308 the difference is no float any more, nor is the sum of two such numbers: where that happens all are
taken to a quarter (a power of two: exactly, but for numbers near 0, which such a quantile does not lie near), and the
result back.
"""

from collections.abc import Sequence

import numpy as np

from hpobench_tui.store.reader import Floats

_QUARTILES = (0.25, 0.5, 0.75)
_SUMMABLE = 2.0**960


def quartiles(values: Floats | Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Lower quartile, median and upper quartile along the first axis."""
    stacked = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # NaN gives NaN, without a word
        found = np.quantile(stacked, _QUARTILES, axis=0)
        if not np.isfinite(found).all():
            found = np.where(np.isfinite(found), found, np.quantile(stacked / 4, _QUARTILES, axis=0) * 4)
    lower, median, upper = found
    return lower, median, upper


def mean(values: Sequence[float]) -> float:
    """The mean of at least one number."""
    each = np.asarray(values, dtype=np.float64)
    largest = float(np.abs(each).max())
    return float(np.mean(each / largest) * largest) if largest > _SUMMABLE else float(np.mean(each))
