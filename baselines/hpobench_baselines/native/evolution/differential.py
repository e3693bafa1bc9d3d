"""Differential evolution (Storn and Price, Journal of Global Optimization 11, 1997).

Every member x_i of a population has a trial vector in turn: a mutant v, crossed with x_i (binomially: each coordinate
is the mutant's with probability CR, one at least), which takes the place of x_i if its loss is no higher. Mutants are

- ``rand1`` (DE/rand/1): v = x_a + F (x_b - x_c),
- ``best1`` (DE/best/1): v = x_best + F (x_b - x_c),
- ``current-to-best1``: v = x_i + F (x_best - x_i) + F (x_b - x_c),

with a, b, c different from each other and from i. A coordinate beyond a bound is reflected there. Members are replaced
as soon as a loss is told; trial vectors are made a few at a time. The first population is a Latin hypercube. Discrete
hyperparameters are relaxed (``relaxation``). A population that has converged is followed by a fresh one.
"""

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.evolution.batches import Batch, BatchOptimizer, Convergence
from hpobench_baselines.native.evolution.relaxation import Relaxation, reflect
from hpobench_tui.core import Task

LEAST = 4
"""Members: a mutant needs three others."""
BATCH = 5
"""Trial vectors made at a time."""


class DifferentialEvolution(BatchOptimizer):
    """Parameters ``strategy``, ``population``, ``F``, ``CR``.

    Differences shrink with the population, so that it homes in without a step size:

    >>> from hpobench_baselines.native.evolution import DIFFERENTIAL_EVOLUTION
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = DifferentialEvolution(task(DIFFERENTIAL_EVOLUTION, {"x": (0.0, 1.0), "y": (0.0, 1.0)}))
    >>> trials = play(optimizer, lambda c: (c["x"] - 0.3) ** 2 + (c["y"] - 0.6) ** 2, 200)
    >>> min(t.loss for t in trials) < 1e-4
    True
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._strategy = str(task.parameters["strategy"])
        self._factor, self._rate = float(task.parameters["F"]), float(task.parameters["CR"])
        self._size = max(int(task.parameters["population"]) or default_population(self.dimension), LEAST)
        self._relaxation = Relaxation(self.encoding)
        self._losses: Floats = np.empty(0)
        self._runs = 0

    def _start(self) -> Batch:
        """A new population, whatever was found before."""
        x = self.initial(self._size)
        self._points = self._relaxation.relax(x)
        self._losses = np.full(self._size, np.inf)
        self._convergence = Convergence()
        self._target = 0
        self._runs += 1
        return Batch(x, self._points.copy(), self._slots(np.arange(self._size)))

    def _slots(self, members: NDArray[np.int64]) -> list[int]:
        """Slots tell the members of one population from those of another."""
        slots: list[int] = (self._runs * self._size + members).tolist()
        return slots

    def _breed(self) -> Batch:
        if not len(self._losses) or self._convergence.reached(self._losses):
            return self._start()
        targets = (self._target + np.arange(BATCH)) % self._size
        self._target = int(targets[-1]) + 1
        trials = trial_vectors(
            self._points, targets, int(np.argmin(self._losses)), self._strategy, self._factor, self._rate, self.rng
        )
        points, x = self._relaxation.permitted(trials, self.rng)
        return Batch(x, points, self._slots(targets))

    def _learn(self, genes: Floats, slot: int, loss: float) -> None:
        run, member = divmod(slot, self._size)
        if run == self._runs and loss <= self._losses[member]:
            self._points[member], self._losses[member] = genes, loss


def default_population(dimension: int) -> int:
    """Members for ``dimension`` hyperparameters."""
    return max(10, min(4 * dimension, 60))


def trial_vectors(
    points: Floats,
    targets: NDArray[np.int64],
    best: int,
    strategy: str,
    factor: float,
    rate: float,
    rng: np.random.Generator,
) -> Floats:
    """Trial vectors (t, d) in [0, 1] for the members ``targets`` (t,) of a population (N, d), N at least 4."""
    count, dimension = len(targets), points.shape[1]
    order = np.argsort(rng.random((count, len(points) - 1)), axis=1)[:, :3]
    a, b, c = (order + (order >= targets[:, None])).T  # skips the target itself
    current, leader = points[targets], points[best]
    base = {
        "rand1": lambda: points[a],
        "best1": lambda: leader,
        "current-to-best1": lambda: current + factor * (leader - current),
    }[strategy]()
    mutants = base + factor * (points[b] - points[c])
    crossed = rng.random((count, dimension)) < rate
    crossed[np.arange(count), rng.integers(dimension, size=count)] = True
    return np.where(crossed, reflect(mutants), current)
