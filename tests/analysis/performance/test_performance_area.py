"""AOCC and the area under log-regret: the published sum, closed forms, both axes."""

import numpy as np
import pytest

from factories import run_of
from hpobench_tui.analysis.performance import area
from hpobench_tui.analysis.performance.counting import Steps, read_pairs, steps
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.axis import Axis
from performance_data import curve, random_runs, value_at

COCO_BOUNDS = (1e-8, 1e2)


def published(values: list[float], lb: float = -8.0, ub: float = 2.0) -> float:
    """AOCC of Vermetten et al., arXiv 2312.09041: the sum over evaluations."""
    return float(np.mean([1 - (min(max(np.log10(v), lb), ub) - lb) / (ub - lb) for v in values]))


def test_aocc_is_the_published_sum() -> None:
    for _, own in random_runs(np.random.default_rng(2)):
        values = [min(value_at(own, i), 1e2) for i in range(1, 41)]
        assert area.aocc(steps(own), 40, COCO_BOUNDS) == pytest.approx(published(values))


def test_a_pairs_aocc_is_over_its_granted_budget_between_its_targets() -> None:
    runs = random_runs(np.random.default_rng(4), labels=("a",), problems=("toy/one",), budget=30)
    (pair,) = read_pairs(runs)
    made = area.aocc_of(pair)
    assert (made.bounds, made.span) == (pytest.approx(COCO_BOUNDS), (1.0, 31.0))
    by_hand = [published([min(value_at(own, i), 1e2) for i in range(1, 31)]) for _, own in runs]
    np.testing.assert_allclose(made.values, by_hand)
    assert made.estimate().value == pytest.approx(np.mean(by_hand))
    (own,) = read_pairs(runs, targets={"toy/one": (1.0, 0.1)})
    assert area.aocc_of(own).bounds == (0.1, 1.0)


def test_an_exponential_descent_has_half_the_area() -> None:
    """log y falls on a line from the upper to the lower bound, in many small steps."""
    x = np.linspace(0, 1, 100_001)
    made = area.log_area(Steps(x, 10.0 ** (2 - 10 * x)), 0.0, 1.0, COCO_BOUNDS)
    assert made == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("log", [False, True])
def test_one_step_has_a_closed_form(log: bool) -> None:
    """Halfway between the bounds from x = 10 on, worst before."""
    made = area.log_area(Steps(np.array([10.0]), np.array([1e-3])), 1.0, 1000.0, COCO_BOUNDS, log)
    before = (np.log(10) / np.log(1000)) if log else 9 / 999
    assert made == pytest.approx(before + (1 - before) / 2)


@pytest.mark.parametrize("value", [-1.0, 0.0, 1e-300, 1e-9])
def test_what_is_below_the_bound_is_at_it(value: float) -> None:
    assert area.log_area(Steps(np.array([0.0]), np.array([value])), 0.0, 1.0, COCO_BOUNDS) == 0.0


def test_a_run_without_values_has_all_the_area_and_one_that_ends_early_stands() -> None:
    assert area.log_area(Steps(np.empty(0), np.empty(0)), 0.0, 1.0, COCO_BOUNDS) == 1.0
    runs = [(run_of(0, status="failed", spent=2, trials=2), curve((1, 1e-3), (2, 1e-3)))]
    (pair,) = read_pairs(runs)
    assert area.aocc_of(pair).values.tolist() == [pytest.approx(0.5)]


def test_spans_belong_to_axes() -> None:
    run = run_of(0, unit="seconds", budget=5 * 10**9, quanta_per_unit=10**9, spent=5 * 10**9)
    (pair,) = read_pairs([(run, curve((1, 1e-3)))], Axis.SECONDS)
    with pytest.raises(HpobenchError, match="from where to where"):
        area.aocc_of(pair)
    assert area.aocc_of(pair, span=(0.0, 2.0)).values.tolist() == [pytest.approx(0.25)]
    (pair,) = read_pairs([(run_of(0, budget=100), curve((1, 1e-3)))])
    assert area.aocc_of(pair, log=True).span == (1.0, 100.0)


def test_over_problems_each_weighs_the_same() -> None:
    areas = [area.Aocc("p/1", "a", np.array([1.0, 0.0, 0.5]), COCO_BOUNDS, (1, 2)),
             area.Aocc("p/2", "a", np.array([1.0]), COCO_BOUNDS, (1, 2))]  # fmt: skip
    made = area.overall(areas)["a"]
    assert (made.value, made.n) == (0.75, 4)
    assert made.low < 0.75 < made.high
    assert area.overall(areas, problems=["p/2"])["a"].interval is None
