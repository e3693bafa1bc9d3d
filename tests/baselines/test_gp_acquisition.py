"""Acquisition functions against numeric integration, and their slopes against differences."""

import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad

from hpobench_baselines.native.gp import acquisition

MEAN = np.array([-1.0, 0.0, 0.3, 2.0, 5.0])
DEVIATION = np.array([0.5, 1.0, 0.1, 3.0, 1.0])
BEST, XI = 0.2, 0.05


def density(f: float, mean: float, deviation: float) -> float:
    return math.exp(-0.5 * ((f - mean) / deviation) ** 2) / (deviation * math.sqrt(2 * math.pi))


def integral(gain, mean: float, deviation: float) -> float:
    end = BEST - XI
    start = min(mean, end) - 12 * deviation
    middle = [p for p in (mean - deviation, mean, mean + deviation) if start < p < end]
    return quad(lambda f: gain(end - f) * density(f, mean, deviation), start, end, points=middle, epsabs=1e-12)[0]


def test_improvements_are_integrals():
    ei = [integral(lambda gain: gain, m, s) for m, s in zip(MEAN, DEVIATION, strict=True)]
    pi = [integral(lambda gain: 1.0, m, s) for m, s in zip(MEAN, DEVIATION, strict=True)]
    np.testing.assert_allclose(acquisition.expected_improvement(MEAN, DEVIATION, BEST, XI).value, ei, atol=1e-8)
    log_ei = acquisition.log_expected_improvement(MEAN, DEVIATION, BEST, XI).value
    np.testing.assert_allclose(np.exp(log_ei), ei, atol=1e-8)
    log_pi = acquisition.log_probability_of_improvement(MEAN, DEVIATION, BEST, XI).value
    np.testing.assert_allclose(np.exp(log_pi), pi, atol=1e-8)


def test_the_bound_is_a_quantile():
    bound = acquisition.confidence_bound(MEAN, DEVIATION, 1.5).value
    below = [
        quad(density, m - 12 * s, -b, args=(m, s), epsabs=1e-12)[0]
        for m, s, b in zip(MEAN, DEVIATION, bound, strict=True)
    ]
    np.testing.assert_allclose(below, 0.06680720126885807, atol=1e-8)  # Phi(-1.5)


@pytest.mark.parametrize("z", [3.0, 0.0, -0.999, -1.001, -5.0, -20.0, -49.99, -50.01, -100.0, -1e3, -1e5, -1e8, -1e12])
def test_log_improvement_is_right_however_far_in_the_tail(z):
    with mpmath.workdps(80):
        t = mpmath.mpf(z)
        # z Phi(z) + phi(z) as a Mills ratio, by the continued precision of erfc
        h = mpmath.npdf(t) + t * mpmath.erfc(-t / mpmath.sqrt(2)) / 2 if z > -1e3 else None
        log_h = mpmath.log(h) if h is not None else -t * t / 2 - mpmath.log(2 * mpmath.pi) / 2 - 2 * mpmath.log(-t)
        slope = mpmath.erfc(-t / mpmath.sqrt(2)) / 2 / h if h is not None else -t
    value, derivative = acquisition.log_improvement(np.array([z]))
    near = 1e-12 if z > -1e3 else 3.5e-6 if z > -1e5 else 1e-9  # of the leading term alone: 3 / z²
    assert value[0] == pytest.approx(float(log_h), rel=1e-12, abs=near)
    assert derivative[0] == pytest.approx(float(slope), rel=max(near, 1e-11))


def test_slopes_are_differences():
    functions = (
        lambda m, s: acquisition.expected_improvement(m, s, BEST, XI),
        lambda m, s: acquisition.log_expected_improvement(m, s, BEST, XI),
        lambda m, s: acquisition.log_probability_of_improvement(m, s, BEST, XI),
        lambda m, s: acquisition.confidence_bound(m, s, 2.0),
    )
    h = 1e-6
    for function in functions:
        value = function(MEAN, DEVIATION)
        by_mean = (function(MEAN + h, DEVIATION).value - function(MEAN - h, DEVIATION).value) / (2 * h)
        by_deviation = (function(MEAN, DEVIATION + h).value - function(MEAN, DEVIATION - h).value) / (2 * h)
        np.testing.assert_allclose(value.by_mean, by_mean, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(value.by_deviation, by_deviation, rtol=1e-6, atol=1e-8)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mean", [BEST - XI - 1.0, BEST - XI, BEST - XI + 1.0, -1e200, 1e200])
def test_a_loss_that_is_known_promises_no_improvement(mean):
    """At sd = 0 EI is 0 (by definition, not by its limit), PI that of a certain event, and nothing is NaN."""
    at, nothing = np.array([mean, 0.3]), np.array([0.0, 0.5])
    certain = 0.0 if mean < BEST - XI else -math.inf
    for function, known in (
        (acquisition.expected_improvement, 0.0),
        (acquisition.log_expected_improvement, -math.inf),
        (acquisition.log_probability_of_improvement, certain),
    ):
        found, plain = function(at, nothing, BEST, XI), function(at[1:], nothing[1:], BEST, XI)
        assert [column[0] for column in found] == [known, 0.0, 0.0]
        assert [column[1:] for column in found] == list(plain), "the others are as they are alone"
    assert acquisition.confidence_bound(at, nothing, 2.0).value[0] == -mean
