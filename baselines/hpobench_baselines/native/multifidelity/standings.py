"""The standings of a rung that never waits: who came so far, ranked by loss, ties in the order of arrival."""

from bisect import bisect_left, insort
from heapq import heappop, heappush

from hpobench_tui.core import Trial, TrialStatus


class Standings:
    """One rung of asynchronous halving; "the best" are the top floor(n / eta) of the n that came so far.

    A trial that did not reach the rung's fidelity (failed, pruned, cut) counts among the n, as worst.

    Of three the better half is one:

    >>> from hpobench_tui.core import Ask
    >>> from hpobench_tui.testing.by_hand import trial
    >>> rung = Standings(eta=2)
    >>> for number, loss in enumerate((0.5, 0.2, 0.9)):
    ...     rung.enter(trial(number, Ask({}), loss))
    >>> rung.promote().number, rung.promote()
    (1, None)
    """

    def __init__(self, eta: int) -> None:
        self._eta = eta
        self._size = 0
        self._ranked: list[tuple[float, int]] = []
        self._waiting: list[tuple[float, int, Trial]] = []

    def enter(self, trial: Trial) -> None:
        """A trial came to its end in this rung."""
        self._size += 1
        if trial.status is TrialStatus.DONE and trial.loss is not None:
            insort(self._ranked, (trial.loss, trial.number))
            heappush(self._waiting, (trial.loss, trial.number, trial))

    def promote(self) -> Trial | None:
        """Take the best trial that is not yet promoted, if it is among the best of the rung."""
        if not self._waiting or self._rank(self._waiting[0][:2]) >= self._size // self._eta:
            return None
        return heappop(self._waiting)[2]

    def passes(self, loss: float) -> bool:
        """Whether a training that comes by with this loss is among the best, or the very best so far."""
        entry = (loss, self._size)
        self._size += 1
        rank = self._rank(entry)
        self._ranked.insert(rank, entry)
        return rank < max(self._size // self._eta, 1)

    def _rank(self, entry: tuple[float, int]) -> int:
        return bisect_left(self._ranked, entry)
