"""CMA-ES (Hansen, arXiv 1604.00772), with margins for integers (Hamano et al., arXiv 2205.13482).

The strategies are those of the library ``cmaes``, on the unit cube of the numeric hyperparameters. A coordinate beyond
a bound is mirrored there, and told as it was sampled. Integers of at most ``MOST_LEVELS`` equally spaced values have a
margin: a least probability that a sample leaves the most probable value. Other integers are continuous and rounded.

A generation is learnt as soon as so many trials are told. A trial of an earlier generation that is told late counts in
the present one, but one from before a restart does not count. When the library's criteria say that a strategy should
stop, another starts at a random point: with the same population (``same``), with twice the largest so far (``ipop``;
Auger and Hansen, CEC 2005), or, whichever used fewer trials so far, so or with a small population and step (``bipop``;
Hansen, GECCO 2009).
"""

import math
from typing import TypeAlias

import numpy as np
from cmaes import CMA, CMAwM
from ConfigSpace import ConfigurationSpace

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.evolution.batches import LARGEST_LOSS, Batch, BatchOptimizer
from hpobench_baselines.native.evolution.relaxation import Relaxation, reflect
from hpobench_tui.core import HpobenchError, Task

Strategy: TypeAlias = CMA | CMAwM

MOST_LEVELS = 256
LEAST = 4
"""Configurations of a generation: half of them are selected."""


class CMAES(BatchOptimizer):
    """Parameters ``population``, ``sigma`` and ``restarts``.

    Raises:
        HpobenchError: the space has categoricals.

    A narrow valley along the diagonal, whose direction it learns:

    >>> from hpobench_baselines.native.evolution import CMA_ES
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = CMAES(task(CMA_ES, {"x": (-5.0, 5.0), "y": (-5.0, 5.0)}))
    >>> trials = play(optimizer, lambda c: (c["x"] - c["y"]) ** 2 + 1e-2 * (c["x"] + c["y"]) ** 2, 200)
    >>> min(t.loss for t in trials) < 1e-4
    True
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        encoding = self.encoding
        if (refused := encoding.categorical & encoding.searched).any():
            names = ", ".join(name for name, bad in zip(encoding.names, refused, strict=True) if bad)
            raise HpobenchError(f"cma-es takes numbers only, not the categorical {names}. Use de, genetic or tpe.")
        self._relaxation = Relaxation(encoding)
        self._bounds, self._steps = lattice(task.space, encoding)
        self._smallest = max(int(task.parameters["population"]) or default_population(self.dimension), LEAST)
        self._sigma, self._restarts = float(task.parameters["sigma"]), str(task.parameters["restarts"])
        self._largest = self._smallest
        self._trials = {"large": 0, "small": 0}
        self._regime = "large"
        self._run = -1
        self._told: list[tuple[Floats, float]] = []
        if self.dimension:
            middle = self._quantiles(np.full((1, self.dimension), 0.5))
            self._start(self._relaxation.relax(middle)[0], self._smallest, self._sigma)

    def _breed(self) -> Batch:
        count = self._strategy.population_size
        if isinstance(self._strategy, CMAwM):
            rounded, raw = map(np.array, zip(*(self._strategy.ask() for _ in range(count)), strict=True))
        else:
            rounded = raw = np.array([self._strategy.ask() for _ in range(count)])
        _, x = self._relaxation.permitted(reflect(rounded), self.rng)
        return Batch(x, raw, [self._run] * count)

    def _learn(self, genes: Floats, slot: int, loss: float) -> None:
        self._trials[self._regime] += 1
        if slot != self._run:
            return
        bounded = min(max(loss, -LARGEST_LOSS), LARGEST_LOSS)
        self._told.append((genes, 2.0 * LARGEST_LOSS if loss == math.inf else bounded))
        if len(self._told) < self._strategy.population_size:
            return
        self._strategy.tell(self._told)
        self._told = []
        self._dealt.clear()  # of a distribution that is no more
        if self._strategy.should_stop():
            self._restart()

    def _restart(self) -> None:
        population, sigma = self._smallest, self._sigma
        self._regime = "large"
        if self._restarts == "bipop" and self._trials["small"] < self._trials["large"]:
            self._regime = "small"
            population = int(population * (0.5 * self._largest / population) ** (self.rng.random() ** 2))
            sigma *= 10 ** (-2 * self.rng.random())
        elif self._restarts != "same":
            self._largest *= 2
            population = self._largest
        mean = self._relaxation.relax(self.encoding.sample(1, self.rng))[0]
        self._start(mean, max(population, self._smallest), sigma)

    def _start(self, mean: Floats, population: int, sigma: float) -> None:
        self._run += 1
        seed = int(self.rng.integers(2**32))
        if (self._steps > 0).any():
            self._strategy: Strategy = CMAwM(
                mean, sigma, self._bounds, self._steps, seed=seed, population_size=population
            )
        else:
            self._strategy = CMA(mean, sigma, seed=seed, population_size=population)


def default_population(dimension: int) -> int:
    """Hansen's 4 + floor(3 ln d) (equation 48)."""
    return 4 + int(3 * math.log(max(dimension, 1)))


def lattice(space: ConfigurationSpace, encoding: Encoding) -> tuple[Floats, Floats]:
    """Of each hyperparameter with more than one value, where it has a margin: the ends (d, 2) and distances (d,) of the
    places of its values; else infinite ends and no distance.
    """
    columns = np.flatnonzero(encoding.searched)
    names = [encoding.names[j] for j in columns]
    levels = np.maximum(encoding.levels[columns], 1)
    spaced = np.array([not getattr(space[name], "log", False) for name in names], dtype=bool)
    margin = spaced & (levels > 1) & (levels <= MOST_LEVELS)
    steps = np.where(margin, 1.0 / levels, 0.0)
    ends = np.column_stack([0.5 / levels, 1.0 - 0.5 / levels])
    return np.where(margin[:, None], ends, [-np.inf, np.inf]), steps
