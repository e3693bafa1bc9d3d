"""Uniform exploration: every arm in turn, or any arm at random; what every other policy must beat.

Bubeck, Munos and Stoltz, *Pure exploration in multi-armed bandits problems*, ALT 2009, arXiv 0802.2655, where it is
hard to beat at recommending an arm late.
"""

from hpobench_baselines.native.bandits.policy import Policy
from hpobench_tui.core import Task


class Uniform(Policy):
    """Parameter ``order``: ``round-robin`` (a random order, again and again) or ``random``.

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.UNIFORM, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(Uniform(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 10)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'gbgbgbgbgb'
    """

    __slots__ = ("_in_turn", "_order")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._in_turn = task.parameters["order"] == "round-robin"
        self._order = tuple(self._untried)

    def _choose(self) -> int:
        order = self._order
        return order[self._asked % len(order) if self._in_turn else int(self._uniform() * len(order))]
