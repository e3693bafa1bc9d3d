"""Uniform exploration: every arm in turn, or any arm at random; what every other policy must beat.

Bubeck, Munos and Stoltz, *Pure exploration in multi-armed bandits problems*, ALT 2009, arXiv 0802.2655, where it is
hard to beat at recommending an arm late.
"""

from hpobench_baselines.native.bandits.policy import Policy
from hpobench_tui.core import Task


class Uniform(Policy):
    """Parameter ``order``: ``round-robin`` (a random order, again and again) or ``random``."""

    __slots__ = ("_in_turn", "_order")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._in_turn = task.parameters["order"] == "round-robin"
        self._order = tuple(self._untried)

    def _choose(self) -> int:
        order = self._order
        return order[self._asked % len(order) if self._in_turn else int(self._uniform() * len(order))]
