"""Random search on Branin and Hartmann 6: the best of n draws has a known distribution, whatever the optimizer's name.

The best of n independent draws lies at the quantile of the least of n uniform numbers, so with F the distribution of
one draw's loss, F(best of n) is Beta(1, n). Means and standard deviations simulated elsewhere are compared too.
"""

from math import sqrt

import numpy as np
import pytest
from scipy.stats import kstest

from hpobench_baselines.native.random_search import RandomSearch
from hpobench_suites.synthetic import hartmann6
from hpobench_tui.core import Budget, Task
from hpobench_tui.plugins import load_problem, problems

FIGURES = [("branin", 200, 0.660, 0.260), ("branin", 50, 1.436, None), ("hartmann6", 200, -2.296, 0.368)]
"""Problem, draws, mean and standard deviation of the best (simulated elsewhere, to three decimals)."""


def branin_of(unit):
    x1, x2 = unit[..., 0] * 15 - 5, unit[..., 1] * 15
    square = (x2 - 5.1 / (4 * np.pi**2) * x1**2 + 5 / np.pi * x1 - 6) ** 2
    return square + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x1) + 10


def hartmann6_of(unit):
    wells = zip((1.0, 1.2, 3.0, 3.2), np.array(hartmann6.A), np.array(hartmann6.P), strict=True)
    return -sum(alpha * np.exp(-((unit - p) ** 2) @ a) for alpha, a, p in wells)


FORMULA = {"branin": (branin_of, 2), "hartmann6": (hartmann6_of, 6)}


def losses(name, shape, seed):
    formula, d = FORMULA[name]
    return formula(np.random.default_rng(seed).random((*shape, d)))


def standard_errors(sample):
    """Of the mean, and of the standard deviation (by the fourth moment: the best is not normal)."""
    n, spread = len(sample), sample.std(ddof=1)
    kurtosis = np.mean((sample - sample.mean()) ** 4) / spread**4
    return spread / sqrt(n), spread * sqrt((kurtosis - 1) / (4 * n))


def bests(name, draws, runs):
    """The best of ``draws`` in each of ``runs`` runs of our optimizer on our problem."""
    info = problems()[f"synthetic/{name}"]
    problem = load_problem(info)
    found = []
    for seed in range(runs):
        search = RandomSearch(Task(problem.space(), None, Budget.of(draws, "evaluations"), seed))
        found.append(min(problem.start(search.ask().configuration, 0, "cpu").advance(1).loss for _ in range(draws)))
    return np.array(found)


@pytest.mark.parametrize(("name", "draws", "mean", "spread"), FIGURES)
def test_best_of_n_is_as_known(name, draws, mean, spread):
    best = losses(name, (2000, draws), seed=1).min(axis=1)
    of_mean, of_spread = standard_errors(best)
    assert abs(best.mean() - mean) < 3 * of_mean
    assert spread is None or abs(best.std(ddof=1) - spread) < 3 * of_spread


@pytest.mark.parametrize(("name", "draws", "mean", "spread"), FIGURES)
def test_our_random_search_is_as_known(name, draws, mean, spread):
    best = bests(name, draws, runs=400)
    of_mean, of_spread = standard_errors(best)
    assert abs(best.mean() - mean) < 3 * of_mean
    assert spread is None or abs(best.std(ddof=1) - spread) < 3 * of_spread
    exact = np.sort(losses(name, (1_000_000,), seed=2))
    quantiles = np.searchsorted(exact, best) / len(exact)
    assert kstest(quantiles, "beta", args=(1, draws)).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(("name", "draws", "mean", "spread"), FIGURES)
def test_our_random_search_is_as_known_over_many_runs(name, draws, mean, spread):
    """The exact mean, as the integral of the quantile function, within 3 standard errors of 4,000 runs."""
    best = bests(name, draws, runs=4000)
    exact = np.sort(losses(name, (4_000_000,), seed=3))
    ranks = np.arange(len(exact) + 1) / len(exact)
    weights = -np.diff((1 - ranks) ** draws)
    expected = weights @ exact
    of_mean, of_spread = standard_errors(best)
    assert abs(best.mean() - expected) < 3 * of_mean
    assert abs(best.std(ddof=1) - sqrt(weights @ (exact - expected) ** 2)) < 3 * of_spread
    assert expected == pytest.approx(mean, abs=0.01)
    assert spread is None or sqrt(weights @ (exact - expected) ** 2) == pytest.approx(spread, abs=0.01)
