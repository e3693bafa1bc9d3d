"""Closed forms of the synthetic suite."""

from math import sqrt

import numpy as np
import pytest
from scipy.optimize import minimize

from hpobench_suites import synthetic
from hpobench_suites.synthetic.branin import MINIMISERS, branin
from hpobench_suites.synthetic.counting_ones import CountingOnes, counting_ones_8_8
from hpobench_suites.synthetic.hartmann6 import MINIMISER, hartmann6

REFERENCE = {info.id: info.reference.loss for info in synthetic.PROBLEMS}


@pytest.mark.parametrize("point", MINIMISERS)
def test_branin_minimisers(point):
    assert branin(point) == pytest.approx(0.39788736, abs=5e-9)
    assert branin(point) == pytest.approx(REFERENCE["synthetic/branin"], abs=1e-15)
    polished = minimize(branin, point, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15})
    assert polished.fun == pytest.approx(branin(point), abs=1e-12)


def test_branin_known_value():
    """(0, 0): 36 + 10 (1 - 1/(8 pi)) + 10."""
    assert branin((0.0, 0.0)) == pytest.approx(55.602112642270264, abs=1e-12)


def test_hartmann6_minimiser():
    assert hartmann6(MINIMISER) == pytest.approx(-3.32236801, abs=5e-9)
    assert hartmann6(MINIMISER) == pytest.approx(REFERENCE["synthetic/hartmann6"], abs=2e-15)
    polished = minimize(hartmann6, [0.2, 0.15, 0.5, 0.3, 0.3, 0.7], tol=1e-12)
    assert polished.fun == pytest.approx(REFERENCE["synthetic/hartmann6"], abs=1e-10)
    assert polished.x == pytest.approx(MINIMISER, abs=1e-4)


def counting(ones, probability):
    return {f"c{i}": ones for i in range(8)} | {f"p{j}": probability for j in range(8)}


def test_counting_ones_extremes_have_no_noise():
    problem = counting_ones_8_8()
    best = problem.start(counting(1, 1.0), 1, "cpu").advance(9)
    assert (best.loss, best.truth) == (-16.0, -16.0)
    assert REFERENCE["synthetic/counting-ones-8-8"] == -16.0
    worst = problem.start(counting(0, 0.0), 1, "cpu").advance(9)
    assert (worst.loss, worst.truth) == (0.0, 0.0)


@pytest.mark.parametrize("samples", [9, 81])
def test_counting_ones_noise_is_binomial(samples):
    """Mean and variance of 2,000 trainings: 8 p, and 8 p (1 - p) / samples."""
    p, repeats = 0.3, 2000
    problem = counting_ones_8_8()
    losses = np.array([problem.start(counting(1, p), seed, "cpu").advance(samples).loss for seed in range(repeats)])
    variance = 8 * p * (1 - p) / samples
    assert abs(losses.mean() + 8 + 8 * p) < 4 * sqrt(variance / repeats)
    assert losses.var() == pytest.approx(variance, rel=4 * sqrt(2 / repeats))


def test_counting_ones_configurations_have_draws_of_their_own():
    problem = CountingOnes(1, 1)
    pairs = [
        [problem.start({"c0": c, "p0": 0.5}, seed, "cpu").advance(9).loss + c for c in (0, 1)] for seed in range(2000)
    ]
    assert abs(np.corrcoef(np.array(pairs).T)[0, 1]) < 4 / sqrt(2000)
