"""What an optimizer's own time comes to, from measured costs of single trials."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

Costs: TypeAlias = Mapping[int, Sequence[tuple[int, float]]]
"""Number of hyperparameters to (trial, seconds of its ask and tell), both rising, the first trial being 1."""


def own_seconds(costs: Costs, dimensions: int, trials: float) -> float:
    """Seconds that ``trials`` asks and tells take on one core.

    Linear between the measured trials, and as the last two of them go on beyond; linear between the measured numbers
    of hyperparameters, and as at the nearest one beyond them.
    """
    below = max((d for d in costs if d <= dimensions), default=min(costs))
    above = min((d for d in costs if d >= dimensions), default=max(costs))
    low, high = (_sum(costs[d], trials) for d in (below, above))
    return low if above == below else low + (high - low) * (dimensions - below) / (above - below)


def ill_formed(costs: Costs) -> str | None:
    """What is wrong with an author's costs."""
    try:
        for dimensions, points in costs.items():
            trials, seconds = zip(*points, strict=True)
            rising = trials[0] == 1 and all(a < b for a, b in pairwise(trials))
            if not (isinstance(dimensions, int) and rising and min(seconds) >= 0):
                break
        else:
            return None
    except (AttributeError, IndexError, TypeError, ValueError):
        pass
    return "cost must map a number of hyperparameters to ((1, seconds), (trial, seconds), …), the trials rising"


def _sum(points: Sequence[tuple[int, float]], trials: float) -> float:
    total = min(trials, 1.0) * points[0][1]
    slope = 0.0
    for (start, first), (stop, last) in pairwise(points):
        slope = (last - first) / (stop - start)
        if trials > start:
            run = min(trials, stop) - start
            total += run * (first + slope * run / 2)
    rest = max(trials - points[-1][0], 0.0)
    return total + rest * (points[-1][1] + max(slope, 0.0) * rest / 2)
