"""A Gaussian process over learning curves (Swersky, Snoek and Adams, *Freeze-Thaw*, arXiv 1406.3896).

The losses y_n of training n at times t are a limit f_n and a curve that decays to it, plus noise:

    y_n | f_n ~ N(f_n 1, K_n),   K_n = drop k(t, t') + noise I

The paper's kernel of curves is a mixture of exponential decays, beta^alpha / (t + t' + beta)^alpha, and its limit an
asymptote, which a curve that decays slowly leaves unknown for ever. What counts here is the loss at the end of a
training, so k is that kernel given that the curve is 0 at the last time, and f_n the loss there but for the noise.

The limits are a Gaussian process over configurations, here with a Matérn 5/2 kernel of variance ``signal`` and a
constant mean that is standard normal and integrated out.

All trainings are observed at the first so many of common times, hence every K_n is a leading block of one matrix, and
its Cholesky factor a leading block of that one's. With Lambda_n = 1' K_n^-1 1 and m_n = 1' K_n^-1 y_n / Lambda_n,

    N(y_n; f_n 1, K_n) = c_n N(m_n; f_n, 1 / Lambda_n),   c_n free of f_n,

so that inference is that of an ordinary process on N pseudo-observations m_n of the limits, each with a noise of
its own: the N T observations cost O(N^3 + N T^2). It is the paper's posterior, with its block structure used as far as
it goes.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs, dtrtrs
from scipy.optimize import minimize

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.gp.kernels import matern52, squared_distances

JITTER = 1e-10
"""On the diagonal of the limits' covariance, as a share of its variance."""


class Hyperparameters(NamedTuple):
    """What is fitted; variances in units of the standardised losses, times in units of the last one.

    Attributes:
        lengths: float array (G,): the length-scale of each group of coordinates.
        signal: The variance of the limits.
        alpha, beta: Shape and scale of the decay rates.
        drop: The scale of the curves' variance.
        noise: The variance of the noise.
    """

    lengths: Floats
    signal: float
    alpha: float
    beta: float
    drop: float
    noise: float

    def vector(self) -> Floats:
        """Their logarithms (G + 5,)."""
        return np.log(np.concatenate((self.lengths, self[1:])))

    @classmethod
    def of(cls, vector: Floats) -> "Hyperparameters":
        """From logarithms."""
        return cls(np.exp(vector[:-5]), *map(math.exp, vector[-5:].tolist()))


class Observations(NamedTuple):
    """N trainings and what is known of them.

    Attributes:
        points: (N, M) coordinates of the configurations.
        group: (M,) the length-scale of each coordinate.
        times: (T,) ascending, the last one 1.
        losses: (N, T) standardised losses; what is not yet observed is 0.
        lengths: (N,) at how many of the first times each was observed, at least 1.
    """

    points: Floats
    group: NDArray[np.int64]
    times: Floats
    losses: Floats
    lengths: NDArray[np.int64]


class Prediction(NamedTuple):
    """Mean and variance (n,) each."""

    mean: Floats
    variance: Floats


def decay(times: Floats, alpha: float, beta: float) -> tuple[Floats, Floats, Floats]:
    """The paper's kernel for all pairs of times, and its derivatives by log alpha and log beta; (T, T) each."""
    sums = times[:, None] + times + beta
    logarithm = np.log(beta / sums)
    k = np.exp(alpha * logarithm)
    return k, alpha * logarithm * k, alpha * (1.0 - beta / sums) * k


def ending(matrices: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats, Floats]:
    """A kernel (T, T) and its derivatives, given that the curve is 0 at the last time.

    With P = 1 - k e' / (e' k e), e the last unit vector, that is P k P'. As P k e = 0, the derivatives are P k' P'.
    """
    kernel = matrices[0]
    weight = kernel[:, -1] / kernel[-1, -1]
    result = []
    for matrix in matrices:
        projected = matrix - weight[:, None] * matrix[-1]
        projected -= projected[:, -1:] * weight
        projected[-1], projected[:, -1] = 0.0, 0.0
        result.append(projected)
    return result[0], result[1], result[2]


