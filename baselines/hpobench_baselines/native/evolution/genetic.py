"""A genetic algorithm on mixed vectors, with elitism.

Parents win tournaments. Pairs of them are crossed with a probability: numbers by simulated binary crossover or
uniformly, categoricals always uniformly. Then each gene mutates with a probability: numbers by polynomial mutation, an
integer or ordinal to another of its values, a categorical to any other choice (``operators`` has the sources). The best
of the children and of the elite, the best of their elders, survive. Children that were asked before are mutated again.
"""

import numpy as np

from hpobench_baselines.native.encoding import Floats, Mask
from hpobench_baselines.native.evolution.batches import Batch, BatchOptimizer
from hpobench_baselines.native.evolution.operators import crossover, mutate, tournament
from hpobench_tui.core import Task

ATTEMPTS = 4
"""How often a child that was asked before is mutated again."""


class GeneticAlgorithm(BatchOptimizer):
    """Parameters ``population``, ``offspring``, ``elite``, ``tournament``, ``crossover``, ``crossover_probability``,
    ``eta_c``, ``mutation_rate``, ``eta_m`` and ``redraw``.

    Counting ones, twelve bits:

    >>> from hpobench_baselines.native.evolution import GENETIC
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = GeneticAlgorithm(task(GENETIC, {f"bit{i}": [0, 1] for i in range(12)}))
    >>> trials = play(optimizer, lambda c: -sum(c.values()), 150)
    >>> min(t.loss for t in trials)
    -12
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        given = task.parameters
        self._size, self._offspring = int(given["population"]), int(given["offspring"])
        self._elite = int(float(given["elite"]) * self._size)
        self._tournament = int(given["tournament"])
        self._uniform, self._eta_c = given["crossover"] == "uniform", float(given["eta_c"])
        self._crossing, self._eta_m = float(given["crossover_probability"]), float(given["eta_m"])
        self._rate = float(given["mutation_rate"]) or 1.0 / max(self.dimension, 1)
        self._redraw = float(given["redraw"])
        self._numeric = ~self.encoding.categorical & self.encoding.searched
        self._x: Floats = np.empty((0, len(self.encoding.names)))
        self._losses: Floats = np.empty(0)
        self._children: list[tuple[Floats, float]] = []
        self._seen: set[bytes] = set()

    def _learn(self, genes: Floats, slot: int, loss: float) -> None:
        self._children.append((genes, loss))

    def _breed(self) -> Batch:
        if self._children:
            self._survive()
        x = self._offspring_of_winners() if len(self._x) >= 2 else self.encoding.snap(self.initial(self._size))
        self._seen.update(self._keys(x))
        return Batch(x, x, [0] * len(x))

    def _survive(self) -> None:
        """The children told since the last time compete with the elite; the other elders fill what places are left."""
        order = np.argsort(self._losses, kind="stable")
        elite, others = order[: self._elite], order[self._elite :]
        x = np.vstack([*(genes for genes, _ in self._children), self._x[elite]])
        losses = np.concatenate([[loss for _, loss in self._children], self._losses[elite]])
        best = np.argsort(losses, kind="stable")[: self._size]
        left = others[: self._size - len(best)]
        self._x = np.vstack([x[best], self._x[left]])
        self._losses = np.concatenate([losses[best], self._losses[left]])
        self._children = []

    def _offspring_of_winners(self) -> Floats:
        pairs = (self._offspring + 1) // 2
        winners = self._x[tournament(self._losses, self._tournament, 2 * pairs, self.rng)]
        children = np.vstack(
            crossover(
                winners[:pairs], winners[pairs:], self._numeric, self._eta_c, self._crossing, self._uniform, self.rng
            )
        )[: self._offspring]
        children = self.encoding.snap(children)
        children = self._mutated(children, self.rng.random(children.shape) < self._rate)
        for _ in range(ATTEMPTS):
            again = [i for i, key in enumerate(self._keys(children)) if key in self._seen]
            if not again:
                break
            chosen = self.rng.random((len(again), children.shape[1])) < self._rate
            chosen[np.arange(len(again)), self.rng.choice(np.flatnonzero(self.encoding.searched), len(again))] = True
            children[again] = self._mutated(children[again], chosen)
        return children

    def _mutated(self, x: Floats, chosen: Mask) -> Floats:
        mutants = mutate(x, chosen & self.encoding.searched, self.encoding, self._eta_m, self.rng, self._redraw)
        return self.encoding.snap(self.encoding.mend(mutants, self.rng)) if self.encoding.constrained else mutants

    def _keys(self, x: Floats) -> list[bytes]:
        """What two vectors have in common if they are one configuration."""
        return [row.tobytes() for row in self.encoding.masked(x)]
