"""Which medians of a column are the best, and which only tie; ranks with ties. By the rule of ``core.equality``."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hpobench_tui.core.equality import equal
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import Floats


class Spread(NamedTuple):
    """A median, with quartiles or without; ``best``: below all others of its column, ``tied``: as low as the lowest."""

    median: float | None
    best: bool
    tied: bool
    quartiles: tuple[float, float] | None = None


def of_medians(tolerance: float, measure: Measure, trials: float) -> float:
    """The tolerance for medians of a measure: that of a loss, for each of the trials that are summed up."""
    return tolerance * trials if measure.summed else tolerance


def places(medians: Sequence[float | None], tolerance: float) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Which of the medians is lower than all others, and which are the lowest together: a tie is not a win.

    Neither is being the only one.
    """
    nobody = (False,) * len(medians)
    known = [median for median in medians if median is not None]
    if len(known) < 2:
        return nobody, nobody
    lowest = min(known)
    level = tuple(median is not None and equal(median, lowest, tolerance) for median in medians)
    return (level, nobody) if sum(level) == 1 else (nobody, level)


def ranked(scores: Floats, tolerance: float = 0.0) -> Floats:
    """Ranks from 1, lowest score first, shape (n,). Scores equal to the lowest of their group share its mean rank."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    begin = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or not equal(float(scores[order[end]]), float(scores[order[begin]]), tolerance):
            ranks[order[begin:end]] = (begin + 1 + end) / 2
            begin = end
    return ranks
