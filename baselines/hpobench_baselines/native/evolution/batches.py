"""What the evolutionary optimizers share: vectors bred many at a time, dealt one by one, told in any order.

A policy breeds the next batch when the last one is dealt out, from what it was told until then; it never waits. On one
worker, a batch of a whole population is a generation; with trials pending, generations overlap. A trial without a loss
counts as infinitely bad. Inactive hyperparameters keep their values silently: they are inherited until they are active.
"""

from abc import ABC, abstractmethod
from collections import deque
from typing import NamedTuple

import numpy as np

from hpobench_baselines.native.designs.latin_hypercube import latin_hypercube
from hpobench_baselines.native.designs.quantiles import Quantiles
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_tui.core import Ask, Configuration, Task, Trial

CLOSE = 1e-8
LARGEST_LOSS = 1e300
"""Losses are brought within it where their differences are taken."""


class Batch(NamedTuple):
    """Vectors to be asked for.

    Attributes:
        x: Permitted full vectors (n, D) of the encoding.
        genes: (n, K), what the policy wants back with their losses; often ``x`` itself.
        slots: Whom each is bred for, where the policy keeps places.
    """

    x: Floats
    genes: Floats
    slots: list[int]


class Convergence:
    """Whether the losses of a population have come so close that it has nothing left to find and should start again:
    within ``CLOSE`` of the lead of the best over the median when all were first known, which no outlier moves. A
    population on a plateau is there at once.

    >>> convergence = Convergence()
    >>> convergence.reached(np.array([1.0, 2.0, np.inf])), convergence.reached(np.array([1.0, 2.0, 3.0]))
    (False, False)
    >>> convergence.reached(np.array([1.0, 1.0, 1.0 + 1e-9]))
    True
    """

    def __init__(self) -> None:
        self._first: float | None = None

    def reached(self, losses: Floats) -> bool:
        """For the losses (n,) now; never while one of them is infinite."""
        if not np.isfinite(losses).all():
            return False
        bounded = np.clip(losses, -LARGEST_LOSS, LARGEST_LOSS)
        lowest = float(bounded.min())
        if self._first is None:
            self._first = float(np.median(bounded)) - lowest
        return float(bounded.max()) - lowest <= CLOSE * self._first


class BatchOptimizer(ABC):
    """Deals batches. A policy has ``_breed`` and ``_learn``.

    Attributes:
        encoding: The compiled space.
        rng: The source of all randomness.
        dimension: Hyperparameters with more than one value. Without any, the only configuration is asked for ever.
    """

    def __init__(self, task: Task) -> None:
        self.encoding = Encoding(task.space)
        self.rng = np.random.default_rng(task.seed)
        self.dimension = int(self.encoding.searched.sum())
        self._quantiles = Quantiles(task.space, self.encoding)
        self._dealt: deque[tuple[Configuration, Floats, int]] = deque()
        self._pending: dict[int, tuple[Floats, int]] = {}
        self._asked = 0

    def ask(self) -> Ask:
        """The next of the batch, or the first of a new one."""
        if not self._dealt:
            batch = self._breed() if self.dimension else self._only_one()
            self._dealt.extend(zip(self.encoding.decode_all(batch.x), batch.genes, batch.slots, strict=True))
        configuration, genes, slot = self._dealt.popleft()
        self._pending[self._asked] = genes, slot
        self._asked += 1
        return Ask(configuration)

    def tell(self, trial: Trial) -> None:
        genes, slot = self._pending.pop(trial.asked)
        if self.dimension:
            self._learn(genes, slot, float("inf") if trial.loss is None else trial.loss)

    def settled(self) -> int:
        """What is left of the batch."""
        return len(self._dealt)

    @abstractmethod
    def _breed(self) -> Batch:
        """The next batch, of at least one."""

    @abstractmethod
    def _learn(self, genes: Floats, slot: int, loss: float) -> None:
        """Take the loss of one of a batch."""

    def initial(self, n: int) -> Floats:
        """Permitted full vectors (n, D): a Latin hypercube through the space's own distribution."""
        cube = latin_hypercube(n, self.dimension, self.rng)
        return self.encoding.resampled(self._quantiles(cube), self.rng)

    def _only_one(self) -> Batch:
        x = self.encoding.default[None]
        return Batch(x, x, [0])
