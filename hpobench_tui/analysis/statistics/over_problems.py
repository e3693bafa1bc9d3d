"""Two contenders on several problems, paired by problem and repetition: one test, and how likely the one is better.

*Test*: signed ranks within each problem (``signed_rank``), summed with weights 1 / (pairs + 1), as P. van Elteren does
with rank sums ("On the combination of independent two sample tests of Wilcoxon", Bull. Int. Stat. Inst. 37, 1960); the
null distribution is that of fair signs within each problem, counted up to 50 pairs that differ, normal beyond. Ranks
make a problem's scale drop out, and each problem counts by its pairs alone. With one problem it is ``paired``'s test.

*Size*: the probability of improvement (``improvement``), with its interval.

How to read it: a small p says that on *these* problems one is better more consistently than equals would be; with
hundreds of pairs a small advantage suffices, whose size the probability of improvement tells. Advantages on some
problems and disadvantages on others cancel: ``won`` and ``lost`` count the problems. What holds for problems that
were not tried is another question, for which a problem is one observation: ``friedman``, ``bayes``.
"""

from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.improvement import RESAMPLES, improvement
from hpobench_tui.analysis.statistics.paired import LEVEL
from hpobench_tui.analysis.statistics.signed_rank import differences, least_p, round_off, signed_ranks, tails_of
from hpobench_tui.core.columns import Floats, Integers

_FINE = 1000


@dataclass(frozen=True, slots=True)
class OverProblems:
    """``one`` against ``other``.

    Attributes:
        n: Pairs, over all problems.
        problems: That have a pair.
        won, tied, lost: Problems, by the sign of their signed-rank sums, as ``one`` sees them.
        p: Of the stratified test, two-sided; 1 without a pair that differs.
        least_p: The lowest p that as many pairs that differ can have.
        side: −1 where ``one`` is on the better, lower side over all, 1 on the worse, 0 on neither.
        improvement: Probability that ``one`` is better; None without a pair.
    """

    n: int
    problems: int
    won: int
    tied: int
    lost: int
    p: float
    least_p: float
    side: int
    improvement: Estimate | None


def over_problems(
    one: Floats,
    other: Floats,
    tolerances: float | Floats = 0.0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> OverProblems:
    """One comparison.

    Args:
        one, other: Shape (problems, repetitions); NaN where there is none.
        tolerances: Of each problem, shape (problems,), or of all: values that differ by no more tie.

    >>> found = over_problems(np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, 3.0], [4.0, 7.0]]))
    >>> (found.n, found.p, found.won)
    (4, 0.125, 2)
    """
    apart = differences(one, other, tolerances)
    pairs = (~np.isnan(apart)).sum(axis=1)
    scores, step = stratified(signed_ranks(apart, round_off(one, other)), pairs)
    total = int(scores.sum())
    p = min(1.0, 2 * float(tails_of(np.sign(total or 1) * scores.reshape(1, -1), np.array([step]))[0]))
    sums = np.sign(scores.sum(axis=1))[pairs > 0]
    return OverProblems(
        n=int(pairs.sum()),
        problems=int((pairs > 0).sum()),
        won=int((sums < 0).sum()),
        tied=int((sums == 0).sum()),
        lost=int((sums > 0).sum()),
        p=p,
        least_p=least_p(int((scores != 0).sum())),
        side=int(np.sign(total)),
        improvement=improvement(one, other, tolerances, level, resamples, seed),
    )


def stratified(signed: Floats, pairs: Integers) -> tuple[Integers, float]:
    """Whole-numbered scores: signed ranks / (pairs + 1) of their problem, up to a factor; and the step between sums.

    Where problems differ in pairs the weights are rounded to thousandths, which any fixed scores may be: the test stays
    exact.
    """
    most = int(pairs.max(initial=0)) + 1
    if (pairs[pairs > 0] == most - 1).all():
        return np.rint(2 * signed).astype(np.int64), 4.0
    weights = most * _FINE / (pairs + 1)
    return np.rint(2 * signed * weights[:, None]).astype(np.int64), 4.0 * _FINE
