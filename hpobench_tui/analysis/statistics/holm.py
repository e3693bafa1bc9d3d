"""Many tests at once: Holm's correction.

Sture Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6(2), 1979: of m tests, the k-th
smallest p counts (m − k + 1)-fold, and no less than the smaller ones do. With no assumption about how the tests depend.

How to read it: where every corrected p up to 0.05 is called a difference, the chance that *any* of these calls is wrong
is at most 0.05, however many tests there are. The more tests, the more each has to show.
"""

import numpy as np

from hpobench_tui.core.columns import Floats


def holm(p: Floats) -> Floats:
    """Corrected p, of the same shape; NaN is a test that there is not, and stays so.

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    flat = np.asarray(p, dtype=np.float64).ravel()
    corrected = np.full(len(flat), np.nan)
    order = np.argsort(flat, kind="stable")[: int((~np.isnan(flat)).sum())]
    times = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(times * flat[order]))
    return corrected.reshape(np.shape(p))
