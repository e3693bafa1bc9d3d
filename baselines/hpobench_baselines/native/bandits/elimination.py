"""Elimination in phases, which explore-then-commit, successive rejects and sequential halving share.

A phase pulls each arm that is left equally often, in turn; then the best of them by mean reward, over all their
pulls, are kept, ties at random. A phase ends when all its pulls are told. The arm that is left in the end is pulled
for as long as the budget lasts: the recommendation stays what it is, and figures of cumulative regret show what it is
worth.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import NamedTuple

from hpobench_baselines.native.bandits.policy import Policy
from hpobench_tui.core import NotReady, Task


class Phase(NamedTuple):
    """``pulls`` of each arm that is left; then ``survivors`` are kept."""

    pulls: int
    survivors: int


class PhasedElimination(Policy):
    """``schedule`` makes the phases from the number of arms; the last one keeps one arm.

    Attributes:
        _order: The arms that are left, in turn, for the pulls of this phase that are left.
    """

    __slots__ = ("_left", "_order", "_phases", "_survivors")

    def __init__(self, task: Task, schedule: Callable[[int], Sequence[Phase]]) -> None:
        super().__init__(task)
        self._left = list(self._untried)
        self._phases = iter(schedule(len(self._left)))
        self._survivors = len(self._left)
        self._order = self._next_phase()

    def _choose(self) -> int:
        for arm in self._order:
            return arm
        return self._begin_phase()

    def _begin_phase(self) -> int:
        """The first arm of the next phase that has pulls.

        Raises:
            NotReady: pulls of this phase are still to be told.
        """
        if self._waiting:
            raise NotReady
        while True:
            self._left.sort(key=lambda arm: (-self._means[arm], self._uniform()))
            del self._left[self._survivors :]
            self._order = self._next_phase()
            for arm in self._order:
                return arm

    def _next_phase(self) -> Iterator[int]:
        phase = next(self._phases, None)
        if phase is None:
            return cycle(self._left)
        self._survivors = phase.survivors
        return islice(cycle(tuple(self._left)), phase.pulls * len(self._left))
