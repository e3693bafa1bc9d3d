"""The Gaussian process's posterior: mean, standard deviation and their gradients at any points, by Cholesky factors.

Rasmussen and Williams (2006), algorithm 2.1. Rows can be appended for O(n²) each: the factor of the larger matrix is
the old one with a new last row. The factor depends on the points only, so that losses may be learnt, or replaced by
assumed ones, at any time.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dpotrf, dpotrs, dtrtrs

from hpobench_baselines.native.encoding import Floats, Mask
from hpobench_baselines.native.gp.kernels import Kernel, squared_distances
from hpobench_baselines.native.gp.likelihood import Hyperparameters

LEAST_VARIANCE = 1e-14
"""Of the posterior, as a share of the prior's; rounding leaves no more."""


class Prediction(NamedTuple):
    """At m points: mean (m,) and standard deviation (m,) of the function, without noise."""

    mean: Floats
    deviation: Floats


class Slopes(NamedTuple):
    """The gradients (m, M) of mean and standard deviation by the coordinates."""

    mean: Floats
    deviation: Floats


class Posterior:
    """The process after n observations.

    Args:
        points: (n, M) coordinates.
        group: (M,) the length-scale of each coordinate.
        hyperparameters: See ``likelihood``.
        kernel: See ``kernels``.

    ``learn`` must be called before predictions, and again after ``append``.

    At a trial it knows what it was told, half-way between two it is least sure:

    >>> from hpobench_baselines.native.gp.kernels import matern52
    >>> theta = Hyperparameters(lengths=np.array([0.5]), signal=1.0, noise=1e-6, power=1.0)
    >>> posterior = Posterior(np.array([[0.0], [1.0]]), np.array([0]), theta, matern52)
    >>> posterior.learn(np.array([-1.0, 1.0]))
    >>> mean, deviation = posterior.predict(np.array([[0.0], [0.5]]))
    >>> [round(abs(float(value)), 2) for value in mean], [round(float(value), 2) for value in deviation]
    ([1.0, 0.0], [0.0, 0.72])
    """

    def __init__(
        self, points: Floats, group: NDArray[np.int64], hyperparameters: Hyperparameters, kernel: Kernel
    ) -> None:
        self.size = len(points)
        self.mean = 0.0
        self.signal, self.noise = hyperparameters.signal, hyperparameters.noise
        self._group, self._hyperparameters, self._kernel = group, hyperparameters, kernel
        self._inverse_lengths = (1.0 / hyperparameters.lengths)[group]
        capacity = self.size + 64
        self._scaled = np.empty((capacity, len(group)))
        self._scaled[: self.size] = points * self._inverse_lengths
        self._buffer = np.zeros((capacity, capacity), order="F")
        self._lower = self._factored(self._scaled[: self.size])
        self._buffer[: self.size, : self.size] = self._lower
        self._alpha = np.zeros(self.size)

    def _factored(self, scaled: Floats) -> Floats:
        """The lower Cholesky factor of the covariance of observations; noise is raised where rounding demands it."""
        covariance = self.signal * self._kernel(squared_distances(scaled, scaled))[0]
        noise = self.noise
        while True:
            covariance.flat[:: len(scaled) + 1] = self.signal + noise
            factor: Floats
            factor, info = dpotrf(covariance, lower=1)
            if not info:
                self.noise = noise
                return factor
            noise = max(10.0 * noise, 1e-10 * self.signal)

    @property
    def factor(self) -> Floats:
        """(n, n), lower triangular; its product with its transpose is the covariance of the observations."""
        return self._buffer[: self.size, : self.size]

    def append(self, points: Floats) -> None:
        """Add observations at (k, M) points."""
        for point in points:
            n = self.size
            if n == len(self._buffer):
                self._grow()
            scaled = point * self._inverse_lengths
            cross = self.signal * self._kernel(squared_distances(scaled[None], self._scaled[:n]))[0][0]
            row = dtrtrs(self.factor, cross, lower=1)[0] if n else cross
            left = self.signal + self.noise - float(row @ row)
            self._scaled[n] = scaled
            self._buffer[n, :n] = row
            self._buffer[n, n] = math.sqrt(max(left, LEAST_VARIANCE * self.signal + 0.5 * self.noise))
            self.size = n + 1

    def _grow(self) -> None:
        n = self.size
        buffer = np.zeros((2 * n, 2 * n), order="F")
        buffer[:n, :n] = self._buffer
        self._buffer = buffer
        self._scaled = np.concatenate((self._scaled, np.empty_like(self._scaled)))

    def learn(self, targets: Floats, pending: Mask | None = None) -> None:
        """Take the (n,) standardised losses, and estimate the constant mean from them under a standard normal prior.

        Where ``pending`` (n,) is set, no loss is known, and the mean that the others predict is assumed (the Kriging
        believer of Ginsbourger et al., 2010): it is what leaves the weights of those rows 0.
        """
        self._lower = np.asfortranarray(self.factor)  # a view into the larger buffer would be copied at every call
        known = targets if pending is None else np.where(pending, 0.0, targets)
        solved, _ = dpotrs(self._lower, np.stack((known, np.ones(self.size)), axis=1), lower=1)
        from_known, from_ones = solved.T
        # alpha = (covariance + 1 1')^-1 targets, the estimated mean being the sum of alpha
        total = float(from_ones.sum()) + 1.0
        alpha = from_known - float(from_known.sum()) / total * from_ones
        self.targets = known
        if pending is not None and pending.any():
            rows = np.flatnonzero(pending)
            units = np.zeros((self.size, len(rows)), order="F")
            units[rows, np.arange(len(rows))] = 1.0
            half = dtrsm(1.0, self._lower, units, lower=1, overwrite_b=1)
            block = half.T @ half - np.outer(from_ones[rows], from_ones[rows]) / total
            self.targets = known.copy()
            self.targets[rows] = -cho_solve(cho_factor(block, check_finite=False), alpha[rows], check_finite=False)
            solved, _ = dpotrs(self._lower, self.targets, lower=1)
            alpha = solved - float(solved.sum()) / total * from_ones
        self._alpha = alpha
        self.mean = float(alpha.sum())
        self.fitted: Floats = self.targets - self.noise * alpha
        """(n,) posterior means of the function at the observations."""

    def predict(self, points: Floats) -> Prediction:
        """At (m, M) points."""
        cross, _ = self.cross(points)
        return Prediction(self.mean + cross @ self._alpha, self.deviation(self.half(cross)))

    def predict_with_slopes(self, points: Floats) -> tuple[Prediction, Slopes]:
        """At (m, M) points."""
        cross, slope = self.cross(points)
        mean = self.mean + cross @ self._alpha
        half = self.half(cross)
        deviation = self.deviation(half)
        by_variance = self.deviation_weights(half)
        by_variance *= slope
        by_variance /= deviation[:, None]
        slope *= self._alpha
        return Prediction(mean, deviation), Slopes(self.pull(points, slope), self.pull(points, by_variance))

    def cross(self, points: Floats) -> tuple[Floats, Floats]:
        """The covariance (m, n) of (m, M) points with the observations, and its derivative by the squared distance."""
        k, slope = self._kernel(squared_distances(points * self._inverse_lengths, self._scaled[: self.size]))
        k *= self.signal
        slope *= self.signal
        return k, slope

    def half(self, cross: Floats) -> Floats:
        """The inverse factor times a cross-covariance (m, n), as (n, m)."""
        half: Floats = dtrsm(1.0, self._lower, cross.T, lower=1)
        return half

    def deviation(self, half: Floats) -> Floats:
        """The standard deviations (m,) that a ``half`` (n, m) leaves."""
        variance = self.signal - np.einsum("nm,nm->m", half, half)
        deviation: Floats = np.sqrt(np.maximum(variance, LEAST_VARIANCE * self.signal))
        return deviation

    def deviation_weights(self, half: Floats) -> Floats:
        """The derivatives (m, n) of half the variance that a ``half`` (n, m) leaves by the cross-covariance."""
        weights: Floats = dtrsm(-1.0, self._lower, half, lower=1, trans_a=1).T
        return weights

    def pull(self, points: Floats, weights: Floats) -> Floats:
        """The gradient (m, M) by the points (m, M) of what has derivatives (m, n) by their squared distances."""
        a, b = points * self._inverse_lengths, self._scaled[: self.size]
        gradient: Floats = (a * weights.sum(axis=1)[:, None] - weights @ b) * (2.0 * self._inverse_lengths)
        return gradient

    def covariance(self, points: Floats) -> Floats:
        """The posterior covariance (m, m) of the function at (m, M) points."""
        half = self.half(self.cross(points)[0])
        a = points * self._inverse_lengths
        covariance: Floats = self.signal * self._kernel(squared_distances(a, a))[0] - half.T @ half
        return covariance

    def weights(self, residuals: Floats) -> Floats:
        """The inverse covariance of the observations times (n, k) residuals."""
        solved: Floats = dpotrs(self.factor, residuals, lower=1)[0]
        return solved

    def noiseless(self, jitter: float) -> "Posterior":
        """The same points observed with a noise variance of ``jitter`` alone, nothing learnt."""
        return Posterior(self.points, self._group, self._hyperparameters._replace(noise=jitter), self._kernel)

    @property
    def points(self) -> Floats:
        """(n, M)."""
        points: Floats = self._scaled[: self.size] / self._inverse_lengths
        return points
