"""The incumbent, kept while a run goes on, so that regret is exact even where not every trial is stored.

The incumbent is looked for among the trials at the highest fidelity reached so far (as BOHB's evaluations do,
arXiv 1807.01774). Without noise it is the trial with the lowest loss. With noise it is the configuration with the
lowest *shrunken mean* (S + m) / (n + 1), where S is the sum of its n losses and m the mean of all losses at that
fidelity: one lucky pull does not outweigh a hundred good ones. Its value is the noise-free loss where the problem
knows it, so that a lucky draw never looks like a low regret.
"""

from collections.abc import Hashable

from hpobench_tui.core.configuration import Configuration


class IncumbentTracker:
    """Feed it the trials that have a loss, in order; read ``number`` and ``value``.

    Attributes:
        number: The incumbent's trial (with noise: the last trial of the incumbent configuration), or None.
        value: Its noise-free loss if known, else its loss (with noise: its mean loss).
    """

    def __init__(self, noisy: bool) -> None:
        self._noisy = noisy
        self._fidelity = 0
        self.number: int | None = None
        self.value: float | None = None
        self._best = float("inf")
        self._sums: dict[Hashable, tuple[float, int, int, float | None]] = {}
        self._total, self._count = 0.0, 0

    def add(
        self, number: int, configuration: Configuration, fidelity: int, loss: float, truth: float | None = None
    ) -> None:
        """Take a trial into account. ``fidelity`` is the one it reached (1 where there is none)."""
        if fidelity < self._fidelity:
            return
        if fidelity > self._fidelity:
            self._fidelity, self._best = fidelity, float("inf")
            self._sums.clear()
            self._total, self._count = 0.0, 0
        if not self._noisy:
            if loss < self._best:
                self._best, self.number = loss, number
                self.value = loss if truth is None else truth
            return
        key = frozenset(configuration.items())
        total, count, _, _ = self._sums.get(key, (0.0, 0, 0, None))
        self._sums[key] = (total + loss, count + 1, number, truth)
        self._total += loss
        self._count += 1
        mean = self._total / self._count
        total, count, self.number, truth = min(
            self._sums.values(), key=lambda entry: ((entry[0] + mean) / (entry[1] + 1), -entry[1])
        )
        self.value = total / count if truth is None else truth
