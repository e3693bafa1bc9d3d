"""When a difference is a regression: one-sided signed-rank tests that together keep one level.

Differences are *new − old*, pair by pair; above 0 is worse. The null distribution is that of fair signs
(``statistics.signed_rank``): where nothing changed, old and new could have been swapped in every pair.

*Level.* α is shared evenly by the families of tests (loss over all problems, loss on single ones, failures, time).
Within a family Holm's correction is over the tests that can tell: a test of n pairs that differ has no p below 2⁻ⁿ, and
one whose lowest p is above its share is left out. Signs alone are random under the null hypothesis, and the lowest p
does not depend on them, so the level is kept: R. E. Tarone, "A modified Bonferroni method for discrete data",
Biometrics 46(2), 1990. Without that, sixty optimizers of which one was changed would have the power of sixty that were.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.statistics.holm import holm
from hpobench_tui.analysis.statistics.over_problems import stratified
from hpobench_tui.analysis.statistics.signed_rank import signed_ranks, tails_of
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.equality import ROUND_OFF


@dataclass(frozen=True, slots=True)
class Evidence:
    """One test.

    Attributes:
        p: One-sided: how likely fair signs are as far on the worse side.
        least_p: The lowest that it can be.
        n: Pairs.
        differ: Pairs that differ.
    """

    p: float
    least_p: float
    n: int
    differ: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """A test among those of its family.

    Attributes:
        p: Corrected; compare it with the family's share of the level. NaN: the test cannot tell.
        level: What a lone regression's p must not exceed.
    """

    p: float
    level: float


def worse(apart: Floats) -> Evidence:
    """Test whether differences lie above 0, stratified by problem.

    Args:
        apart: Shape (problems, pairs): 0 is a tie, NaN no pair.
    """
    pairs = (~np.isnan(apart)).sum(axis=1)
    scores, step = stratified(signed_ranks(apart, ROUND_OFF), pairs)
    differ = int((scores != 0).sum())
    p = float(tails_of(scores.reshape(1, -1), np.array([step]))[0]) if differ else 1.0
    return Evidence(p, 2.0**-differ, int(pairs.sum()), differ)


def telling(least: Floats, level: float) -> NDArray[np.bool_]:
    """Which tests can tell: as many as can be, so that each can have a p of ``level`` / their number.

    >>> telling(np.array([0.001, 0.002, 0.03, 0.5]), 0.05).tolist()
    [True, True, False, False]
    """
    for bound in sorted({*least.tolist()}, reverse=True):
        mask: NDArray[np.bool_] = least <= bound
        if bound <= level / mask.sum():
            return mask
    return np.zeros(len(least), dtype=bool)


def corrected(tests: Sequence[Evidence], level: float) -> list[Corrected]:
    """The tests of one family, which together keep the level."""
    mask = telling(np.array([test.least_p for test in tests]), level)
    p = holm(np.array([test.p if tells else np.nan for test, tells in zip(tests, mask, strict=True)]))
    own = level / max(1, int(mask.sum()))
    return [Corrected(each, own) for each in p.tolist()]
