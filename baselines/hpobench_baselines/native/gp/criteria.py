"""What is maximised over a space: an acquisition function of a posterior, as a function of coordinates."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import logsumexp

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.gp.acquisition import Value, log_expected_improvement
from hpobench_baselines.native.gp.posterior import Posterior

Acquisition: TypeAlias = Callable[[Floats, Floats], Value]
"""Mean (m,) and standard deviation (m,) to a value and its derivatives."""


class Criterion(Protocol):
    """More is better."""

    def score(self, z: Floats) -> Floats:
        """Coordinates (m, M) to values (m,)."""
        ...

    def climb(self, z: Floats) -> tuple[Floats, Floats]:
        """Coordinates (m, M) to values (m,) and gradients (m, M)."""
        ...


class Analytic:
    """An acquisition function of the posterior's mean and standard deviation.

    >>> from hpobench_baselines.native.gp.acquisition import confidence_bound
    >>> from hpobench_baselines.native.gp.kernels import rbf
    >>> from hpobench_baselines.native.gp.likelihood import typical
    >>> posterior = Posterior(np.array([[0.0], [1.0]]), np.array([0]), typical(1), rbf)
    >>> posterior.learn(np.array([-1.0, 1.0]))
    >>> criterion = Analytic(posterior, lambda mean, deviation: confidence_bound(mean, deviation, kappa=2.0))
    >>> at_trials, between = criterion.score(np.array([[0.0], [1.0]])), criterion.score(np.array([[0.4]]))
    >>> bool(between > at_trials.max())
    True
    """

    def __init__(self, posterior: Posterior, acquisition: Acquisition) -> None:
        self._posterior, self._acquisition = posterior, acquisition

    def score(self, z: Floats) -> Floats:
        return self._acquisition(*self._posterior.predict(z)).value

    def climb(self, z: Floats) -> tuple[Floats, Floats]:
        prediction, slopes = self._posterior.predict_with_slopes(z)
        value, by_mean, by_deviation = self._acquisition(*prediction)
        return value, by_mean[:, None] * slopes.mean + by_deviation[:, None] * slopes.deviation


class NoisyImprovement:
    """Expected improvement on the best of the trials where noise hides which one that is.

    Letham et al. (Bayesian Analysis 14(2), 2019, arXiv 1706.07094, eq. 7): the average over draws of the function at
    the trials of the noise-free expected improvement, here in logarithms. Repeating a trial then is worth nothing, as
    in each draw its value is known.
    """

    DRAWS = 12
    JITTER = 1e-6
    """Of the variance, on what is treated as free of noise."""

    def __init__(self, posterior: Posterior, xi: float, rng: np.random.Generator) -> None:
        points = posterior.points
        covariance = posterior.covariance(points)
        covariance.flat[:: len(points) + 1] += self.JITTER * posterior.signal
        root = np.linalg.cholesky(covariance)
        draws = posterior.fitted[:, None] + root @ rng.standard_normal((len(points), self.DRAWS))
        self._exact = posterior.noiseless(self.JITTER * posterior.signal)
        self._mean, self._xi = posterior.mean, xi
        self._alphas = self._exact.weights(draws - posterior.mean)
        self._best = draws.min(axis=0)

    def score(self, z: Floats) -> Floats:
        cross, _ = self._exact.cross(z)
        values = self._values(cross, self._exact.deviation(self._exact.half(cross))).value
        return self._averaged(values)[0]

    def climb(self, z: Floats) -> tuple[Floats, Floats]:
        cross, slope = self._exact.cross(z)
        half = self._exact.half(cross)
        deviation = self._exact.deviation(half)
        value, by_mean, by_deviation = self._values(cross, deviation)
        total, share = self._averaged(value)
        by_cross = (share * by_mean).T @ self._alphas.T
        by_cross += self._exact.deviation_weights(half) * ((share * by_deviation).sum(axis=0) / deviation)[:, None]
        return total, self._exact.pull(z, by_cross * slope)

    def _values(self, cross: Floats, deviation: Floats) -> Value:
        """Of every draw, (DRAWS, m)."""
        mean = self._mean + (cross @ self._alphas).T
        return log_expected_improvement(mean, np.broadcast_to(deviation, mean.shape), self._best[:, None], self._xi)

    def _averaged(self, values: Floats) -> tuple[Floats, Floats]:
        """The logarithm of the mean (m,), and each draw's share of it (DRAWS, m)."""
        total = logsumexp(values, axis=0)
        return total - np.log(self.DRAWS), np.exp(values - total)
