"""The share of (problem, target, run) triples that are solved within a budget, over budgets (COCO's runtime ECDF).

    F(b) = mean over problems of the mean over its targets and runs of [hit <= b]

(Hansen et al., arXiv 1605.03560, section 6: empirical distribution of runtimes over problems and targets; each problem
weighs the same.) The axis is dimension-free if hits are divided by a scale of the problem, as COCO does by its
dimension, or by what a run was granted. With *simulated restarts* hits are replaced by running times of restarts
(``ert``), so that F goes on beyond the budgets of the runs.

    area over F = mean of the hits' places between ``low`` and ``high``: 0 at or before low, 1 at or after high

on a linear or (by default) a logarithmic axis; 0 is best.

How to read it: F(100) = 0.6 says: with 100 units of budget 60 % of all targets are reached, from "better than a draw at
random" to "as good as the reference". The curve further left is faster, the one that ends higher solves more. Where two
curves cross, neither is better for all budgets. Differences within the intervals are none.

A label's F is over its own problems, whatever the others have: ``Ecdf.problems`` says which, and ``problems`` chooses.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.performance.ert import simulated_restarts
from hpobench_tui.analysis.performance.hits import Hits, by_label
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, Estimate, counts, interval, mean_of_means
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError

Scale = Mapping[str, float]
"""By problem, what hits are divided by."""


@dataclass(frozen=True, slots=True)
class Ecdf:
    """F of one label, a right-continuous step function: ``y[i]`` from ``x[i]`` on, 0 before; both of shape (k,).

    Attributes:
        problems: It is over these.
        pairs: How many (problem, target) pairs they have.
        n: How many runs.
        restarts: Whether hits are those of simulated restarts.

    >>> solved = Ecdf("tpe", np.array([1.0, 4.0]), np.array([0.5, 1.0]), ("toy/one",), pairs=2, n=1)
    >>> solved.at(np.array([0.0, 2.0, 9.0])).tolist()
    [0.0, 0.5, 1.0]
    """

    label: str
    x: Floats
    y: Floats
    problems: tuple[str, ...]
    pairs: int
    n: int
    restarts: bool = False

    def at(self, points: Floats) -> Floats:
        """F at points, of their shape."""
        found: Floats = np.append(0.0, self.y)[np.searchsorted(self.x, points, side="right")]
        return found


@dataclass(frozen=True, slots=True)
class Band:
    """F of one label at ``points`` with its interval, each (m,); of single runs ``low`` and ``high`` are F itself."""

    label: str
    points: Floats
    y: Floats
    low: Floats
    high: Floats
    n: int
    level: float = LEVEL


def ecdf(
    hits: Sequence[Hits],
    scale: Scale | None = None,
    problems: Collection[str] | None = None,
    restarts: int = 0,
) -> dict[str, Ecdf]:
    """F of each label, in first-seen order.

    Args:
        scale: By problem; by default hits stay what they are.
        problems: Only these.
        restarts: So many simulated restarts a target in place of the runs; 0: the runs.

    Raises:
        HpobenchError: a problem that has no scale, or none above 0.
    """
    made = {}
    for label, chosen in _chosen(hits, problems).items():
        parts, weights = [], []
        for one in chosen:
            first = simulated_restarts(one.first, one.spent, restarts) if restarts else one.first
            parts.append(first.ravel() / _scale(one, scale))
            weights.append(np.full(first.size, 1 / (first.size * len(chosen))))
        x, weight = np.concatenate(parts), np.concatenate(weights)
        order = np.argsort(x, kind="stable")
        order = order[: np.count_nonzero(np.isfinite(x))]
        x, y = x[order], np.minimum(np.cumsum(weight[order]), 1.0)
        last = np.append(x[1:] > x[:-1], True) if len(x) else np.empty(0, np.bool_)
        made[label] = Ecdf(
            label,
            x[last],
            y[last],
            tuple(one.problem for one in chosen),
            sum(len(one.targets) for one in chosen),
            sum(one.n for one in chosen),
            restarts > 0,
        )
    return made


def bands(
    hits: Sequence[Hits],
    points: Floats,
    scale: Scale | None = None,
    problems: Collection[str] | None = None,
    level: float = LEVEL,
    draws: int = DRAWS,
) -> dict[str, Band]:
    """F at ``points`` with intervals, by label: runs are resampled within each problem."""
    made = {}
    for label, chosen in _chosen(hits, problems).items():
        value, drawn = np.zeros(len(points)), np.zeros((draws, len(points)))
        for seed, one in enumerate(chosen):
            each = _solved(one.first / _scale(one, scale), points)
            value += each.mean(axis=0)
            drawn += counts(one.n, draws, seed) @ each / one.n
        low, high = interval(drawn / len(chosen), level)
        made[label] = Band(label, points, value / len(chosen), low, high, sum(one.n for one in chosen), level)
    return made


def _solved(first: Floats, points: Floats) -> Floats:
    """The share of targets that each run has reached at each point, shape (r, m)."""
    ordered = np.sort(first, axis=1)
    made: Floats = np.array([np.searchsorted(row, points, side="right") for row in ordered]) / first.shape[1]
    return made


def area_over(
    hits: Sequence[Hits],
    low: float,
    high: float,
    log: bool = True,
    scale: Scale | None = None,
    problems: Collection[str] | None = None,
    level: float = LEVEL,
    draws: int = DRAWS,
) -> dict[str, Estimate]:
    """The area over F between two budgets as a share of all, 0 (best) to 1, by label.

    Raises:
        HpobenchError: the budgets do not ascend, or begin at 0 on a logarithmic axis.
    """
    if not low < high or (log and low <= 0):
        raise HpobenchError(f"the area over an ECDF needs {'0 < ' * log}low < high, not {low:g}, {high:g}.")
    return {
        label: mean_of_means([_place(one.first / _scale(one, scale), low, high, log) for one in chosen], level, draws)
        for label, chosen in _chosen(hits, problems).items()
    }


def _place(first: Floats, low: float, high: float, log: bool) -> Floats:
    """The mean over targets of where each run's hits lie between low and high, 0 to 1; shape (r,)."""
    inside = np.clip(first, low, high)
    part: Floats = np.log(inside / low) / np.log(high / low) if log else (inside - low) / (high - low)
    mean: Floats = part.mean(axis=1)
    return mean


def by_granted(hits: Sequence[Hits]) -> dict[str, float]:
    """A scale: the budget that runs of each problem were granted, so that the axis is the share of it.

    Raises:
        HpobenchError: they were granted different ones, or something else than this axis counts.
    """
    granted: dict[str, float] = {}
    for one in hits:
        if one.granted is None:
            raise HpobenchError(
                f"runs of {one.problem} were not granted one and the same budget on this axis: give a scale for it."
            )
        granted[one.problem] = one.granted
    return granted


def _scale(hits: Hits, scale: Scale | None) -> float:
    if scale is None:
        return 1.0
    if not scale.get(hits.problem, 0.0) > 0:
        raise HpobenchError(f"the scale of {hits.problem} must be above 0, not {scale.get(hits.problem)}.")
    return scale[hits.problem]


def _chosen(hits: Sequence[Hits], problems: Collection[str] | None) -> dict[str, list[Hits]]:
    return by_label([one for one in hits if one.n and (problems is None or one.problem in problems)])
