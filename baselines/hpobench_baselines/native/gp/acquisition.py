"""Acquisition functions of a normal posterior: what evaluating a point promises. Losses are minimised; more is better.

All take the posterior's mean and standard deviation at m points and return the value and its derivatives by both, each
(m,), so that a gradient by the coordinates is one chain rule away. With z = (best - xi - mean) / sd:

- expected improvement, sd (z Phi(z) + phi(z)) (Jones et al., J. Global Optimization 13, 1998, eq. 15), and its
  logarithm in the form of Ament et al. (arXiv 2310.20708, eq. 9), which has no underflow however small z is;
- probability of improvement Phi(z) (Kushner, 1964), as its logarithm, which has the same maximum;
- the confidence bound kappa sd - mean (Srinivas et al., arXiv 0912.3995).

Where sd = 0 the loss is known: evaluating it again promises no improvement (0, as a logarithm -infinity), a probability
is that of a certain event, and neither has a slope.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from hpobench_baselines.native.encoding import Floats, Mask

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
    """E[max(best - xi - f, 0)]; 0 where ``deviation`` is.

    >>> mean, deviation = np.array([0.0, 0.0, -1.0]), np.array([1.0, 2.0, 0.0])
    >>> expected_improvement(mean, deviation, best=0.0).value.round(3).tolist()
    [0.399, 0.798, 0.0]
    """
    known, _, z = _standardised(mean, deviation, best - xi)
    density, below = normal_density(z), ndtr(z)
    return _flat(known, 0.0, Value(deviation * (z * below + density), -below, density))


def log_expected_improvement(mean: Floats, deviation: Floats, best: float | Floats, xi: float = 0.0) -> Value:
    """The logarithm of ``expected_improvement``.

    60 standard deviations above the best, the improvement itself underflows:

    >>> log_expected_improvement(np.array([60.0]), np.array([1.0]), best=0.0).value.round(2).tolist()
    [-1809.11]
    """
    known, spread, z = _standardised(mean, deviation, best - xi)
    log_h, hazard = log_improvement(z)
    inverse = 1.0 / spread
    return _flat(known, -np.inf, Value(np.log(spread) + log_h, -hazard * inverse, (1.0 - z * hazard) * inverse))


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
    known, spread, z = _standardised(mean, deviation, best - xi)
    value = log_ndtr(z)
    hazard = np.exp(-0.5 * z * z - math.log(ROOT_2PI) - value) / spread
    return _flat(known, np.where(mean < best - xi, 0.0, -np.inf), Value(value, -hazard, -z * hazard))


def confidence_bound(mean: Floats, deviation: Floats, kappa: float) -> Value:
    """Minus the lower confidence bound of the loss, mean - kappa sd."""
    return Value(kappa * deviation - mean, np.full(len(mean), -1.0), np.full(len(mean), kappa))


def _standardised(mean: Floats, deviation: Floats, level: float | Floats) -> tuple[Mask, Floats, Floats]:
    """Where sd = 0; sd, and 1 there; z, and 0 there."""
    known = deviation == 0.0
    spread = np.where(known, 1.0, deviation)
    return known, spread, np.where(known, 0.0, level - mean) / spread


def _flat(known: Mask, there: float | Floats, elsewhere: Value) -> Value:
    """``there``, without slopes, at points that are ``known``."""
    if not known.any():
        return elsewhere
    value, by_mean, by_deviation = elsewhere
    return Value(np.where(known, there, value), np.where(known, 0.0, by_mean), np.where(known, 0.0, by_deviation))