class CurvePosterior:
    """Everything that follows from observations and hyperparameters."""

    def __init__(self, data: Observations, hyperparameters: Hyperparameters) -> None:
        self._data, self._hyperparameters = data, hyperparameters
        h = hyperparameters
        last = data.lengths - 1
        self._rows = np.arange(len(last))
        self._last = last
        k, self._by_alpha, self._by_beta = ending(decay(data.times, h.alpha, h.beta))
        self._decay = k
        factor = _factor(h.drop * k + h.noise * np.eye(len(k)))
        white = _lower_solve(factor, np.column_stack((np.ones(len(k)), data.losses.T)))
        ones, losses = white[:, 0], white[:, 1:]
        self._precision = np.cumsum(ones * ones)[last]
        self._limit = self._at_last(np.cumsum(ones[:, None] * losses, axis=0)) / self._precision
        residual = self._at_last(np.cumsum(losses * losses, axis=0)) - self._precision * self._limit**2
        log_determinant = 2.0 * np.cumsum(np.log(np.diag(factor)))[last]
        curves = -0.5 * (residual + log_determinant + np.log(self._precision) + last * math.log(2.0 * math.pi)).sum()

        self._scaled = data.points / h.lengths[data.group]
        kernel, self._slope = matern52(squared_distances(self._scaled, self._scaled))
        self._kernel = h.signal * kernel
        covariance = self._kernel + 1.0
        covariance.flat[:: len(covariance) + 1] += 1.0 / self._precision + JITTER * h.signal
        self._factor = _factor(covariance)
        self._weights: Floats = dpotrs(self._factor, self._limit, lower=1)[0]
        half_determinant = float(np.log(np.diag(self._factor)).sum())
        fit = float(self._limit @ self._weights)
        self.log_likelihood = float(curves - 0.5 * fit - half_determinant - 0.5 * len(last) * math.log(2.0 * math.pi))
        """Of all observed losses."""

    def _at_last(self, running: Floats) -> Floats:
        """The entries of running sums (T, N) where each training's observations end."""
        return running[self._last, self._rows]

    def limits(self) -> Prediction:
        """Of the N trainings."""
        return self._predicted(self._kernel + 1.0)

    def fresh(self, points: Floats, time: int = -1) -> Prediction:
        """The curves of new trainings at that one of the times, without noise, at (m, M) coordinates."""
        h = self._hyperparameters
        scaled = points / h.lengths[self._data.group]
        cross = h.signal * matern52(squared_distances(self._scaled, scaled))[0] + 1.0
        limit = self._predicted(cross)
        return limit._replace(variance=limit.variance + h.drop * self._decay[time, time])

    def _predicted(self, cross: Floats) -> Prediction:
        """Limits whose covariances with those of the N trainings are (N, m)."""
        half = _lower_solve(self._factor, cross)
        variance = self._hyperparameters.signal + 1.0 - np.einsum("ij,ij->j", half, half)
        return Prediction(cross.T @ self._weights, np.maximum(variance, 0.0))

    def gradient(self) -> Floats:
        """The derivatives (G + 5,) of the log likelihood by the logarithms of the hyperparameters.

        Those of the limits' kernel are the usual ones; those of the curves' are the expectation of the derivative
        of log N(y_n; f_n 1, K_n) under the posterior of f_n (Fisher's identity).
        """
        data, h = self._data, self._hyperparameters
        inverse, _ = dpotri(self._factor, lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        outer = np.outer(self._weights, self._weights) - inverse
        result = np.empty(len(h.lengths) + 5)
        weighted = outer * self._slope
        each = weighted.sum(axis=1) @ self._scaled**2 - np.einsum("ij,ij->j", self._scaled, weighted @ self._scaled)
        result[:-5] = -2.0 * h.signal * np.bincount(data.group, each, len(h.lengths))
        result[-5] = 0.5 * float((outer * self._kernel).sum())
        result[-5] += 0.5 * JITTER * h.signal * float(np.trace(outer))

        # the pseudo-observations' own noise: f given all, from the same factor
        noise = 1.0 / self._precision
        mean = self._limit - noise * self._weights
        variance = noise - noise * noise * np.diag(inverse)
        of_curves = (h.drop * matrix for matrix in (self._by_alpha, self._by_beta, self._decay))
        derivatives = np.stack((*of_curves, h.noise * np.eye(len(data.times))))
        covariance = derivatives[2] + derivatives[3]
        result[-4:] = 0.0
        for length in np.unique(data.lengths):
            these = data.lengths == length
            residuals = data.losses[these, :length] - mean[these, None]
            second = residuals.T @ residuals + variance[these].sum()
            precision = np.linalg.inv(covariance[:length, :length])
            middle = precision @ second @ precision - these.sum() * precision
            result[-4:] += 0.5 * np.einsum("ij,kij->k", middle, derivatives[:, :length, :length])
        return result


def typical(groups: int) -> Hyperparameters:
    """The middle of the prior, and where a fit without experience begins."""
    return Hyperparameters(np.full(groups, 0.5 * math.sqrt(max(groups, 1))), 1.0, 1.0, 0.3, 1.0, 1e-3)


DEVIATIONS = (1.5, 0.5, 1.0, 2.0, 2.0)
"""Of the log-normal priors of signal, alpha, beta, drop and noise; for length-scales see ``prior``."""
LOWEST = tuple(math.log(value) for value in (1e-2, 0.2, 5e-3, 1e-4, 1e-6))
HIGHEST = tuple(math.log(value) for value in (1e3, 10.0, 10.0, 1e4, 3.0))
STEPS = 20


def prior(theta: Floats) -> tuple[float, Floats]:
    """The log density of logarithms (G + 5,), up to a constant, and its gradient: independent normals.

    Length-scales are those of Hvarfner et al. (arXiv 2402.02229), the larger the more dimensions there are.
    """
    groups = len(theta) - 5
    middle = typical(groups).vector()
    middle[:-5] = math.sqrt(2.0) + 0.5 * math.log(max(groups, 1))
    deviation = np.concatenate((np.full(groups, math.sqrt(3.0)), DEVIATIONS))
    z = (theta - middle) / deviation
    return -0.5 * float(z @ z), -z / deviation


def log_density(data: Observations, hyperparameters: Hyperparameters) -> float:
    """The log posterior density of the hyperparameters, up to a constant."""
    return CurvePosterior(data, hyperparameters).log_likelihood + prior(hyperparameters.vector())[0]


def fit(data: Observations, start: Hyperparameters) -> Hyperparameters:
    """Towards the hyperparameters of greatest posterior density, in a few steps from ``start``."""

    def objective(theta: Floats) -> tuple[float, Floats]:
        posterior = CurvePosterior(data, Hyperparameters.of(theta))
        value, slope = prior(theta)
        return -posterior.log_likelihood - value, -posterior.gradient() - slope

    groups = len(start.lengths)
    bounds = [(math.log(0.01), math.log(300.0))] * groups + list(zip(LOWEST, HIGHEST, strict=True))
    found = minimize(objective, start.vector(), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS})
    return Hyperparameters.of(found.x)


def _factor(matrix: Floats) -> Floats:
    """The lower Cholesky factor; the diagonal is raised where rounding demands it."""
    raised = 0.0
    while True:
        factor: Floats
        factor, failed = dpotrf(matrix, lower=1)
        if not failed:
            return factor
        raised = max(10.0 * raised, JITTER * float(np.diag(matrix).mean()))
        matrix = matrix + raised * np.eye(len(matrix))


def _lower_solve(factor: Floats, right: Floats) -> Floats:
    solved: Floats = dtrtrs(factor, right, lower=1)[0]
    return solved
