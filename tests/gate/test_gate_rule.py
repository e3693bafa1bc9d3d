"""The tests behind a check: their level, what they can tell, and the power that is announced."""

import numpy as np
import pytest
from scipy.stats import binomtest, wilcoxon

from hpobench_tui.gate.chances import chance, chance_of_failures, smallest
from hpobench_tui.gate.loss import middle
from hpobench_tui.gate.rule import Evidence, corrected, telling, worse
from hpobench_tui.gate.words import signed

NAN = np.nan


def test_p_is_that_of_the_signed_rank_test() -> None:
    apart = np.random.default_rng(1).normal(0.3, 1.0, 12)
    assert worse(apart[None]).p == pytest.approx(wilcoxon(apart, alternative="greater", method="exact").pvalue)


def test_p_is_that_of_the_sign_test_where_all_differ_by_as_much() -> None:
    apart = np.array([[1.0] * 7 + [-1.0] * 2 + [0.0] * 11])
    assert worse(apart).p == pytest.approx(binomtest(7, 9, alternative="greater").pvalue)


@pytest.mark.parametrize("rows", [[[NAN, NAN]], [[0.0, 0.0]], [[0.0], [NAN]]])
def test_without_a_pair_that_differs_nothing_is_shown(rows: list[list[float]]) -> None:
    test = worse(np.array(rows))
    assert (test.p, test.least_p, test.differ) == (1.0, 1.0, 0)


def test_an_infinite_difference_is_one_more_rank() -> None:
    assert worse(np.array([[np.inf, 1.0, 2.0]])).p == 1 / 8


def test_what_cannot_tell_costs_nothing() -> None:
    tests = [Evidence(0.001, 0.001, 10, 10), *[Evidence(0.25, 0.25, 2, 2)] * 100]
    found = corrected(tests, 0.05)
    assert found[0].p == 0.001
    assert found[0].level == 0.05
    assert all(np.isnan(each.p) for each in found[1:])


def test_of_those_that_can_tell_all_are_counted() -> None:
    tests = [Evidence(p, 2.0**-20, 20, 20) for p in (0.01, 0.02, 0.5)]
    assert [each.p for each in corrected(tests, 0.05)] == pytest.approx([0.03, 0.04, 0.5])


def test_equal_lowest_p_are_in_together_or_not_at_all() -> None:
    assert telling(np.full(60, 2.0**-10), 0.05).sum() == 0
    assert telling(np.full(51, 2.0**-10), 0.05).sum() == 51


def test_whoever_is_equal_is_seldom_called_worse() -> None:
    """A family of 12 tests with other numbers of pairs, of which some cannot tell."""
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(600):
        tests = [worse(rng.standard_cauchy((2, pairs))) for pairs in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30)]
        wrong += min(each.p for each in corrected(tests, 0.1) if not np.isnan(each.p)) <= 0.1
    assert wrong / 600 <= 0.1 + 3 * np.sqrt(0.09 / 600)


def test_power_is_how_often_it_is_caught() -> None:
    rng = np.random.default_rng(3)
    told, caught = [], 0
    for _ in range(200):
        apart = rng.normal(0.05, 0.12, (4, 12))
        told.append(chance(apart, np.full(4, 0.05), 0.01))
        caught += worse(apart).p <= 0.01
    assert float(np.mean(told)) == pytest.approx(caught / 200, abs=0.1)  # type: ignore[arg-type]


def test_power_is_not_told_where_nothing_tells() -> None:
    assert chance(np.array([[NAN, NAN]]), np.array([0.1]), 0.05) is None
    assert chance(np.array([[0.5, 0.2]]), np.array([NAN]), 0.05) is None
    assert chance(np.array([[0.5]]), np.array([0.1]), 0.05) is None


@pytest.mark.parametrize(("pairs", "share", "level"), [(60, 0.0, 0.01), (60, 0.2, 0.02), (7, 0.1, 0.2)])
def test_power_of_the_sign_test(pairs: int, share: float, level: float) -> None:
    rng = np.random.default_rng(5)
    old, new = rng.random((2000, pairs)) < share, rng.random((2000, pairs)) < share + 0.1
    caught = [worse(row[None].astype(float)).p <= level for row in new.astype(int) - old]
    assert chance_of_failures(pairs, share, 0.1, level) == pytest.approx(np.mean(caught), abs=0.04)


@pytest.mark.parametrize(("pairs", "share"), [(1, 0.0), (60, 1.0), (10_000, 0.5), (3, 0.95)])
def test_power_of_the_sign_test_is_a_probability(pairs: int, share: float) -> None:
    assert 0.0 <= chance_of_failures(pairs, share, 0.1, 0.01) <= 1.0


def test_the_smallest_effect_that_is_caught() -> None:
    assert smallest(lambda effect: 1.0 if effect >= 0.07 else 0.0) == 0.07
    assert smallest(lambda effect: 0.5) is None
    assert smallest(lambda effect: None) is None


def test_the_middle_of_anything() -> None:
    assert middle([np.inf, 1.0, 2.0]) == 2.0
    assert middle([-np.inf, np.inf]) == 0.0
    assert middle([1.7e308, 1.7e308]) == 1.7e308


def test_changes_in_words() -> None:
    assert signed(np.inf) == "worse than a baseline of 0"
    assert signed(-0.5) == "50 % better"
