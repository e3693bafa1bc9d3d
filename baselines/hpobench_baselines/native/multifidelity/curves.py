"""A Gaussian process over learning curves (Swersky, Snoek and Adams, *Freeze-Thaw*, arXiv 1406.3896).

The losses y_n of training n at times t are its asymptote f_n and a curve that decays to it, plus noise:

    y_n | f_n ~ N(f_n 1, K_n),   K_n = drop k(t, t') + noise I,   k(t, t') = beta^alpha / (t + t' + beta)^alpha

with the paper's kernel k, a mixture of exponential decays. The asymptotes are a Gaussian process over configurations,
here with a Matérn 5/2 kernel of variance ``signal`` and a constant mean that is standard normal and integrated out.

All trainings are observed at the first so many of common times, hence every K_n is a leading block of one matrix, and
its Cholesky factor a leading block of that one's. With Lambda_n = 1' K_n^-1 1 and m_n = 1' K_n^-1 y_n / Lambda_n,

    N(y_n; f_n 1, K_n) = c_n N(m_n; f_n, 1 / Lambda_n),   c_n free of f_n,

so that inference is that of an ordinary process on N pseudo-observations m_n of the asymptotes, each with a noise of
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
"""On the diagonal of the asymptotes' covariance, as a share of its variance."""


class Hyperparameters(NamedTuple):
    """What is fitted; variances in units of the standardised losses, times in units of the last one.

    Attributes:
        lengths: float array (G,): the length-scale of each group of coordinates.
        signal: The variance of the asymptotes.
        alpha, beta: Shape and scale of the decay rates.
        drop: The variance of a curve at time 0.
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
    """k(t, t') for all pairs, and its derivatives by the logarithms of alpha and beta; (T, T) each."""
    sums = times[:, None] + times + beta
    logarithm = np.log(beta / sums)
    k = np.exp(alpha * logarithm)
    return k, alpha * logarithm * k, alpha * (1.0 - beta / sums) * k


class CurvePosterior:
    """Everything that follows from observations and hyperparameters."""

    def __init__(self, data: Observations, hyperparameters: Hyperparameters) -> None:
        self._data, self._hyperparameters = data, hyperparameters
        h = hyperparameters
        last = data.lengths - 1
        self._rows = np.arange(len(last))
        self._last = last
        k, self._by_alpha, self._by_beta = decay(data.times, h.alpha, h.beta)
        self._decay = k
        self._cross = h.drop * k[:, -1]
        factor = _factor(h.drop * k + h.noise * np.eye(len(k)))
        right = np.column_stack((np.ones(len(k)), self._cross, data.losses.T))
        white = _lower_solve(factor, right)
        ones, self._white_cross, losses = white[:, 0], white[:, 1], white[:, 2:]
        self._precision = np.cumsum(ones * ones)[last]
        self._asymptote = self._at_last(np.cumsum(ones[:, None] * losses, axis=0)) / self._precision
        residual = self._at_last(np.cumsum(losses * losses, axis=0)) - self._precision * self._asymptote**2
        log_determinant = 2.0 * np.cumsum(np.log(np.diag(factor)))[last]
        curves = -0.5 * (residual + log_determinant + np.log(self._precision) + last * math.log(2.0 * math.pi)).sum()
        self._overlap = np.cumsum(self._white_cross * ones)[last]
        self._pull = self._at_last(np.cumsum(self._white_cross[:, None] * losses, axis=0))
        self._known = np.cumsum(self._white_cross**2)[last]

        self._scaled = data.points / h.lengths[data.group]
        kernel, self._slope = matern52(squared_distances(self._scaled, self._scaled))
        self._kernel = h.signal * kernel
        covariance = self._kernel + 1.0
        covariance.flat[:: len(covariance) + 1] += 1.0 / self._precision + JITTER * h.signal
        self._factor = _factor(covariance)
        self._weights: Floats = dpotrs(self._factor, self._asymptote, lower=1)[0]
        half_determinant = float(np.log(np.diag(self._factor)).sum())
        fit = float(self._asymptote @ self._weights)
        self.log_likelihood = float(curves - 0.5 * fit - half_determinant - 0.5 * len(last) * math.log(2.0 * math.pi))
        """Of all observed losses."""

    def _at_last(self, running: Floats) -> Floats:
        """The entries of running sums (T, N) where each training's observations end."""
        return running[self._last, self._rows]

    def asymptotes(self) -> Prediction:
        """Of the N trainings."""
        covariance = self._kernel + 1.0
        half = _lower_solve(self._factor, covariance)
        prior = self._hyperparameters.signal + 1.0
        return Prediction(covariance @ self._weights, prior - np.einsum("ij,ij->j", half, half))

    def continued(self) -> Prediction:
        """The N trainings' curves at the last time, without noise: the paper's prediction for a known curve."""
        mean, variance = self.asymptotes()
        h = self._hyperparameters
        rest = 1.0 - self._overlap
        left = h.drop * self._decay[-1, -1] - self._known
        return Prediction(self._pull + rest * mean, np.maximum(left, 0.0) + rest * rest * np.maximum(variance, 0.0))

    def fresh(self, points: Floats, time: int = -1) -> Prediction:
        """New trainings' curves at that one of the times, without noise, at (m, M) coordinates."""
        h = self._hyperparameters
        scaled = points / h.lengths[self._data.group]
        cross = h.signal * matern52(squared_distances(self._scaled, scaled))[0] + 1.0
        half = _lower_solve(self._factor, cross)
        curve = h.drop * self._decay[time, time]
        variance = h.signal + 1.0 - np.einsum("ij,ij->j", half, half)
        return Prediction(cross.T @ self._weights, np.maximum(variance, 0.0) + curve)

    def gradient(self) -> Floats:
        """The derivatives (G + 5,) of the log likelihood by the logarithms of the hyperparameters.

        Those of the asymptotes' kernel are the usual ones; those of the curves' are the expectation of the derivative
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
        mean = self._asymptote - noise * self._weights
        variance = noise - noise * noise * np.diag(inverse)
        derivatives = np.stack((h.drop * self._by_alpha, h.drop * self._by_beta, h.drop * self._decay,
                                h.noise * np.eye(len(data.times))))  # fmt: skip
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
    return Hyperparameters(np.full(groups, 0.5 * math.sqrt(max(groups, 1))), 1.0, 1.0, 0.5, 1.0, 1e-3)


DEVIATIONS = (1.5, 1.0, 1.0, 2.0, 2.0)
"""Of the log-normal priors of signal, alpha, beta, drop and noise; for length-scales see ``prior``."""
LOWEST = (-5.0, -3.0, -5.0, -8.0, math.log(1e-6))
HIGHEST = (7.0, 2.5, 4.0, 7.0, 1.0)
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
