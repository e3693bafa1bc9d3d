"""The infinitely-armed bandit: means from the Beta distribution, without any order, the same for every policy."""

import numpy as np
import pytest
from scipy import stats

from hpobench_suites.bandits import reservoir
from hpobench_suites.bandits.reservoir import Reservoir
from hpobench_tui.core.seeds import training_seed

ARMS = np.random.default_rng(8).random(5000).tolist()


def truths(bandit, arms=ARMS):
    return np.array([bandit.start({"x": x}, 1, "cpu").advance(1).truth for x in arms])


@pytest.mark.parametrize(("a", "b"), [(1, 1), (3, 1), (1, 2), (0.5, 0.5), (2, 5)])
def test_means_are_drawn_from_the_beta_distribution(a, b):
    assert stats.kstest(1 - truths(Reservoir(float(a), float(b), 0)), stats.beta(a, b).cdf).pvalue > 1e-4


@pytest.mark.parametrize(("a", "b"), [(3, 1), (1, 2), (0.5, 0.5), (2, 5)])
def test_quantiles_invert_the_distribution_function(a, b):
    bandit = Reservoir(float(a), float(b), 0)
    for u in (1e-6, 0.1, 0.5, 0.9, 1 - 1e-6):
        assert stats.beta(a, b).cdf(bandit.quantile(u)) == pytest.approx(u, rel=1e-9)


def test_neighbours_and_instances_have_nothing_in_common():
    bandit = Reservoir(1.0, 1.0, 0)
    ordered = sorted(ARMS)
    assert abs(stats.pearsonr(truths(bandit, ordered[1:]), truths(bandit, ordered[:-1])).statistic) < 4 / 5000**0.5
    closest = [np.nextafter(x, 1.0).item() for x in ARMS]
    assert abs(stats.pearsonr(truths(bandit), truths(bandit, closest)).statistic) < 4 / 5000**0.5
    assert abs(stats.pearsonr(truths(bandit), truths(Reservoir(1.0, 1.0, 1))).statistic) < 4 / 5000**0.5


def test_an_arm_stays_what_it_is(monkeypatch):
    """Asked again, after others were forgotten, and in a new object; zero has one mean whatever its sign."""
    monkeypatch.setattr(reservoir, "REMEMBERED", 100)
    bandit = Reservoir(2.0, 1.0, 0)
    first = truths(bandit)
    assert (truths(bandit) == first).all()
    assert (truths(Reservoir(2.0, 1.0, 0)) == first).all()
    assert truths(bandit, [0.0]) == truths(Reservoir(2.0, 1.0, 0), [-0.0])


def test_pulls_are_bernoulli_with_that_mean_and_independent_over_arms():
    bandit = Reservoir(1.0, 1.0, 0)
    seeds = [training_seed(3, n) for n in range(4000)]
    one, two = (np.array([bandit.start({"x": x}, s, "cpu").advance(1).loss for s in seeds]) for x in ARMS[:2])
    for drawn, truth in zip((one, two), truths(bandit, ARMS[:2]), strict=True):
        assert set(drawn) == {0.0, 1.0}
        assert abs(drawn.mean() - truth) < 4 * (truth * (1 - truth) / 4000) ** 0.5
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / 4000**0.5


def test_no_arm_attains_the_supremum():
    losses = truths(Reservoir(1.0, 1.0, 0))
    assert 0 < losses.min() < 0.01
