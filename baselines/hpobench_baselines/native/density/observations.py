"""What an optimizer was told."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_tui.core import Choice, Configuration, Trial, TrialStatus

Known: TypeAlias = set[frozenset[tuple[str, Choice]]]
"""The items of configurations."""


class Observations:
    """Points (D,) and losses in the order in which they were told, in arrays that grow.

    Attributes:
        count: How many.
        usable: How many of them have a loss.

    >>> told = Observations(dimension=1)
    >>> for x, loss in ((0.1, 2.0), (0.2, math.inf), (0.3, 1.0)):
    ...     told.add(np.array([x]), loss)
    >>> told.count, told.usable, told.order().tolist()
    (3, 2, [2, 0, 1])
    """

    def __init__(self, dimension: int) -> None:
        self._points, self._losses = np.empty((64, dimension)), np.empty(64)
        self.count = 0
        self.usable = 0

    def add(self, point: Floats, loss: float) -> None:
        """One more; an infinite loss counts as none."""
        if self.count == len(self._losses):
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
            self._losses = np.concatenate([self._losses, np.empty_like(self._losses)])
        self._points[self.count], self._losses[self.count] = point, loss
        self.count += 1
        self.usable += math.isfinite(loss)

    @property
    def points(self) -> Floats:
        """(count, D)."""
        return self._points[: self.count]

    @property
    def losses(self) -> Floats:
        """(count,)."""
        return self._losses[: self.count]

    def order(self) -> NDArray[np.int64]:
        """Their indices (count,), best first, ties in the order of telling, those without a loss last."""
        return np.argsort(self.losses, kind="stable")


def final_loss(trial: Trial) -> float:
    """The loss at the fidelity that was asked for; infinite where that was not reached."""
    return trial.loss if trial.status is TrialStatus.DONE and trial.loss is not None else math.inf


def rank_weights(k: int) -> Floats:
    """Weights of the k best: log(k + 1/2) - log(i) for i = 1 ... k, scaled to mean one.

    >>> rank_weights(3).round(2).tolist()
    [1.91, 0.85, 0.24]
    """
    weights = math.log(k + 0.5) - np.log(np.arange(1, k + 1))
    scaled: Floats = weights * (k / weights.sum())
    return scaled


def first_new(encoding: Encoding, vectors: Floats, known: Known) -> Configuration | None:
    """The configuration of the first of the vectors (n, D) that is not known, or None."""
    begin, size = 0, 1
    while begin < len(vectors):  # mostly the very first is new; where many are known, larger blocks decode faster
        for configuration in encoding.decode_all(vectors[begin : begin + size]):
            if frozenset(configuration.items()) not in known:
                return configuration
        begin, size = begin + size, 8 * size
    return None
