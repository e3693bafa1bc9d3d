"""Regret over all problems in one number at each share of the budget, on scales that the problems pin.

    height(y) = log(clip(y, lower, upper) / lower) / log(upper / lower)

of the regret y, between the problem's first and last target (``targets.bounds``): 1 is as a configuration drawn at
random, 0 as good as the reference. A run without a value yet counts as 1. The aggregate is the mean over a problem's
runs, and then over problems, each of the same weight; runs are resampled within each problem.

How to read it: 0.4 at half of the budget says that, on average, regrets had come down by 60 % of the decades there are
to win. No scale depends on who is compared: leaving an optimizer out changes no other's line (Syne Tune and others
normalise by the best and worst of those compared, where it does).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.performance.anytime_stats import sample
from hpobench_tui.analysis.performance.counting import PairRuns
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, counts, interval
from hpobench_tui.analysis.performance.targets import Targets, bounds
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError

FIRST, POINTS = 1 / 64, 60
"""The first share of the budget, and how many there are."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Of one label at ``shares`` of the budget, with its interval, each (m,); over ``problems``, of ``n`` runs."""

    label: str
    shares: Floats
    value: Floats
    low: Floats
    high: Floats
    problems: tuple[str, ...]
    n: int
    level: float = LEVEL


def height(regret: Floats, targets: Targets) -> Floats:
    """Where regrets lie between the last target (0) and the first (1), of their shape.

    >>> height(np.array([10.0, 1.0, 0.1, 1e-3, np.inf, 0.0, -1.0]), (1.0, 0.1, 0.01)).tolist()
    [1.0, 1.0, 0.5, 0.0, 1.0, 0.0, 0.0]
    """
    lower, upper = bounds(targets)
    place: Floats = np.log(np.clip(regret, lower, upper) / lower) / np.log(upper / lower)
    return place


def aggregate(
    pairs: Sequence[PairRuns], shares: Floats | None = None, level: float = LEVEL, draws: int = DRAWS
) -> dict[str, Aggregate]:
    """By label, in first-seen order.

    Args:
        pairs: With curves of simple regret along the budget.
        shares: Of the budget; None: from 1/64 to all.

    Raises:
        HpobenchError: curves that are not of simple regret; runs of a problem that were granted different budgets.
    """
    shares = np.geomspace(FIRST, 1.0, POINTS) if shares is None else shares
    groups: dict[str, list[PairRuns]] = {}
    for pair in pairs:
        pair.check_regret()
        if pair.granted is None:
            raise HpobenchError(f"{pair.no_budget}: no shares of it to look at.")
        groups.setdefault(pair.label, []).append(pair)
    made = {}
    for label, own in groups.items():
        value, drawn = np.zeros(len(shares)), np.zeros((draws, len(shares)))
        for seed, pair in enumerate(own):
            each = height(sample(pair, shares * (pair.granted or 1.0)).values, pair.targets)
            value += each.mean(axis=0)
            drawn += counts(pair.n, draws, seed) @ each / pair.n
        low, high = interval(drawn / len(own), level)
        problems = tuple(pair.problem for pair in own)
        made[label] = Aggregate(label, shares, value / len(own), low, high, problems, sum(p.n for p in own), level)
    return made
