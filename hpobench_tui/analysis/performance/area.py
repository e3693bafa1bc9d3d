"""The area under the log-regret curve, and over it (AOCC), between stated bounds.

With lb and ub the bounds (of regrets) and y the step function,

    f(x) = (log clip(y(x), lb, ub) - log lb) / (log ub - log lb)      in [0, 1]; 1 before the first value
    area = mean of f over the axis from ``low`` to ``high``, linear or logarithmic
    AOCC = 1 - area

Along evaluations i = 1, ..., B, each of the same weight, AOCC is that of Vermetten et al. (*Large-scale benchmarking of
metaheuristic optimization heuristics*, arXiv 2312.09041; van Stein & Bäck, arXiv 2405.20132), 1/B sum_i (1 - f(i)): the
integral from 1 to B + 1. It is the area under an ECDF with infinitely many targets between the bounds (López-Ibáñez et
al., arXiv 2404.02031). Bounds are by default the problem's last and first target (``targets.bounds``; COCO's 1e-8 and
100 of a problem that pins none), never what the compared runs have reached.

How to read it: an AOCC of 0.7 says: over its budget the run has been, on average, 70 % of the way (in orders of
magnitude) from the upper to the lower bound. Of two optimizers that end alike the one that was there sooner has more.
Of a linear axis the late part counts most, of a logarithmic one each doubling of the budget counts the same. No unit.
Areas of other bounds or budgets cannot be compared.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.performance import targets as pinned
from hpobench_tui.analysis.performance.counting import PairRuns, Steps
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, Estimate, mean, mean_of_means
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Aocc:
    """AOCC of one label's runs on one problem, one value a run, (r,), between ``bounds`` and over ``span``."""

    problem: str
    label: str
    values: Floats
    bounds: Bounds
    span: tuple[float, float]
    failed: int = 0
    unfinished: int = 0
    out: int = 0

    def estimate(self, level: float = LEVEL, draws: int = DRAWS) -> Estimate:
        """The mean over the runs."""
        return mean(self.values, level, draws)


def log_area(curve: Steps, low: float, high: float, bounds: Bounds, log: bool = False) -> float:
    """The area under the curve's log-regret from ``low`` to ``high``, 0 (always at the lower bound) to 1.

    Raises:
        HpobenchError: bounds or ends that do not ascend, or are not above 0 where a logarithm is taken.

    >>> round(log_area(Steps(np.array([1.0, 3.0]), np.array([1.0, 0.01])), 1.0, 5.0, bounds=(1e-4, 1.0)), 6)
    0.75
    """
    _check(low, high, bounds, log)
    height = (np.log(np.clip(curve.y, *bounds)) - np.log(bounds[0])) / np.log(bounds[1] / bounds[0])
    edges = np.concatenate(([low], np.clip(curve.x, low, high), [high]))
    widths = np.diff(np.log(edges) if log else edges)
    return float(widths @ np.append(1.0, height) / widths.sum())


def aocc(curve: Steps, budget: float, bounds: Bounds) -> float:
    """AOCC of a curve along evaluations (or other whole units), of the first ``budget`` of them: 0 to 1 (best).

    >>> round(aocc(Steps(np.array([1.0]), np.array([1e-3])), 10, (1e-8, 1e2)), 6)
    0.5
    """
    return 1.0 - log_area(curve, 1.0, budget + 1.0, bounds)


def aocc_of(
    pair: PairRuns, *, log: bool = False, span: tuple[float, float] | None = None, bounds: Bounds | None = None
) -> Aocc:
    """AOCC of each of a pair's runs. One that ends early stands at its last value.

    Args:
        log: On a logarithmic axis.
        span: From where to where. By default what the experiment granted, in whole units of which each counts the same:
            1 to B + 1; of seconds 0 to B. None of these on a logarithmic axis, which needs a beginning: 1 to B.
        bounds: In place of those of the targets.

    Raises:
        HpobenchError: ends or bounds that do not ascend; no span where no one budget was granted on the axis; curves
            that are not of simple regret.
    """
    pair.check_regret()
    bounds = bounds or pinned.bounds(pair.targets)
    if span is None:
        if pair.granted is None:
            raise HpobenchError(f"{pair.no_budget}: say from where to where areas are taken.")
        if log:
            span = (1.0, pair.granted)
        else:
            span = (0.0, pair.granted) if pair.axis is Axis.SECONDS else (1.0, pair.granted + 1.0)
    values = np.array([1.0 - log_area(curve, *span, bounds, log) for curve in pair.curves])
    return Aocc(pair.problem, pair.label, values, bounds, span, pair.failed, pair.unfinished, pair.out)


def overall(
    areas: Sequence[Aocc], problems: Collection[str] | None = None, level: float = LEVEL, draws: int = DRAWS
) -> dict[str, Estimate]:
    """The mean AOCC over a label's problems, each of the same weight, by label in first-seen order."""
    groups: dict[str, list[Floats]] = {}
    for one in areas:
        if problems is None or one.problem in problems:
            groups.setdefault(one.label, []).append(one.values)
    return {label: mean_of_means(values, level, draws) for label, values in groups.items()}


def _check(low: float, high: float, bounds: Bounds, log: bool) -> None:
    if not 0 < bounds[0] < bounds[1] < np.inf:
        raise HpobenchError(
            f"an area under log-regret needs bounds 0 < lower < upper, not {bounds[0]:g}, {bounds[1]:g}."
        )
    if not low < high < np.inf or (log and low <= 0):
        raise HpobenchError(f"an area needs {'0 < ' * log}low < high, not {low:g}, {high:g}.")
