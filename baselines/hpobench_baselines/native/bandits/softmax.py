"""Softmax, or Boltzmann exploration: arms are drawn with probabilities in proportion to exp(mean reward /
temperature).

Kuleshov and Precup, *Algorithms for multi-armed bandit problems*, arXiv 1402.6028. Each arm is pulled
once first. The temperature is in units of the scaled reward.
"""

import math
from collections.abc import Sequence

from hpobench_baselines.native.bandits.choice import roulette
from hpobench_baselines.native.bandits.policy import FIRST, Policy
from hpobench_tui.core import Task

SMALLEST, GREATEST = 1e-100, 1e100
"""Where the sum of the weights leaves this range, they are computed anew, relative to the best arm's."""


class Softmax(Policy):
    """Parameter ``temperature``.

    The worse arm weighs exp(-0.6 / 0.5) of the better one, for ever:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.SOFTMAX, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), temperature=0.5)
    >>> trials = play(Softmax(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 40)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bggbgggggbgggggggggggggggggggbggggbggbgg'
    """

    __slots__ = ("_rate", "_shift", "_weights")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._rate = 1.0 / float(task.parameters["temperature"])
        self._shift = 0.0
        self._weights = [1.0] * len(self._asks)

    def _choose(self) -> int:
        if self._untried:
            return self._first_pull()
        arm, total = roulette(self._weights, self._uniform)
        if not SMALLEST < total < GREATEST:
            self._rescaled(1.0, 0.0)
            arm, _ = roulette(self._weights, self._uniform)
        return arm

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        self._weights[arm] = self._weight(self._means[arm])

    def _rescaled(self, slope: float, intercept: float) -> None:
        self._shift = max(self._means)
        self._weights = [self._weight(mean) for mean in self._means]

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        if not all(self._told):
            return None, FIRST
        total = sum(self._weights)
        return [weight / total for weight in self._weights], "probability of being drawn"

    def _weight(self, mean: float) -> float:
        return math.exp(min((mean - self._shift) * self._rate, 700.0))
