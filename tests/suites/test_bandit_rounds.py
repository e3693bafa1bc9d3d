"""Non-stationary bandits: their means and references, by brute force, and draws that depend on (seed, round, arm)."""

from collections import Counter
from itertools import pairwise
from math import cos, pi, sqrt

import numpy as np
import pytest
from scipy import stats

from hpobench_suites.bandits import abrupt, adversarial
from hpobench_suites.bandits.abrupt import Abrupt
from hpobench_suites.bandits.adversarial import Adversarial
from hpobench_suites.bandits.drifting import BEST_LOSS, Drifting
from hpobench_tui.core import RoundProblem

PROBLEMS = {
    "abrupt": lambda: Abrupt(5, 20, 0),
    "drifting": lambda: Drifting(5, 50),
    "constrained": lambda: Adversarial("constrained", 5, 0.2),
    "swapping": lambda: Adversarial("swapping", 5, 0.2),
    "cyclic": lambda: Adversarial("cyclic", 5, 0.2),
}


def reports(problem, k, rounds, seed=7):
    """Rounds by arms."""
    return [
        [problem.start_round({"arm": str(arm)}, seed, "cpu", round).advance(1) for arm in range(k)]
        for round in range(rounds)
    ]


@pytest.mark.parametrize("name", PROBLEMS)
def test_losses_are_functions_of_seed_round_and_arm(name):
    """In any order, with other seeds in between, beside another object; other seeds and rounds give other losses."""
    problem, again = PROBLEMS[name](), PROBLEMS[name]()
    assert isinstance(problem, RoundProblem)
    rng = np.random.default_rng(1)
    points = [
        (int(s), int(r), str(a)) for s, r, a in zip(*rng.integers(0, [[9], [40_000], [5]], (3, 300)), strict=True)
    ]

    def report(one, point):
        seed, round, arm = point
        return one.start_round({"arm": arm}, seed, "cpu", round).advance(1)

    there = [report(problem, point) for point in points]
    assert [report(again, point) for point in reversed(points)] == there[::-1]
    for column in ([(s, 3, "1") for s in range(60)], [(3, r, "1") for r in range(60)]):
        assert len({report(problem, point).loss for point in column}) == 2


@pytest.mark.parametrize("name", PROBLEMS)
def test_start_is_round_0(name):
    problem = PROBLEMS[name]()
    for seed in range(20):
        for arm in range(5):
            first = problem.start_round({"arm": str(arm)}, seed, "cpu", 0).advance(1)
            assert problem.start({"arm": str(arm)}, seed, "cpu").advance(1) == first


@pytest.mark.parametrize(("name", "rounds"), [("abrupt", 200), ("drifting", 200)])
def test_reference_is_the_best_expectation_of_the_round(name, rounds):
    """So that the sum of truth less reference is the dynamic regret: never negative, zero for the best arm."""
    table = reports(PROBLEMS[name](), 5, rounds)
    for row in table:
        assert len({report.reference for report in row}) == 1
        assert row[0].reference == min(report.truth for report in row)
    best = [min(range(5), key=lambda arm, row=row: row[arm].truth) for row in table]
    fixed = min(sum(row[arm].truth - row[arm].reference for row in table) for arm in range(5))
    assert len(set(best)) == 5
    assert fixed > 10  # no arm is good throughout


@pytest.mark.parametrize("name", ["abrupt", "drifting"])
def test_losses_have_the_truth_as_expectation(name):
    """Sum over rounds and seeds of (loss - truth), against its own standard deviation, arm by arm; and no memory."""
    problem = PROBLEMS[name]()
    for arm in range(5):
        table = [
            [problem.start_round({"arm": str(arm)}, seed, "cpu", round).advance(1) for seed in range(60)]
            for round in range(100)
        ]
        surplus = np.array([[report.loss - report.truth for report in row] for row in table])
        variance = np.array([[report.truth * (1 - report.truth) for report in row] for row in table])
        assert {report.loss for row in table for report in row} == {0.0, 1.0}
        assert abs(surplus.sum()) < 4 * sqrt(variance.sum())
        standardised = surplus / np.sqrt(variance)
        lagged = (standardised[1:] * standardised[:-1]).mean()
        assert abs(lagged) < 4 / sqrt(standardised[1:].size)


def test_abrupt_trades_the_same_means_every_period():
    k, period = 6, 15
    table = [[report.truth for report in row] for row in reports(Abrupt(k, period, 2), k, 20 * period)]
    phases = [table[start : start + period] for start in range(0, len(table), period)]
    assert all(row == phase[0] for phase in phases for row in phase)
    assert all(sorted(phase[0]) == pytest.approx(np.linspace(0.1, 0.9, k)) for phase in phases)
    assert sum(one[0] != two[0] for one, two in pairwise(phases)) == 19


def test_abrupt_hands_out_means_in_all_orders_alike():
    counted = Counter(tuple(abrupt.means(3, 4, phase)) for phase in range(3000))
    assert len(counted) == 6
    assert stats.chisquare(list(counted.values())).pvalue > 1e-4
    assert abrupt.means(10, 0, 0) != abrupt.means(10, 1, 0)


@pytest.mark.parametrize(("k", "period"), [(2, 10), (5, 50), (7, 33), (10, 10_000)])
def test_drifting_means_are_the_sine_waves(k, period):
    problem = Drifting(k, period)
    first = 2 * k // 3
    for round in [*range(60), period - 1, period, 123_456_789]:
        for arm in range(k):
            report = problem.start_round({"arm": str(arm)}, 1, "cpu", round).advance(1)
            wave = 0.5 + 0.4 * cos(2 * pi * (round % period / period - (arm - first) / k))
            assert report.truth == pytest.approx(1 - wave, abs=1e-9)
            # The best wave is at most half an arm from its crest.
            assert BEST_LOSS <= report.reference <= 0.5 - 0.4 * cos(pi / k) + 1e-9


@pytest.mark.parametrize("kind", adversarial.KINDS)
def test_references_sum_to_the_best_fixed_arm_in_hindsight(kind):
    """At every round, by brute force over the losses of all arms; across a block's end and with 3 seeds in turn."""
    problem, k, rounds = Adversarial(kind, 4, 0.3), 4, 9000
    for seed in (1, 2, 2**63 - 1):
        table = reports(problem, k, rounds, seed)
        losses = np.array([[report.loss for report in row] for row in table])
        references = np.array([row[0].reference for row in table])
        assert all(report.reference == row[0].reference for row in table for report in row)
        assert (np.cumsum(references) == np.cumsum(losses, axis=0).min(axis=1)).all()
        assert set(references) <= {0.0, 1.0}
