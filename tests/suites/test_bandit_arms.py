"""Stochastic bandits: the distribution of their rewards, and one table of rewards for all policies."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from hpobench_suites import bandits
from hpobench_suites.bandits import arms, instances
from hpobench_suites.noise import uniform
from hpobench_tui.core.seeds import training_seed

PULLS = 20_000


def losses(bandit, arm, pulls=PULLS, repetition_seed=20240607):
    return np.array(
        [
            bandit.start({"arm": str(arm)}, training_seed(repetition_seed, n), "cpu").advance(1).loss
            for n in range(pulls)
        ]
    )


def test_uniforms_are_uniform_and_independent_over_arms():
    seeds = [training_seed(5, n) for n in range(PULLS)]
    table = np.array([[uniform(seed, arm) for arm in range(4)] for seed in seeds])
    cells = np.unique(np.floor(table[:, :2] * 10) @ [10, 1], return_counts=True)[1]
    assert len(cells) == 100
    assert stats.chisquare(cells).pvalue > 1e-4
    assert all(stats.kstest(column, "uniform").pvalue > 1e-4 for column in table.T)


@pytest.mark.parametrize("means", [instances.BERNOULLI_2, instances.BERNOULLI_10, instances.BERNOULLI_10_HARD])
def test_bernoulli_losses_have_the_published_means(means):
    bandit = arms.bernoulli(means)
    for arm in sorted({means.index(mean) for mean in means}):
        drawn = losses(bandit, arm)
        assert set(drawn) == {0.0, 1.0}
        assert abs(drawn.mean() - (1 - means[arm])) < 4 * sqrt(means[arm] * (1 - means[arm]) / PULLS)


def test_gaussian_losses_are_standard_normal_about_minus_the_mean():
    bandit = arms.gaussian_10()
    for arm in (2, 5):
        drawn = losses(bandit, arm) + instances.GAUSSIAN_10[arm]
        assert abs(drawn.mean()) < 4 / sqrt(PULLS)
        assert stats.kstest(drawn, "norm").pvalue > 1e-4


def test_a_pull_is_the_same_whatever_was_pulled_before():
    bandit = arms.gaussian_10()
    straight = losses(bandit, 3, pulls=20)
    losses(bandit, 4, pulls=7)
    assert (losses(bandit, 3, pulls=20) == straight).all()
    assert len(set(straight)) == 20


@pytest.mark.parametrize("info", [i for i in bandits.PROBLEMS if "stochastic" in i.tags], ids=lambda i: i.id)
def test_truth_of_the_best_arm_is_the_reference(info):
    bandit = getattr(arms, info.id.removeprefix("bandits/").replace("-", "_"))()
    truths = [bandit.start({"arm": arm}, 1, "cpu").advance(1).truth for arm in bandit.space()["arm"].choices]
    assert min(truths) == info.reference.loss
    assert truths.count(min(truths)) == 1
    assert truths[0] > min(truths)  # no gift to policies that break ties by order
