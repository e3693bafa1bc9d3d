"""Average ranks of labels at each mark, over complete blocks: (problem, repetition) pairs that all labels were run on.

In each block the labels' values at a mark are ranked from 1, the lowest first; equal ones (``core.equality``, by the
problem's tolerance) share the mean of their ranks, and a label without a value yet is behind all that have one. Ranks
are averaged over the blocks of a problem, then over problems, each of the same weight. The interval resamples blocks
within problems. A rank is relative by definition: it depends on who is ranked.

How to read it: 1.4 at an eighth of the budget and 2.8 at its end says: quick at first, overtaken later. With k labels
that are all alike ranks are (k + 1) / 2. Ranks say who is ahead, not by how much. ``problems`` and ``n`` say over what.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.performance.anytime_stats import Samples
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, counts, interval
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.equality import ROUND_OFF
from hpobench_tui.core.errors import HpobenchError


@dataclass(frozen=True, slots=True)
class RankCurves:
    """Average ranks at marks, with intervals; each (labels, m).

    Attributes:
        marks: Positions, or shares of the budget, that samples of all problems have in common.
        n: Blocks.
        problems: That they are of.
        left_out: Problems without any complete block.
    """

    labels: tuple[str, ...]
    marks: Floats
    ranks: Floats
    low: Floats
    high: Floats
    n: int
    problems: tuple[str, ...]
    left_out: tuple[str, ...]
    level: float = LEVEL


def rank_curves(
    samples: Sequence[Samples],
    labels: Sequence[str] | None = None,
    marks: Sequence[float] | Floats | None = None,
    level: float = LEVEL,
    draws: int = DRAWS,
) -> RankCurves:
    """Ranks of labels at each mark.

    Args:
        samples: One a (problem, label), all at equally many marks, which mean the same on each problem.
        labels: Those to rank; by default all.
        marks: What to call them; by default the positions of the first.

    Raises:
        HpobenchError: samples at other numbers of marks; fewer than two labels; no complete block.
    """
    chosen = tuple(labels or dict.fromkeys(one.label for one in samples))
    if len(chosen) < 2:
        raise HpobenchError(f"ranks need two labels at least, not {len(chosen)}.")
    if len({len(one.marks) for one in samples}) > 1:
        raise HpobenchError("ranks over budgets need the same number of marks on each problem.")
    value, drawn = np.zeros(()), np.zeros(())
    blocks = 0
    ranked_on: list[str] = []
    left_out: list[str] = []
    for problem in dict.fromkeys(one.problem for one in samples):
        own = {one.label: one for one in samples if one.problem == problem}
        stacked, tolerance = _blocks([own[label] for label in chosen if label in own])
        if len(stacked) < len(chosen) or not stacked.shape[1]:
            left_out.append(problem)
            continue
        ranks = ranked(stacked, tolerance)
        n = ranks.shape[1]
        value = value + ranks.mean(axis=1)
        drawn = drawn + np.tensordot(counts(n, draws, len(ranked_on)), ranks, (1, 1)) / n
        blocks += n
        ranked_on.append(problem)
    if not ranked_on:
        raise HpobenchError(
            f"no problem has a repetition that all of {', '.join(chosen)} were run with: nothing to rank."
        )
    low, high = interval(drawn / len(ranked_on), level)
    at = np.asarray(samples[0].marks if marks is None else marks, dtype=np.float64)
    return RankCurves(chosen, at, value / len(ranked_on), low, high, blocks, tuple(ranked_on), tuple(left_out), level)


def _blocks(samples: Sequence[Samples]) -> tuple[Floats, float]:
    """Values (labels, blocks, m) of the repetitions that all have."""
    if not samples:
        return np.empty((0, 0, 0)), 0.0
    common = samples[0].repetitions
    for one in samples[1:]:
        common = np.intersect1d(common, one.repetitions)
    common = np.unique(common)
    rows = []
    for one in samples:
        known, first = np.unique(one.repetitions, return_index=True)
        rows.append(one.values[first[np.searchsorted(known, common)]])
    return np.array(rows), max(one.tolerance for one in samples)


def ranked(values: Floats, tolerance: float = 0.0) -> Floats:
    """Ranks along the first axis from 1, lowest first; of the shape of ``values``, +inf last.

    Those equal to the lowest of their group share its mean rank, as in ``analysis.equality.ranked``.

    >>> ranked(np.array([[3.0], [1.0], [1.0]])).ravel().tolist()
    [3.0, 1.5, 1.5]
    """
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    size = len(values)
    group = np.zeros(values.shape, np.int64)  # the position of the lowest of each one's group
    lowest, begin = ordered[0].copy(), np.zeros(values.shape[1:], np.int64)
    for place in range(1, size):
        apart = ~_equal(ordered[place], lowest, tolerance)
        lowest[apart], begin[apart] = ordered[place][apart], place
        group[place] = begin
    members = np.array([np.count_nonzero(group == place, axis=0) for place in range(size)])
    shared = group + (np.take_along_axis(members, group, axis=0) + 1) / 2
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, shared, axis=0)
    return ranks


def _equal(one: Floats, other: Floats, tolerance: float) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        larger = np.maximum(np.abs(one), np.abs(other))
        near: NDArray[np.bool_] = np.abs(one - other) <= np.maximum(tolerance, ROUND_OFF * larger)
    both = np.isinf(one) == np.isinf(other)
    made: NDArray[np.bool_] = (one == other) | (near & both)
    return made
