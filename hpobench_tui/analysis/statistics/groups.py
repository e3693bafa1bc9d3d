"""The winner group: all contenders that are not shown to be worse than the best one.

The best is the one with the lowest median (over problems: the lowest mean rank of medians); every other is held against
it, paired by repetition, by the signed-rank test (``paired``, ``over_problems``). Whoever is worse with a corrected
p ≤ α is out.

*Correction.* The best was picked for looking good, so others look worse beside it than they are, and there are k − 1
of them. The corrected p of a p is how often the best-looking of k *equal* contenders has an uncorrected p as low as
that against any other: counted in 1000 simulated experiments with as many repetitions (from a seed; ranks make it the
same for all continuous losses; single-step min-p: P. Westfall & S. Young, Resampling-Based Multiple Testing, 1993).
With all equal, somebody is left out in a share α of experiments at most. Holm's correction over the k − 1 comparisons
does not know of the picking (with 20 equal contenders it leaves somebody out in 15 % of experiments where it says 5);
over all pairs of contenders, it could not tell ten of them apart by ten seeds.

How to read it: the experiment does not say who of the group is best. Who is out, is worse than the best-looking one. A
large group may mean equality or few seeds: ``least_p`` above α says that nobody could have been out.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

import numpy as np

from hpobench_tui.analysis.equality import ranked
from hpobench_tui.analysis.quantiles import median
from hpobench_tui.analysis.statistics.over_problems import stratified
from hpobench_tui.analysis.statistics.paired import chunks
from hpobench_tui.analysis.statistics.signed_rank import (
    differences,
    least_p,
    round_off,
    signed_ranks,
    tails_of,
    two_sided,
)
from hpobench_tui.core.columns import Floats, Integers

ALPHA = 0.05
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
_EXPERIMENTS, _ENOUGH = 1000, 30
"""Simulated experiments, and the repetitions in them at the most: p hardly depends on more."""


@dataclass(frozen=True, slots=True)
class WinnerGroup:
    """Contenders by their places in what was given.

    Attributes:
        best: None where no contender has a value.
        members: Who is in it: the best first, then as given.
        p: Of each contender against the best, corrected; 1 for the best itself, and for whom it does not beat; None
            without a common repetition (such a contender with values is in the group: nothing speaks against it).
        n: Pairs of each with the best.
        least_p: The lowest corrected p that so many pairs can have; 1 without a comparison.
    """

    best: int | None
    members: tuple[int, ...]
    p: tuple[float | None, ...]
    n: tuple[int, ...]
    least_p: float
    alpha: float


def winner_group(values: Floats, tolerance: float = 0.0, alpha: float = ALPHA) -> WinnerGroup:
    """Of one problem.

    Args:
        values: Shape (contenders, repetitions); NaN where there is no run.
        tolerance: Values that differ by no more are equal.

    >>> winner_group(np.array([[1.0, 2.0, 1.5], [1.1, 1.9, 1.6]])).members
    (0, 1)
    """
    return winner_groups(values[None], np.array([tolerance]), alpha)[0]


def winner_groups(values: Floats, tolerances: Floats, alpha: float = ALPHA) -> list[WinnerGroup]:
    """Of each of several problems: shapes (problems, contenders, repetitions) and (problems,)."""
    found: list[WinnerGroup] = []
    contenders, repetitions = values.shape[1:]
    for problems in chunks(np.arange(len(values)), contenders * repetitions):
        some, tolerance = values[problems], tolerances[problems]
        best = np.array([_best(each, limit) for each, limit in zip(some, tolerance.tolist(), strict=True)], dtype=int)
        others = some[np.arange(len(some)), best][:, None]
        flat = (len(some) * contenders, repetitions)
        apart = differences(some, others, tolerance[:, None]).reshape(flat)
        slack = round_off(some, np.broadcast_to(others, some.shape)).reshape(flat)
        signed = signed_ranks(apart, slack)
        p = np.where(signed.sum(axis=1) > 0, two_sided(signed), 1.0).reshape(len(some), contenders)
        pairs = (~np.isnan(apart)).sum(axis=1).reshape(len(some), contenders)
        there = (~np.isnan(some)).sum(axis=2) > 0
        found.extend(map(_group, best.tolist(), p, pairs, there, repeat(alpha)))
    return found


def winner_group_over(values: Floats, tolerances: float | Floats = 0.0, alpha: float = ALPHA) -> WinnerGroup:
    """Over problems: shape (problems, contenders, repetitions).

    The best has the lowest mean rank of medians on the problems that all contenders have; None where there is no such
    problem. Each other is held against it on all problems that both have.
    """
    problems, contenders, _ = values.shape
    limits = np.broadcast_to(np.asarray(tolerances, dtype=np.float64), problems)
    complete = ((~np.isnan(values)).sum(axis=2) > 0).all(axis=1)
    if not complete.any() or not contenders:
        return WinnerGroup(None, (), (None,) * contenders, (0,) * contenders, 1.0, alpha)
    ranks = [
        ranked(np.array([median(row[~np.isnan(row)]) for row in block]), limit)
        for block, limit in zip(values[complete], limits[complete].tolist(), strict=True)
    ]
    best = int(np.argmin(np.mean(ranks, axis=0)))
    p, pairs = np.ones(contenders), np.zeros(contenders, dtype=int)
    for place in range(contenders):
        one, other = values[:, place], values[:, best]
        apart = differences(one, other, limits)
        each = (~np.isnan(apart)).sum(axis=1)
        scores, step = stratified(signed_ranks(apart, round_off(one, other)), each)
        pairs[place] = each.sum()
        if scores.sum() > 0:
            p[place] = min(1.0, 2 * float(tails_of(scores.reshape(1, -1), np.array([step]))[0]))
    return _group(best, p, pairs, np.ones(contenders, dtype=bool), alpha)


def _best(values: Floats, tolerance: float) -> int:
    """Place of the lowest median; of several that are equally low, of the one that is lower more often."""
    places = np.flatnonzero((~np.isnan(values)).any(axis=1))
    if not len(places):
        return 0
    ranks = ranked(np.array([median(row[~np.isnan(row)]) for row in values[places]]), tolerance)
    lowest = places[ranks == ranks.min()]
    if len(lowest) == 1:
        return int(lowest[0])
    signs = np.sign(differences(values[lowest][:, None], values[lowest][None], tolerance))
    return int(lowest[np.argmin(np.nansum(signs, axis=(1, 2)))])


def _group(best: int, p: Floats, pairs: Integers, there: Flags, alpha: float) -> WinnerGroup:
    if not there.any():
        return WinnerGroup(None, (), (None,) * len(p), (0,) * len(p), 1.0, alpha)
    contenders = int(there.sum())
    others = [place for place in range(len(p)) if place != best and pairs[place]]
    corrected: list[float | None] = [None] * len(p)
    corrected[best] = 1.0
    for place in others:
        corrected[place] = picked(float(p[place]), contenders, int(pairs[place]))
    members = [best]
    for place in np.flatnonzero(there).tolist():
        against = corrected[place]
        if place != best and (against is None or against > alpha):
            members.append(place)
    least = min((picked(least_p(int(pairs[place])), contenders, int(pairs[place])) for place in others), default=1.0)
    return WinnerGroup(best, tuple(members), tuple(corrected), tuple(pairs.tolist()), least, alpha)


def picked(p: float, contenders: int, pairs: int) -> float:
    """The corrected p: how often the best-looking of as many equal contenders is as clear against any other."""
    if contenders <= 2 or p >= 1:
        return p
    lowest = _lowest(contenders, min(pairs, _ENOUGH))
    as_low = int(np.searchsorted(lowest, p * (1 + 1e-9), side="right"))
    return max(p, (1 + as_low) / (1 + len(lowest)))


@lru_cache(maxsize=256)
def _lowest(contenders: int, pairs: int) -> Floats:
    """The lowest p against the best in each of many simulated experiments, sorted."""
    rng = np.random.default_rng(0)
    found = []
    for some in chunks(np.arange(_EXPERIMENTS), contenders * pairs):
        values = rng.normal(size=(len(some), contenders, pairs))
        best = np.argmin(np.median(values, axis=2), axis=1)
        apart = values - values[np.arange(len(some)), best][:, None]
        signed = signed_ranks(apart.reshape(-1, pairs))
        p = np.where(signed.sum(axis=1) > 0, two_sided(signed), 1.0)
        found.append(p.reshape(len(some), contenders).min(axis=1))
    return np.sort(np.concatenate(found))
