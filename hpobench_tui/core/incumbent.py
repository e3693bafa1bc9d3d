"""The incumbent, kept while a run goes on, so that regret is exact even where not every trial is stored.

The incumbent is looked for among the trials at the highest fidelity reached so far (as BOHB's evaluations do,
arXiv 1807.01774). Without noise it is the trial with the lowest loss. With noise it is the configuration with the
lowest *shrunken mean* (S + m) / (n + 1), where S is the sum of its n losses and m the mean of all losses at that
fidelity: one lucky pull does not outweigh a hundred good ones. Its value is the noise-free loss where the problem
knows it, so that a lucky draw never looks like a low regret. Once a loss is so large that sums of such could overflow,
all sums are kept times 2^-64, which is exact but for losses some 570 decades below it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from heapq import heappop, heappush

from hpobench_tui.core.configuration import Configuration, key_of
from hpobench_tui.core.measure import within_floats

SUMMABLE = 2.0**960
"""Of losses up to this, 2^63 have a sum."""
SCALE = 2.0**-64


@dataclass(slots=True)
class Arm:
    """A configuration of a noisy problem: ``count`` losses, the last in trial ``number``; ``total`` is scaled."""

    total: float
    count: int
    number: int
    truth: float | None
    waits: bool = False
    """Its heap does not know its latest count yet."""

    def value(self, scale: float) -> float:
        """The noise-free loss if known, else the mean loss."""
        return within_floats(self.total / self.count / scale) if self.truth is None else self.truth

    def shrunken(self, mean: float) -> float:
        return (self.total + mean) / (self.count + 1)


class IncumbentTracker:
    """Feed it the trials that have a loss, in order; read ``number`` and ``value``.

    Attributes:
        number: The incumbent's trial (with noise: the last trial of the incumbent configuration), or None.
        value: Its noise-free loss if known, else its loss (with noise: its mean loss).

    >>> tracker = IncumbentTracker(noisy=False)
    >>> [tracker.add(number, {"x": number}, 1, loss) for number, loss in enumerate([0.5, 0.7, 0.2])]
    [True, False, True]
    >>> tracker.number, tracker.value
    (2, 0.2)
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
        self._moved: list[Arm] = []
        self._serial = 0
        self._total, self._count, self._mean = 0.0, 0, 0.0
        self._scale = 1.0
        self._arm: Arm | None = None
        self._bound = float("-inf")

    def _add_noisy(self, number: int, configuration: Configuration, loss: float, truth: float | None) -> bool:
        """Amortised O(1): nothing is looked for while no other configuration can have become the best.

        A loss changes its own configuration's shrunken mean, and through m those of the others, by no more than half of
        what m changes. ``bound`` therefore stays below all of them.
        """
        key = key_of(configuration)
        arm = self._arms.get(key)
        if arm is None:
            arm = self._arms[key] = Arm(0.0, 0, number, truth)
        if not -SUMMABLE <= loss <= SUMMABLE and self._scale == 1.0:
            self._scale_down()
        loss *= self._scale
        arm.total += loss
        arm.count += 1
        arm.number, arm.truth = number, truth
        if not arm.waits:
            arm.waits = True
            self._moved.append(arm)
        mean, best = self._mean, self._arm
        self._total += loss
        self._count += 1
        self._mean = self._total / self._count
        self._bound -= abs(self._mean - mean) / 2
        if best is None:
            return self._search()
        if arm is best:
            self.number = number
            self.value = arm.value(self._scale)
        else:
            self._bound = min(self._bound, arm.shrunken(self._mean))
        return best.shrunken(self._mean) >= self._bound and self._search()

    def _scale_down(self) -> None:
        """From now on all sums are kept times ``SCALE``; their order stays."""
        self._scale = SCALE
        self._total, self._mean, self._bound = self._total * SCALE, self._mean * SCALE, self._bound * SCALE
        for arm in self._arms.values():
            arm.total *= SCALE
        self._heaps = {
            count: [(total * SCALE, serial, arm) for total, serial, arm in heap] for count, heap in self._heaps.items()
        }

    def _search(self) -> bool:
        """Find the best configuration, and the bound of all others; whether it is another one.

        Of the configurations with equal counts only the lowest sums matter: O(log n) and a step a distinct count. One
        leaves the heap of its old count lazily, when it comes to the top.
        """
        for arm in self._moved:
            arm.waits = False
            self._serial += 1
            heappush(self._heaps.setdefault(arm.count, []), (arm.total, self._serial, arm))
        self._moved.clear()
        best, lowest, self._bound = None, float("inf"), float("inf")
        for count in sorted(self._heaps, reverse=True):
            top = self._top(count)
            if top is None:
                del self._heaps[count]
                continue
            shrunken = top.shrunken(self._mean)
            if shrunken < lowest:
                self._bound, lowest, best = lowest, shrunken, top
            else:
                self._bound = min(self._bound, shrunken)
        assert best is not None, "an arm was added before"
        entry = heappop(self._heaps[best.count])
        second = self._top(best.count)
        heappush(self._heaps[best.count], entry)
        if second is not None:
            self._bound = min(self._bound, second.shrunken(self._mean))
        self.number = best.number
        self.value = best.value(self._scale)
        changed, self._arm = best is not self._arm, best
        return changed

    def _top(self, count: int) -> Arm | None:
        """The lowest sum among the configurations with that count."""
        heap = self._heaps[count]
        while heap and heap[0][2].count != count:
            heappop(heap)
        return heap[0][2] if heap else None
