"""From the unit cube to a space: every coordinate by the quantile function of its own prior.

A point that is uniform in the cube becomes a draw from the space's own distribution, and one of a low-discrepancy set
stays evenly spread in every hyperparameter. Priors are ConfigSpace's: uniform in the value or its logarithm, normal
(truncated to the bounds) and beta, and weights for categoricals. An integer has the probability of its bin; ConfigSpace
discretises logarithmic ones otherwise, and leaves out some of their values where they are beta or normal.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    CategoricalHyperparameter,
    Hyperparameter,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
)
from scipy.special import betaincinv
from scipy.stats import truncnorm

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_tui.core import Configuration

Quantile: TypeAlias = Callable[[Floats], Floats]

CHUNK = 256


class Quantiles:
    """The map of one space.

    Attributes:
        dimension: Of the cube: the hyperparameters with more than one value.

    >>> space = ConfigurationSpace({"x": (0.0, 1.0), "kind": ["a", "b"]})
    >>> encoding = Encoding(space)
    >>> list(encoding.decode_all(Quantiles(space, encoding)(np.array([[0.2, 0.9], [0.7, 0.4]]))))
    [{'kind': 'a', 'x': 0.9}, {'kind': 'b', 'x': 0.4}]
    """

    def __init__(self, space: ConfigurationSpace, encoding: Encoding) -> None:
        self._encoding = encoding
        self._columns = np.flatnonzero(encoding.searched).tolist()
        self._quantiles = [_quantile(space[encoding.names[j]]) for j in self._columns]
        self.dimension = len(self._columns)

    def __call__(self, cube: Floats) -> Floats:
        """Points (n, dimension) of the cube as full vectors (n, D) of the encoding; some may be forbidden."""
        x = np.tile(self._encoding.default, (len(cube), 1))
        for column, (j, quantile) in enumerate(zip(self._columns, self._quantiles, strict=True)):
            x[:, j] = cube[:, column] if quantile is None else quantile(cube[:, column])
        return self._encoding.snap(x)


def configurations(
    encoding: Encoding, quantiles: Quantiles, blocks: Iterable[Floats], rng: np.random.Generator
) -> Iterator[Configuration]:
    """The configurations at the points of all blocks (n, dimension), in their order.

    Forbidden points are skipped; if that leaves none of a block's next ``CHUNK`` points, samples take their places.
    """
    for block in blocks:
        for start in range(0, len(block), CHUNK):
            x = quantiles(block[start : start + CHUNK])
            permitted = encoding.permitted(x)
            yield from encoding.decode_all(x[permitted] if permitted.any() else encoding.resampled(x, rng))


def _quantile(hyperparameter: Hyperparameter[Any, Any]) -> Quantile | None:
    """From probabilities to the column's positions or indices; None where they are the same."""
    match hyperparameter:
        case CategoricalHyperparameter(probabilities=weights):
            inner = np.cumsum(weights)[:-1] / np.sum(weights)
            return lambda u: np.searchsorted(inner, u, side="right").astype(float)
        case BetaFloatHyperparameter(alpha=alpha, beta=beta) | BetaIntegerHyperparameter(alpha=alpha, beta=beta):
            return lambda u: np.asarray(betaincinv(alpha, beta, u))
        case NormalFloatHyperparameter() | NormalIntegerHyperparameter():
            return _normal(hyperparameter)
    return None


def _normal(hyperparameter: NormalFloatHyperparameter | NormalIntegerHyperparameter) -> Quantile:
    """A normal distribution on [0, 1]. On a logarithmic scale, its width is what ConfigSpace makes of ``sigma``."""
    h = hyperparameter
    lower, upper, mu, sigma = float(h.lower), float(h.upper), float(h.mu), float(h.sigma)
    if h.log:
        width = np.log(upper) - np.log(lower)
        middle, deviation = (np.log(mu) - np.log(lower)) / width, abs(np.log(lower + sigma) / width)
    else:
        middle, deviation = (mu - lower) / (upper - lower), sigma / (upper - lower)
    ends = -middle / deviation, (1.0 - middle) / deviation
    return lambda u: np.asarray(truncnorm.ppf(u, *ends, loc=middle, scale=deviation))
