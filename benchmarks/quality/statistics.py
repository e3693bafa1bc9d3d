"""Paired statistics over repetitions: pure functions on arrays, no I/O.

All is in log10 of the simple regret, no lower than ``FLOOR``: differences at the optimum within rounding count as none.
Tests are Wilcoxon's signed-rank test, two-sided (Biometrics Bulletin 1(6), 1945), over the differences of the same
repetition; Holm's step-down procedure (Scandinavian Journal of Statistics 6(2), 1979) over a family of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

FLOOR = 1e-12
LEVEL = 0.05

Floats = NDArray[np.float64]
Curve = Sequence[tuple[int, float]]


def log_regret(regret: float) -> float:
    """log10, floored."""
    return float(np.log10(max(regret, FLOOR)))


def final(curve: Curve) -> float:
    """The log regret in the end; infinite where there never was an incumbent."""
    return log_regret(curve[-1][1]) if curve else float("inf")


def area(curve: Curve, total: int) -> float:
    """The mean log regret over a budget of ``total``; infinite where there never was an incumbent.

    The curve is a step function: (spent, regret) holds from there on. What precedes the first incumbent counts as the
    first incumbent does.
    """
    if not curve:
        return float("inf")
    starts = np.array([0, *(spent for spent, _ in curve[1:]), total], dtype=float)
    levels = np.array([log_regret(regret) for _, regret in curve])
    return float(np.diff(starts) @ levels / total)


def signed_rank(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """p and direction (negative: ours are lower, positive: higher) of paired samples.

    The direction is the sum of the signed ranks over the sum of the ranks, within [-1, 1]. Pairs without a difference
    are left out, as Wilcoxon did; if there is no other pair, p is 1.
    """
    with np.errstate(invalid="ignore"):
        differences = np.where(ours == theirs, 0.0, ours - theirs)  # both infinite: none
    differences = differences[differences != 0.0]
    if not differences.size:
        return 1.0, 0.0
    ranks = rankdata(np.abs(differences))
    direction = float((np.sign(differences) * ranks).sum() / ranks.sum())
    # Infinite differences keep their place in the order as any number larger than the rest.
    return float(wilcoxon(np.sign(differences) * ranks).pvalue), direction


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given; reject where one is below the level."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(p), 0, -1))
    return [float(value) for value in np.minimum(adjusted, 1.0)]


@dataclass(frozen=True)
class Test:
    """One of ours against one peer on one problem, in one measure.

    Attributes:
        ours, theirs: Medians over the repetitions.
        repetitions: Paired ones.
        p: Adjusted over the family.
        verdict: "better", "no difference" or "WORSE".
    """

    problem: str
    peer: str
    measure: str
    ours: float
    theirs: float
    repetitions: int
    p: float
    verdict: str


@dataclass(frozen=True)
class Pair:
    """Paired log regrets of one problem, peer and measure."""

    problem: str
    peer: str
    measure: str
    ours: Floats
    theirs: Floats


def family(pairs: Sequence[Pair], level: float = LEVEL) -> list[Test]:
    """Test all pairs as one family."""
    raw = [signed_rank(pair.ours, pair.theirs) for pair in pairs]
    tests = []
    for pair, (_, direction), p in zip(pairs, raw, holm([p for p, _ in raw]), strict=True):
        verdict = "no difference" if p >= level else "better" if direction < 0 else "WORSE"
        medians = float(np.median(pair.ours)), float(np.median(pair.theirs))
        tests.append(Test(pair.problem, pair.peer, pair.measure, *medians, len(pair.ours), p, verdict))
    return tests


def mean_ranks(values: Floats) -> Floats:
    """Mean ranks of the columns over the rows, 1 the lowest value; ties share theirs.

    A value that is NaN takes no part in its row. A column without values has the rank NaN.
    """
    ranks = np.full(values.shape, np.nan)
    for row, place in zip(values, ranks, strict=True):
        there = ~np.isnan(row)
        place[there] = rankdata(row[there])
    return np.array([column[~np.isnan(column)].mean() if (~np.isnan(column)).any() else np.nan for column in ranks.T])
