"""The importance of a problem's hyperparameters, from trials: shares, pairs, intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.importance import best as of_best
from hpobench_tui.analysis.importance import spread
from hpobench_tui.analysis.importance.factors import Factor, factors
from hpobench_tui.core.columns import Floats, Integers
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.errors import HpobenchError

LEAST = 10
"""Trials; from fewer nothing is said."""
REPLICATES, FEWEST_REPLICATES, LEVEL, SEED = 200, 50, 0.95, 0
AT_MOST = 20_000
"""Replicates, over all hyperparameters: of hundreds of these each gets fewer."""
ENOUGH_RUNS = 5
"""From so many runs on, runs are drawn anew for the intervals, not trials: those of one run depend on each other."""
FEW_BEST = 20
"""Of so few, the bootstrap covers less than it says: 8 in 10 times at 5, 9 in 10 at 30 (simulated)."""
MOST_FACTORS = 30
"""The most important ones, whose pairs are looked at."""
MOST_PAIRS = 10

HOW_TO_READ = (
    "How to read it: importance says where the best trials differ from all others, as shares of 1 (condPED-ANOVA):"
    " 0.8 means that of all that single hyperparameters tell about who is among the best, four fifths are this one's."
    " It is about the region that the optimizers looked at: what all of them soon got right, or what none of them"
    " varied, is not important there. 'alone' is about all trials: the share of the variance of the losses' ranks that"
    " this one explains by itself. A pair's share is what the two explain beyond both alone; what is left of 1 are"
    " larger groups, noise, and what is too fine to see; a few hundredths can come of ranks as such. Hyperparameters"
    " that the optimizers moved together cannot be told apart: a random or grid search in the experiment makes all of"
    " this safer. What pure chance would show is taken off; a share whose interval reaches 0 is not known to matter."
)


@dataclass(frozen=True, slots=True)
class Share:
    """One hyperparameter.

    Attributes:
        importance: Its share of what distinguishes the best trials; those of all sum to 1 (to 0 if nothing does).
        low, high: Bootstrap interval of the importance, at :data:`LEVEL`; from 0 where chance shows as much.
        of_best: The share of the variance of "is among the best" that it explains alone, 0 to 1.
        alone: The share of the variance of all losses' ranks that it explains alone, 0 to 1.
        by_chance: How often a random choice of as many "best" trials shows as much: a p-value.
        n: Trials in which it was active.
    """

    name: str
    importance: float
    low: float
    high: float
    of_best: float
    alone: float
    by_chance: float
    n: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two hyperparameters.

    Attributes:
        share: Of the variance of all losses' ranks, explained by both together beyond what each explains alone.
        low, high: Its bootstrap interval; from 0 where chance shows as much.
        by_chance: The p-value of its F test, times the number of pairs that were looked at, at most 1.
        n: Trials in which both were active.
    """

    one: str
    other: str
    share: float
    low: float
    high: float
    by_chance: float
    n: int


@dataclass(frozen=True, slots=True)
class Importance:
    """Of the hyperparameters of a problem.

    Attributes:
        shares: The most important first.
        pairs: The :data:`MOST_PAIRS` that explain most, the first most; without those that explain nothing.
        n: Trials that it is from.
        best: How many of them counted as the best.
        level: Of the intervals.
        drawn: What was drawn anew for them: ``runs`` or ``trials``.
        notes: What must be said with it.
    """

    shares: tuple[Share, ...]
    pairs: tuple[Pair, ...]
    n: int
    best: int
    level: float
    drawn: str
    notes: tuple[str, ...]

    @property
    def total(self) -> float:
        """What the importances sum to: 1, or 0 if nothing distinguishes the best trials."""
        return sum(share.importance for share in self.shares)


