"""Differential evolution on configurations: rand/1/bin (Storn and Price, 1997) in the unit cube, as DEHB uses it.

Individuals are real vectors in [0, 1]^D, whatever the hyperparameters are (Awad et al., arXiv 2105.09821, section 3.3):
a categorical with k choices divides [0, 1] into k equal parts. They are turned into choices and whole numbers only when
they are evaluated; the vectors themselves go on evolving as they are.
"""

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_tui.core import Value


class Relaxation:
    """The way between a space's configurations and the unit cube."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._choices = np.flatnonzero(encoding.categorical)
        self._levels = encoding.levels[self._choices]
        self.searched = np.flatnonzero(encoding.searched)

    def sample(self, n: int, rng: np.random.Generator) -> Floats:
        """Individuals (n, D), drawn from the space's own distribution."""
        return self._relaxed(self._encoding.sample(n, rng), rng)

    def configuration(self, individual: Floats) -> dict[str, Value]:
        """The configuration of an individual (D,)."""
        return self._encoding.decode(self._encoded(individual[None])[0])

    def permitted(self, individual: Floats, rng: np.random.Generator) -> Floats:
        """The individual (D,), or if it is forbidden one near it that is not."""
        if not self._encoding.constrained:
            return individual
        x = self._encoded(individual[None])
        if self._encoding.permitted(x)[0]:
            return individual
        mended: Floats = self._relaxed(self._encoding.mend(x, rng), rng)[0]
        return mended

    def _encoded(self, individuals: Floats) -> Floats:
        x = individuals.copy()
        x[:, self._choices] = np.minimum(np.floor(x[:, self._choices] * self._levels), self._levels - 1)
        return x

    def _relaxed(self, x: Floats, rng: np.random.Generator) -> Floats:
        """Encoded vectors in the cube, choices anywhere in their part of [0, 1]."""
        individuals = x.copy()
        chosen = individuals[:, self._choices]
        individuals[:, self._choices] = (chosen + rng.random(chosen.shape)) / self._levels
        return individuals


def mutant(pool: Floats, factor: float, rng: np.random.Generator) -> Floats:
    """rand/1: a + F (b - c) of three different members of ``pool`` (m >= 3, D); what leaves [0, 1] is drawn anew."""
    a, b, c = pool[rng.permutation(len(pool))[:3]]
    v: Floats = a + factor * (b - c)
    outside = (v < 0.0) | (v > 1.0)
    if outside.any():
        v[outside] = rng.random(int(outside.sum()))
    return v


def crossed(target: Floats, mutant: Floats, rate: float, columns: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Binomial crossover: each column from ``mutant`` with probability ``rate``, at least one of ``columns``."""
    taken = rng.random(len(target)) < rate
    if len(columns) and not taken[columns].any():
        taken[columns[rng.integers(len(columns))]] = True
    return np.where(taken, mutant, target)
