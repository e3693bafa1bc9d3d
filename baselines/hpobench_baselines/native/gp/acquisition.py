"""Acquisition functions of a normal posterior: what evaluating a point promises. Losses are minimised; more is better.

All take the posterior's mean and standard deviation at m points and return the value and its derivatives by both, each
(m,), so that a gradient by the coordinates is one chain rule away. With z = (best - xi - mean) / sd:

- expected improvement, sd (z Phi(z) + phi(z)) (Jones et al., J. Global Optimization 13, 1998, eq. 15), and its
  logarithm in the form of Ament et al. (arXiv 2310.20708, eq. 9), which has no underflow however small z is;
- probability of improvement Phi(z) (Kushner, 1964), as its logarithm, which has the same maximum;
- the confidence bound kappa sd - mean (Srinivas et al., arXiv 0912.3995).
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from hpobench_baselines.native.encoding import Floats

ROOT_2PI = math.sqrt(2.0 * math.pi)
FAR = -50.0
"""Below, 1 - t² erfcx... cancels, and the asymptotic series is exact to rounding."""


class Value(NamedTuple):
    """The acquisition at m points, and its derivatives by the posterior's mean and standard deviation."""

    value: Floats
    by_mean: Floats
    by_deviation: Floats


def normal_density(z: Floats) -> Floats:
    """phi(z)."""
    return np.exp(-0.5 * z * z) / ROOT_2PI


def expected_improvement(mean: Floats, deviation: Floats, best: float, xi: float = 0.0) -> Value:
    """E[max(best - xi - f, 0)]."""
    z = (best - xi - mean) / deviation
    density, below = normal_density(z), ndtr(z)
    return Value(deviation * (z * below + density), -below, density)


def log_expected_improvement(mean: Floats, deviation: Floats, best: float | Floats, xi: float = 0.0) -> Value:
    """The logarithm of ``expected_improvement``."""
    z = (best - xi - mean) / deviation
    log_h, hazard = log_improvement(z)
    inverse = 1.0 / deviation
    return Value(np.log(deviation) + log_h, -hazard * inverse, (1.0 - z * hazard) * inverse)


def log_improvement(z: Floats) -> tuple[Floats, Floats]:
    """log(z Phi(z) + phi(z)) and its derivative, Phi(z) / (z Phi(z) + phi(z)), accurate for all z."""
    near = np.maximum(z, -1.0)
    h = near * ndtr(near) + normal_density(near)
    value, slope = np.log(h), ndtr(near) / h
    low = z < -1.0
    if low.any():
        t = z[low]
        # both h and Phi as multiples of phi(z): Mills' ratio is Phi / phi
        middle = np.maximum(t, FAR)
        mills = math.sqrt(0.5 * math.pi) * erfcx(-middle / math.sqrt(2.0))
        ratio = 1.0 + middle * mills
        u = 1.0 / np.minimum(t, FAR) ** 2
        # z^-2 - 3 z^-4 + 15 z^-6 - 105 z^-8 ...
        series = u * (1.0 - u * (3.0 - u * (15.0 - u * (105.0 - 945.0 * u))))
        far = t < FAR
        ratio = np.where(far, series, ratio)
        mills = np.where(far, (1.0 - series) / -t, mills)
        value[low] = -0.5 * t * t - math.log(ROOT_2PI) + np.log(ratio)
        slope[low] = mills / ratio
    return value, slope


def log_probability_of_improvement(mean: Floats, deviation: Floats, best: float, xi: float = 0.0) -> Value:
    """log P(f < best - xi)."""
    z = (best - xi - mean) / deviation
    value = log_ndtr(z)
    hazard = np.exp(-0.5 * z * z - math.log(ROOT_2PI) - value) / deviation
    return Value(value, -hazard, -z * hazard)


def confidence_bound(mean: Floats, deviation: Floats, kappa: float) -> Value:
    """Minus the lower confidence bound of the loss, mean - kappa sd."""
    return Value(kappa * deviation - mean, np.full(len(mean), -1.0), np.full(len(mean), kappa))
