"""The incumbent, kept while a run goes on, so that regret is exact even where not every trial is stored.

The incumbent is looked for among the trials at the highest fidelity reached so far (as BOHB's evaluations do,
arXiv 1807.01774). Without noise it is the trial with the lowest loss. With noise it is the configuration with the
lowest *shrunken mean* (S + m) / (n + 1), where S is the sum of its n losses and m the mean of all losses at that
fidelity: one lucky pull does not outweigh a hundred good ones. Its value is the noise-free loss where the problem
knows it, so that a lucky draw never looks like a low regret.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from heapq import heappop, heappush

from hpobench_tui.core.configuration import Configuration, key_of


@dataclass(slots=True)
class Arm:
    """A configuration of a noisy problem: ``count`` losses that sum to ``total``, the last in trial ``number``."""

    total: float
    count: int
    number: int
    truth: float | None


class IncumbentTracker:
    """Feed it the trials that have a loss, in order; read ``number`` and ``value``.

    Attributes:
        number: The incumbent's trial (with noise: the last trial of the incumbent configuration), or None.
        value: Its noise-free loss if known, else its loss (with noise: its mean loss).
    """

    def __init__(self, noisy: bool) -> None:
        self._noisy = noisy
        self._best = float("inf")
        self.number: int | None = None
        self.value: float | None = None
        self._start_over(0)

    def add(
        self, number: int, configuration: Configuration, fidelity: int, loss: float, truth: float | None = None
    ) -> bool:
        """Take a trial into account; whether the incumbent is another configuration now.

        ``fidelity`` is the one the trial reached (1 where there is none).
        """
        if fidelity < self._fidelity:
            return False
        if fidelity > self._fidelity:
            self._start_over(fidelity)
        if self._noisy:
            return self._add_noisy(number, configuration, loss, truth)
        if loss >= self._best:
            return False
        self._best, self.number = loss, number
        self.value = loss if truth is None else truth
        return True

    def _start_over(self, fidelity: int) -> None:
        self._fidelity = fidelity
        self._best = float("inf")
        self._arms: dict[Hashable, Arm] = {}
        self._heaps: dict[int, list[tuple[float, int, Arm]]] = {}
        self._total, self._count = 0.0, 0
        self._arm: Arm | None = None

    def _add_noisy(self, number: int, configuration: Configuration, loss: float, truth: float | None) -> bool:
        """O(log n) and one step a distinct count: of the arms with equal counts only the lowest sum can be the best.

        An arm leaves the heap of its old count lazily, when it comes to the top.
        """
        key = key_of(configuration)
        arm = self._arms.setdefault(key, Arm(0.0, 0, number, truth))
        arm.total, arm.count, arm.number, arm.truth = arm.total + loss, arm.count + 1, number, truth
        self._total += loss
        self._count += 1
        heappush(self._heaps.setdefault(arm.count, []), (arm.total, self._count, arm))
        mean = self._total / self._count
        best: Arm | None = None
        lowest = float("inf")
        for count in sorted(self._heaps, reverse=True):
            heap = self._heaps[count]
            while heap and heap[0][2].count != count:
                heappop(heap)
            if not heap:
                del self._heaps[count]
            elif (shrunken := (heap[0][0] + mean) / (count + 1)) < lowest:
                lowest, best = shrunken, heap[0][2]
        if best is None:  # every sum is infinite
            return False
        self.number = best.number
        self.value = best.total / best.count if best.truth is None else best.truth
        changed, self._arm = best is not self._arm, best
        return changed
