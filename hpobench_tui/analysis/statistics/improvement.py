"""Probability of improvement: how likely a run of the one is better than a run of the other, on a problem at random.

P = mean over problems of P(one < other) + P(one = other) / 2, over all combinations of the runs of a problem: R.
Agarwal et al., arXiv:2108.13264, section 4.3 (of one problem it is ``paired``'s A12). Nothing but order enters, so
that no problem's scale rules. The interval is a stratified bootstrap of repetitions, both contenders' together, as
they share their seeds; ends as in ``bootstrap``. On a single problem, or where no draw can come out otherwise, it is
Newcombe's (``paired``), which knows that what was never seen may happen.

How to read it: 0.5 is a coin toss, 0.75 says that of four runs three are better. It says how often, never by how much.
"""

import numpy as np

from hpobench_tui.analysis.statistics.bootstrap import draws, ends, kept
from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.paired import LEVEL, newcombe, preferences
from hpobench_tui.core.columns import Floats

RESAMPLES = 1000


def improvement(
    one: Floats,
    other: Floats,
    tolerances: float | Floats = 0.0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate | None:
    """The chance that ``one`` is better; each problem with a pair counts alike. None without a pair.

    Args:
        one, other: Shape (problems, repetitions); NaN where there is none.
        tolerances: Of each problem, shape (problems,), or of all.

    >>> improvement(np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, 3.0], [4.0, 4.0]])).value
    0.6875
    """
    together = ~(np.isnan(one) | np.isnan(other))
    sizes = together.sum(axis=1)
    problems = np.flatnonzero(sizes)
    if not len(problems):
        return None
    each_tolerance = np.broadcast_to(np.asarray(tolerances, dtype=np.float64), len(one))[problems]
    one, other, together, sizes = one[problems], other[problems], together[problems], sizes[problems]
    better = preferences(one, other, each_tolerance)
    both = together[:, :, None] & together[:, None, :]
    better = np.where(both, better, 0.0)
    value = float((better.sum(axis=(1, 2)) / sizes**2).mean())
    runs = int(sizes.sum())
    counts = np.zeros((len(problems), resamples, one.shape[1]), dtype=np.float32)
    counts.transpose(0, 2, 1)[together] = draws(tuple(sizes.tolist()), resamples, seed).T
    each = ((counts @ better.astype(np.float32)) * counts).sum(axis=2, dtype=np.float64)
    drawn = (each / (sizes**2)[:, None]).mean(axis=0)
    if len(problems) == 1 or np.ptp(drawn) == 0.0:
        below, above = newcombe(np.array([value]), np.array([runs]), level)
        return Estimate(value, float(below[0]), float(above[0]), level, runs)
    low, high = ends(drawn, runs, len(problems), level)
    return Estimate(value, max(0.0, low), min(1.0, high), min(level, float(kept(np.array(runs)))), runs)
