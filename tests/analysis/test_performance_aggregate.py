"""Normalised regret over problems: its scale is the problems' own."""

import numpy as np
import pytest

from hpobench_tui.analysis.performance.aggregate import aggregate, height
from hpobench_tui.analysis.performance.counting import PairRuns, Steps
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure

TARGETS = (1.0, 0.1, 0.01)


def pair(problem: str, label: str, *regrets: float, granted: float | None = 4.0, scale: float = 1.0) -> PairRuns:
    """Runs that have one regret each, from half of the budget on."""
    curves = tuple(Steps(np.array([2.0]), np.array([scale * regret])) for regret in regrets)
    n = len(regrets)
    targets = tuple(scale * target for target in TARGETS)
    return PairRuns(
        problem, label, Axis.BUDGET, Measure.SIMPLE, targets, 0.0, curves, np.full(n, 4.0), np.ones(n, bool),
        np.arange(n), 1, granted,
    )  # fmt: skip


def test_it_is_the_mean_over_runs_and_then_over_problems() -> None:
    found = aggregate([pair("one", "a", 0.1, 0.1, 0.1, 1.0), pair("two", "a", 0.01)], np.array([0.25, 0.5, 1.0]))["a"]
    assert found.value == pytest.approx([1.0, (0.625 + 0.0) / 2, (0.625 + 0.0) / 2])
    assert (found.n, found.problems) == (5, ("one", "two"))
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_a_problem_s_unit_does_not_matter_and_leaving_one_out_changes_no_other() -> None:
    every = [pair("one", "a", 0.3, 0.02), pair("one", "b", 0.9, 0.5)]
    both, alone = aggregate(every), aggregate(every[:1])
    scaled = aggregate([pair("one", "a", 0.3, 0.02, scale=1e6)])
    assert both["a"].value.tolist() == alone["a"].value.tolist()
    assert scaled["a"].value == pytest.approx(alone["a"].value)


def test_what_is_beyond_the_targets_is_at_the_ends() -> None:
    assert height(np.array([1e308, np.inf, 0.0, -1e308, 5e-324]), TARGETS).tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]


def test_without_one_budget_there_are_no_shares_of_it() -> None:
    with pytest.raises(HpobenchError, match="not granted one and the same budget"):
        aggregate([pair("one", "a", 0.3, granted=None)])