def importance(
    configurations: Sequence[Configuration], losses: Floats, runs: Integers | None = None, seed: int = SEED
) -> Importance:
    """Of trials, from their configurations and losses (lower is better).

    Args:
        configurations: n of them; what is not active is absent.
        losses: Shape (n,), finite.
        runs: Shape (n,): which run each trial is of; None: they are independent.
        seed: Of the bootstrap.

    Raises:
        HpobenchError: there are too few trials, their losses are all equal, or there is nothing that varies.

    >>> rng = np.random.default_rng(0)
    >>> tried = [{"x": float(x), "kind": str(k)} for x, k in zip(rng.random(400), rng.choice(["a", "b"], 400))]
    >>> found = importance(tried, np.array([one["x"] ** 2 for one in tried]))
    >>> [(share.name, round(share.importance, 2)) for share in found.shares]
    [('x', 1.0), ('kind', 0.0)]
    """
    losses = np.asarray(losses, dtype=np.float64)
    _check(losses)
    found = factors(configurations)
    if not any(factor.cells > 1 for factor in found):
        raise HpobenchError("no hyperparameter has two values in these trials: none of them can be told to matter.")
    rng, share = np.random.default_rng(seed), of_best.best_share(len(losses))
    order = np.argsort(losses, kind="stable")
    once = np.ones(len(losses))
    best = of_best.best_of(losses, share, order=order)
    notes = []
    if best.all():
        best = (losses < losses.max()).astype(np.float64)
        notes.append(f"so many trials have the worst loss that all {int(best.sum())} better ones count as the best")
    smoothed = [of_best.smoothed(factor, best) for factor in found]
    own = of_best.variances(smoothed, best, once)
    clusters = len(np.unique(runs)) if runs is not None else 0
    by_run = runs if clusters >= ENOUGH_RUNS else None
    replicates = max(FEWEST_REPLICATES, min(REPLICATES, AT_MOST // len(found)))
    draws = [_weights(rng, len(losses), by_run) for _ in range(replicates)]
    redone = [of_best.variances(smoothed, _again(losses, share, weights, order, best), weights) for weights in draws]
    importances = _shared(own)
    low, high = _interval(importances, np.array([_shared(each) for each in redone]))
    chance = [of_best.by_chance(each, best, rng, REPLICATES) for each in smoothed]
    low[np.array(chance) > 1 - LEVEL] = 0
    possible = best.mean() * (1 - best.mean())
    y = spread.ranks(losses)
    coarse = [factor.merged(max(spread.levels_of(len(losses), 1), 2)) for factor in found]
    shares = [
        Share(
            factor.name, float(importances[i]), float(low[i]), float(high[i]), min(float(own[i] / possible), 1.0),
            spread.alone(coarse[i], y), chance[i], int((factor.places >= 0).sum()),
        )
        for i, factor in enumerate(found)
    ]  # fmt: skip
    shares.sort(key=lambda one: (-one.importance, -one.alone))
    if not own.any():
        notes.append("nothing that one hyperparameter tells about the best trials is beyond chance")
    if fixed := [factor.name for factor in found if factor.cells < 2]:
        notes.append(f"the same in all trials: {', '.join(fixed)}")
    if 0 < clusters < ENOUGH_RUNS:
        notes.append(
            f"from {clusters} run{'s' * (clusters > 1)}: the intervals take trials as independent, and may be narrow"
        )
    if best.sum() < FEW_BEST:
        notes.append(
            f"only {int(best.sum())} trials count as the best: the numbers are rough, the intervals too narrow"
        )
    chosen = {one.name for one in shares[:MOST_FACTORS]}
    pairs = _pairs([factor for factor in found if factor.name in chosen], y, draws, notes)
    if len(found) > MOST_FACTORS:
        notes.append(f"pairs are those of the {MOST_FACTORS} most important hyperparameters")
    return Importance(
        tuple(shares), pairs, len(losses), int(best.sum()), LEVEL, "trials" if by_run is None else "runs", tuple(notes)
    )


def _check(losses: Floats) -> None:
    if len(losses) < LEAST:
        raise HpobenchError(f"{len(losses)} trials are too few to tell what matters; {LEAST} are the least.")
    if not np.isfinite(losses).all():
        raise HpobenchError("losses must be finite.")
    if (losses == losses[0]).all():
        raise HpobenchError(f"all {len(losses)} trials have the same loss, {losses[0]:g}: nothing matters there.")


def _again(losses: Floats, share: float, weights: Floats, order: Integers, best: Floats) -> Floats:
    """The best of trials that were drawn anew."""
    chosen = of_best.best_of(losses, share, weights, order)
    return best if chosen.all() else chosen


def _weights(rng: np.random.Generator, trials: int, runs: Integers | None) -> Floats:
    """How often each trial is in a sample with replacement, of trials or of whole runs."""
    if runs is None:
        return np.bincount(rng.integers(trials, size=trials), minlength=trials).astype(np.float64)
    ids, places = np.unique(runs, return_inverse=True)
    drawn = np.bincount(rng.integers(len(ids), size=len(ids)), minlength=len(ids))
    weights: Floats = drawn[places].astype(np.float64)
    return weights


def _shared(values: Floats) -> Floats:
    total = values.sum()
    shares: Floats = values / total if total > 0 else np.zeros_like(values)
    return shares


def _interval(estimate: Floats, redone: Floats) -> tuple[Floats, Floats]:
    """Percentiles of replicates (replicates, …), moved so that they lie around the estimate: what is drawn with
    replacement shows more chance patterns than what it is drawn from."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(redone, (tail, 1 - tail), axis=0) - redone.mean(axis=0) + estimate
    return np.clip(np.minimum(low, estimate), 0, 1), np.clip(np.maximum(high, estimate), 0, 1)


def _pairs(found: Sequence[Factor], y: Floats, draws: Sequence[Floats], notes: list[str]) -> tuple[Pair, ...]:
    levels = spread.levels_of(len(y), 2)
    if len(found) < 2:
        return ()
    if levels < 2:
        notes.append(f"too few trials for pairs: {4 * spread.PER_CELL} are the least")
        return ()
    coarse = [factor.merged(levels) for factor in found]
    left = spread.left_over([factor.merged(spread.levels_of(len(y), 1)) for factor in found], y)
    total, once = float(y.var()), np.ones(len(y))
    scored = [(spread.together(couple, left, once, total), couple) for couple in spread.couples(coarse)]
    scored.sort(key=lambda scored: -scored[0])
    pairs = []
    for share, couple in scored[:MOST_PAIRS]:
        if share > 0:
            redone = np.array([spread.together(couple, left, weights, total) for weights in draws])
            low, high = _interval(np.array(share), redone)
            one, other = found[couple.one].name, found[couple.other].name
            chance = min(spread.by_chance(couple, left) * len(scored), 1.0)
            from_zero = chance > 1 - LEVEL
            pairs.append(
                Pair(one, other, share, 0.0 if from_zero else float(low), float(high), chance, len(couple.rows))
            )
    return tuple(pairs)
