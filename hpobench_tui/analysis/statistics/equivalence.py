"""Better, worse, as good as equal, or not decided: what a comparison comes to.

*Equivalent* by two one-sided tests (D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the power
approach", J. Pharmacokinet. Biopharm. 15(6), 1987), each a signed-rank test as in ``paired``: that the differences lie
above −margin, and that they lie below +margin; the larger p of the two counts. With a margin of 0 it is the limit of
ever smaller ones: a tie is then inside, every difference outside.

The rule, for a level α:

| verdict | when |
|---|---|
| equivalent | both one-sided tests have p ≤ α, and what differs by more than the margin is not on one side (p > α) |
| better, worse | else, where the two-sided test has p ≤ α, by the sign of the rank sum |
| undecided | else: there may be a difference or none, more seeds would tell (``power``) |

The second condition is for many ties: two contenders that are alike in 50 repetitions of 60 and differ in ten, always
to the same side, are typically equal, and still one of them is better.

How to read it: *undecided* is not *equal*. Between equals, *better* or *worse* comes out with a chance of at most α;
between two whose typical difference is the margin or more, *equivalent* does.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.over_problems import OverProblems
from hpobench_tui.analysis.statistics.paired import Paired, walsh_estimates
from hpobench_tui.analysis.statistics.signed_rank import (
    differences,
    round_off,
    signed_ranks,
    two_sided,
    upper_tails,
)
from hpobench_tui.core.columns import Floats

ALPHA = 0.05
SMALL_SHIFT = 0.06
"""A probability of improvement this near to 0.5 is negligible: Vargha & Delaney call 0.56 a small effect."""


class Verdict(StrEnum):
    """Of the first of two contenders."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Of two contenders on one problem.

    Attributes:
        n: Pairs.
        margin: Differences up to it do not matter, in the problem's unit of loss.
        p: Of the two one-sided tests, the larger: small where the typical difference is inside the margin. 1 without
            a pair.
        beyond: p, two-sided, of the differences that exceed the margin, all others taken for ties.
        interval: Hodges-Lehmann estimate of one − other; inside the margin where ``p`` ≤ α, but for ties. Its level
            is 1 − 2α. None below two pairs.
    """

    n: int
    margin: float
    p: float
    beyond: float
    interval: Estimate | None


def equivalence(
    one: Floats, other: Floats, margin: float = 0.0, tolerance: float = 0.0, alpha: float = ALPHA
) -> Equivalence:
    """Whether the typical difference is within ``margin``.

    Args:
        one, other: A number a repetition, shape (repetitions,); NaN where there is none.
        margin: At least 0; what is below ``tolerance`` counts as ``tolerance``.
    """
    return equivalence_rows(one[None], other[None], np.array([margin]), np.array([tolerance]), alpha)[0]


def equivalence_rows(
    one: Floats, other: Floats, margins: Floats, tolerances: Floats, alpha: float = ALPHA
) -> list[Equivalence]:
    """Many at once: shapes (m, repetitions) and (m,)."""
    margins = np.maximum(margins, tolerances)
    apart, slack = differences(one, other, tolerances), round_off(one, other)
    p = np.maximum(_inside(apart, margins, slack), _inside(-apart, margins, slack))
    beyond = two_sided(signed_ranks(np.where(np.abs(apart) <= margins[:, None] + slack, 0.0, apart), slack))
    intervals = walsh_estimates(apart, 1 - 2 * alpha)
    there = (~np.isnan(apart)).sum(axis=1)
    rows = zip(there.tolist(), margins.tolist(), p.tolist(), beyond.tolist(), intervals, strict=True)
    return [Equivalence(*row) for row in rows]


def _inside(apart: Floats, margins: Floats, slack: Floats) -> Floats:
    """p of the test that the differences lie above −margin; a tie lies above it by however little."""
    shifted = np.where((apart == 0.0) & (margins[:, None] == 0.0), np.finfo(float).tiny, apart + margins[:, None])
    shifted = np.where(np.abs(shifted) <= slack, np.where(apart == 0.0, shifted, 0.0), shifted)
    return upper_tails(signed_ranks(shifted, slack))


def verdict(paired: Paired, equal: Equivalence | None = None, alpha: float = ALPHA, p: float | None = None) -> Verdict:
    """What the comparison on one problem comes to, by the rule above.

    Args:
        equal: None: equivalence is not asked for.
        p: In place of the comparison's own, corrected for others (``holm``).
    """
    if equal is not None and equal.p <= alpha < equal.beyond:
        return Verdict.EQUIVALENT
    if (paired.p if p is None else p) > alpha:
        return Verdict.UNDECIDED
    return Verdict.BETTER if paired.side < 0 else Verdict.WORSE


def verdict_over(
    over: OverProblems, margin: float | None = SMALL_SHIFT, alpha: float = ALPHA, p: float | None = None
) -> Verdict:
    """What the comparison over problems comes to: *equivalent* where the interval of the probability of improvement
    lies within 0.5 ± ``margin`` (None: it is not asked for), else by the stratified test."""
    shift = over.improvement
    if margin is not None and shift is not None and 0.5 - margin <= shift.lower and shift.upper <= 0.5 + margin:
        return Verdict.EQUIVALENT
    if (over.p if p is None else p) > alpha:
        return Verdict.UNDECIDED
    return Verdict.BETTER if over.side < 0 else Verdict.WORSE
