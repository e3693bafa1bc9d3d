"""Choosing among arms by plain lists, which beat arrays at ten arms: the best one, or one at random by weight."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate


def argmax(scores: Sequence[float], uniform: Callable[[], float]) -> int:
    """The position of the highest score; ties are broken by one number from ``uniform``, which is else not called.

    >>> argmax([0.1, 0.7, 0.7], lambda: 0.9)
    2
    """
    best = max(scores)
    first = scores.index(best)
    if scores.count(best) == 1:
        return first
    ties = [arm for arm, score in enumerate(scores) if score == best]
    return ties[int(uniform() * len(ties))]


def roulette(weights: Sequence[float], uniform: Callable[[], float]) -> tuple[int, float]:
    """A position drawn in proportion to the weights (one number from ``uniform``), and the sum of all weights.

    >>> roulette([1.0, 3.0], lambda: 0.5)
    (1, 4.0)
    """
    cumulative = list(accumulate(weights))
    total = cumulative[-1]
    return bisect_right(cumulative, uniform() * total), total
