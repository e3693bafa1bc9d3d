"""Epsilon-greedy with a fixed and with a decreasing share of exploration; each arm is pulled once first.

Fixed: Sutton and Barto, *Reinforcement Learning*, 2nd edition, section 2.2. Decreasing: Auer, Cesa-Bianchi and
Fischer, *Finite-time Analysis of the Multiarmed Bandit Problem*, Machine Learning 47, 2002, Figure 3: in round t an
arm is drawn uniformly with probability epsilon_t = min(1, c K / (d^2 t)), d a lower bound on the gap of the
second-best arm.
"""

from hpobench_baselines.native.bandits.policy import Policy
from hpobench_tui.core import Task


class EpsilonGreedy(Policy):
    """Parameter ``epsilon``: the probability of a uniformly drawn arm.

    It never stops exploring:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.EPSILON_GREEDY, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), epsilon=0.2)
    >>> trials = play(EpsilonGreedy(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bggggggggggbgggggggggggbggbggggggggggbgggggggggggg'
    """

    __slots__ = ("_epsilon",)

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._epsilon = float(task.parameters["epsilon"])

    def _choose(self) -> int:
        if self._untried:
            return self._first_pull()
        if self._uniform() < self._epsilon:
            return int(self._uniform() * len(self._asks))
        return self._best()


class EpsilonDecreasing(Policy):
    """Parameters ``c`` and ``d`` of the schedule.

    It explores ever less:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.EPSILON_DECREASING, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), d=0.3)
    >>> trials = play(EpsilonDecreasing(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bgbggbggbgggggbggggggggbggggggggggbggggggggggggggg'
    """

    __slots__ = ("_rate",)

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        d = float(task.parameters["d"])
        self._rate = float(task.parameters["c"]) * len(self._asks) / (d * d)

    def _choose(self) -> int:
        if self._untried:
            return self._first_pull()
        if self._uniform() * (self._asked + 1) < self._rate:
            return int(self._uniform() * len(self._asks))
        return self._best()
