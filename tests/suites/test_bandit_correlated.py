"""Correlated arms: the path of means has the covariance that is claimed."""

from math import exp, pi

import numpy as np
import pytest
from scipy import stats

from hpobench_suites.bandits import correlated


@pytest.mark.parametrize("length", [0.01, 0.05, 0.2, 1.0])
def test_covariance_is_the_wrapped_squared_exponential(length):
    """Against the sum over the turns of the circle, the other side of Poisson's formula."""

    def wrapped(angle):
        return sum(exp(-(((angle + 2 * pi * turn) / (pi * length)) ** 2) / 2) for turn in range(-20, 21))

    for angle in np.linspace(0, pi, 9):
        assert correlated.covariance(length, angle) == pytest.approx(wrapped(angle) / wrapped(0), abs=1e-14)


def test_paths_have_the_covariance():
    """Over instances: normal values of unit variance, correlated as claimed at several distances."""
    k, length, instances = 9, 0.2, 4000
    paths = np.array([correlated.path(k, length, instance) for instance in range(instances)])
    assert stats.kstest(paths[:, 0], "norm").pvalue > 1e-4
    assert stats.kstest(paths[:, 5], "norm").pvalue > 1e-4
    for distance in (0, 1, 2, 4):
        claimed = correlated.covariance(length, pi * distance / (k - 1))
        products = paths[:, 2] * paths[:, 2 + distance]
        assert abs(products.mean() - claimed) < 4 * np.sqrt((1 + claimed**2) / instances)


def test_neighbours_are_similar_and_instances_are_not():
    """A step along the line is as large as the covariance says, and small beside what instances differ by."""
    k, length = 32, 0.2
    paths = np.array([correlated.path(k, length, instance) for instance in range(500)])
    claimed = 2 * (1 - correlated.covariance(length, pi / (k - 1)))
    assert (np.diff(paths, axis=1) ** 2).mean() == pytest.approx(claimed, rel=0.1)
    assert (np.diff(paths, axis=0) ** 2).mean() == pytest.approx(2, rel=0.1)
    assert claimed < 0.03


def test_the_arm_is_an_integer():
    bandit = correlated.Correlated(32, 0.2, 1.0, 0)
    truths = [bandit.start({"arm": arm}, 1, "cpu").advance(1).truth for arm in range(32)]
    assert truths == [-mean for mean in correlated.path(32, 0.2, 0)]
