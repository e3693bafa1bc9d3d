"""Regularized evolution (Real, Aggarwal, Huang and Le, arXiv 1802.01548, Algorithm 1): the oldest die, not the worst.

The population is the last ``population`` configurations that were told. The best of ``sample`` of them, drawn with
repetition, is copied with one active hyperparameter changed, and the copy enters the population. The paper mutates
choices; here a number moves, too: it is drawn anew from the space's own distribution, or, with probability ``local``,
takes a polynomial step (``operators``). Hyperparameters that a change activates are drawn anew. The first
``population`` configurations are a Latin hypercube.
"""

from collections import deque

import numpy as np

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.evolution.batches import Batch, BatchOptimizer
from hpobench_baselines.native.evolution.operators import mutate
from hpobench_tui.core import Task

DRAWS = 64
ATTEMPTS = 20
"""How often a mutation that changed nothing is tried again."""


class RegularizedEvolution(BatchOptimizer):
    """Parameters ``population``, ``sample``, ``local`` and ``eta_m``.

    A child differs from a parent in one place:

    >>> from hpobench_baselines.native.evolution import REGULARIZED_EVOLUTION
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> bits = task(REGULARIZED_EVOLUTION, {f"bit{i}": [0, 1] for i in range(8)}, population=10)
    >>> trials = play(RegularizedEvolution(bits), lambda c: -sum(c.values()), 50)
    >>> parents = [t.configuration.items() for t in trials[:-1]]
    >>> any(len(parent - trials[-1].configuration.items()) == 1 for parent in parents)
    True
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        given = task.parameters
        self._size, self._sample = int(given["population"]), int(given["sample"])
        self._local, self._eta = float(given["local"]), float(given["eta_m"])
        self._population: deque[tuple[float, Floats]] = deque(maxlen=self._size)
        self._bred = 0
        self._draws: list[Floats] = []

    def _learn(self, genes: Floats, slot: int, loss: float) -> None:
        self._population.append((loss, genes))

    def _breed(self) -> Batch:
        if not self._population or not self._bred:
            self._bred += self._size
            x = self.encoding.snap(self.initial(self._size))
            return Batch(x, x, [0] * self._size)
        entrants = self.rng.integers(len(self._population), size=self._sample).tolist()
        _, parent = min((self._population[i] for i in entrants), key=lambda member: member[0])
        x = self._mutant(parent)[None]
        return Batch(x, x, [0])

    def _mutant(self, parent: Floats) -> Floats:
        """A permitted copy with one active hyperparameter changed, more where that alone is not possible."""
        active = self.encoding.active(parent[None])[0]
        columns = np.flatnonzero(active & self.encoding.searched)
        child = parent
        for _ in range(ATTEMPTS if len(columns) else 0):
            column = int(columns[self.rng.integers(len(columns))])
            if not self.encoding.categorical[column] and self.rng.random() < self._local:
                chosen = np.arange(len(parent)) == column
                child = mutate(parent[None], chosen[None], self.encoding, self._eta, self.rng)[0]
            else:
                child = parent.copy()
                child[column] = self._draw()[column]
            if child[column] != parent[column]:
                break
        if self.encoding.conditional and (activated := self.encoding.active(child[None])[0] & ~active).any():
            child = np.where(activated, self._draw(), child)
        mutant: Floats = self.encoding.snap(self.encoding.mend(child[None], self.rng))[0]
        return mutant

    def _draw(self) -> Floats:
        """The next of the draws from the space's own distribution, made many at a time."""
        if not self._draws:
            self._draws = list(self.encoding.snap(self.encoding.sample(DRAWS, self.rng)))
        return self._draws.pop()
