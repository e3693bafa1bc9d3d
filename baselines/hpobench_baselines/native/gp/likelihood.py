"""The hyperparameters of the Gaussian process and their posterior density, with analytic derivatives.

The marginal likelihood and its gradient are those of Rasmussen and Williams (2006), eqs. 5.8 and 5.9. The constant mean
is not searched but estimated in closed form, under a standard normal prior; as it minimises the objective, its own
change adds nothing to the gradient. Length-scales have a log-normal prior whose median grows with the square root of
the dimension, as distances do (Hvarfner et al., arXiv 2402.02229). It is shorter and narrower than theirs, which found
better configurations of test functions within 50 trials.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.gp.kernels import Kernel, squared_distances
from hpobench_baselines.native.gp.warping import bent

LEAST_NOISE = 1e-8
LOG_LENGTH_BOUNDS = (math.log(0.01), math.log(300.0))
LOG_SIGNAL_BOUNDS = (math.log(1e-2), math.log(1e4))
LOG_NOISE_BOUNDS = (math.log(LEAST_NOISE), math.log(4.0))
POWER_BOUNDS = (-0.25, 1.0)
LENGTH_MEDIAN, LENGTH_DEVIATION = 0.4, 0.8
"""Of a length-scale in one dimension; the deviation is that of its logarithm."""
SIGNAL_DEVIATION = 2.0
NOISE_SHAPE, NOISE_RATE = 0.1, 30.0
POWER_DEVIATION = 0.2


class Hyperparameters(NamedTuple):
    """What is fitted; variances in units of the standardised targets.

    Attributes:
        lengths: float array (G,): the length-scale of each group of coordinates.
        signal: The variance of the function.
        noise: The variance of the noise.
        power: That of the output transformation.
    """

    lengths: Floats
    signal: float
    noise: float
    power: float

    def vector(self) -> Floats:
        """As the optimizer sees them: logarithms, but for the power."""
        return np.concatenate((np.log(self.lengths), [math.log(self.signal), math.log(self.noise), self.power]))

    @classmethod
    def of(cls, vector: Floats) -> "Hyperparameters":
        """From a vector (G + 3,)."""
        return cls(np.exp(vector[:-3]), math.exp(vector[-3]), math.exp(vector[-2]), float(vector[-1]))


def typical(groups: int, power: float = 1.0) -> Hyperparameters:
    """Where a search without experience begins."""
    return Hyperparameters(np.full(groups, 0.5 * math.sqrt(max(groups, 1))), 1.0, 1e-3, power)


def prior(theta: Floats) -> tuple[float, Floats]:
    """Minus the log density of a vector's prior, up to a constant, and its gradient (G + 3,)."""
    groups = len(theta) - 3
    gradient = np.empty(len(theta))
    deviation = (theta[:-3] - math.log(LENGTH_MEDIAN) - 0.5 * math.log(max(groups, 1))) / LENGTH_DEVIATION
    gradient[:-3] = deviation / LENGTH_DEVIATION
    signal, noise, power = theta[-3:].tolist()
    gradient[-3] = signal / SIGNAL_DEVIATION**2
    gradient[-2] = NOISE_RATE * math.exp(noise) - NOISE_SHAPE
    gradient[-1] = (power - 1.0) / POWER_DEVIATION**2
    value = 0.5 * float(deviation @ deviation) + 0.5 * (signal / SIGNAL_DEVIATION) ** 2 + NOISE_RATE * math.exp(noise)
    return value - NOISE_SHAPE * noise + 0.5 * ((power - 1.0) / POWER_DEVIATION) ** 2, gradient


def objective(
    theta: Floats, points: Floats, group: NDArray[np.int64], scaled: Floats, kernel: Kernel
) -> tuple[float, Floats]:
    """Minus the log posterior density of the hyperparameters, up to a constant, and its gradient (G + 3,).

    Args:
        theta: ``Hyperparameters.vector``.
        points: (n, M) coordinates.
        group: (M,) the length-scale of each coordinate.
        scaled: (n,) scaled losses, see ``warping``.
        kernel: See ``kernels``.
    """
    n = len(points)
    signal, noise = math.exp(theta[-3]), math.exp(theta[-2])
    targets, change, jacobian, jacobian_change, _ = bent(scaled, float(theta[-1]))
    a = points * np.exp(-theta[:-3])[group]
    k, slope = kernel(squared_distances(a, a))
    k *= signal
    covariance = k.copy()
    covariance.flat[:: n + 1] += noise
    factor, info = dpotrf(covariance.T, lower=1, overwrite_a=1)
    if info:
        return 1e25, np.zeros(len(theta))
    log_determinant = 2.0 * float(np.log(np.diagonal(factor)).sum())
    solved, _ = dpotrs(factor, np.stack((targets, np.ones(n)), axis=1), lower=1)
    mean = float(solved[:, 0].sum()) / (float(solved[:, 1].sum()) + 1.0)
    alpha = solved[:, 0] - mean * solved[:, 1]
    residual = targets - mean
    value, gradient = prior(theta)
    value += 0.5 * float(residual @ alpha) + 0.5 * log_determinant + 0.5 * mean**2 - jacobian
    inverse, _ = dpotri(factor, lower=1, overwrite_c=1)  # its lower triangle; zeros above
    by_covariance = inverse + inverse.T
    by_covariance.flat[:: n + 1] *= 0.5
    by_covariance -= np.outer(alpha, alpha)
    by_covariance *= 0.5
    gradient[-3] += float(np.vdot(by_covariance, k))
    gradient[-2] += noise * float(np.trace(by_covariance))
    gradient[-1] += float(alpha @ change) - jacobian_change
    by_squared = by_covariance * slope
    by_squared *= signal
    # sum_ij B_ij (a_i - a_j)² for every coordinate; a shrinks with its length-scale, so d(a²)/d(log l) = -2 a²
    moments = 2.0 * (by_squared.sum(axis=1) @ a**2) - 2.0 * np.einsum("im,im->m", a, by_squared @ a)
    gradient[:-3] -= 2.0 * np.bincount(group, moments, minlength=len(theta) - 3)
    return value, gradient


def fit(
    points: Floats,
    group: NDArray[np.int64],
    scaled: Floats,
    kernel: Kernel,
    starts: list[Hyperparameters],
    iterations: int,
    warp: bool,
) -> Hyperparameters:
    """The hyperparameters of greatest posterior density that L-BFGS-B finds from the starts."""
    groups = len(starts[0].lengths)
    power_bounds = POWER_BOUNDS if warp else (1.0, 1.0)
    bounds = [LOG_LENGTH_BOUNDS] * groups + [LOG_SIGNAL_BOUNDS, LOG_NOISE_BOUNDS, power_bounds]
    lower, upper = np.array(bounds).T
    best, best_value = starts[0], math.inf
    function: Callable[..., tuple[float, Floats]] = objective
    given, options = (points, group, scaled, kernel), {"maxiter": iterations, "ftol": 1e-6, "gtol": 1e-4}
    for start in starts:
        theta = np.clip(start.vector(), lower, upper)
        found = minimize(function, theta, given, "L-BFGS-B", jac=True, bounds=bounds, options=options)
        if found.fun < best_value:
            best, best_value = Hyperparameters.of(found.x), float(found.fun)
    return best
