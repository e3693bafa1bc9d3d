"""EXP3, exponential weights for adversarial bandits: Bubeck and Cesa-Bianchi, *Regret Analysis of Stochastic and
Nonstochastic Multi-armed Bandit Problems*, 2012, arXiv 1204.5721, Figure 3.1 (after Auer et al., SIAM J. Comput. 32,
2002).

Arm k is drawn with probability in proportion to exp(-eta L_k), L_k the sum of (1 - reward) / probability over its
pulls. For rewards in [0, 1], the pseudo-regret after T pulls is at most sqrt(2 T K ln K) with eta = sqrt(2 ln K / (T
K)), and at most 2 sqrt(T K ln K) with eta_t = sqrt(ln K / (t K)), which needs no horizon (Theorem 3.1).

Where losses have no stated range, sums of rewards from before a widening stay as they were estimated.
"""

from collections.abc import Sequence
from math import exp, log, sqrt

from hpobench_baselines.native.bandits.arms import horizon
from hpobench_baselines.native.bandits.choice import roulette
from hpobench_baselines.native.bandits.policy import Policy
from hpobench_tui.core import Task

SMALLEST = 1e-100
"""Where the sum of the weights gets below, they are computed anew, relative to the greatest."""


def exp3(task: Task) -> "EXP3 | AnytimeEXP3":
    """The variant that the task allows. Parameter ``horizon``.

    It trusts no mean, and goes on drawing both:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.EXP3, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(exp3(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'gbgggggbggbgggbgggggbbggggbbbgggbgbbggbgggggggggbg'
    """
    pulls = horizon(task)
    return AnytimeEXP3(task) if pulls is None else EXP3(task, pulls)


def exponential_weights(losses: Sequence[float], rate: float) -> list[float]:
    """exp(-rate (loss - least loss)) of each; the greatest is 1."""
    least = min(losses)
    return [exp(rate * (least - loss)) for loss in losses]


class AnytimeEXP3(Policy):
    """For an unknown horizon: the rate falls with every pull, and all weights change with it.

    Attributes:
        _losses: Arm to the estimated sum of what it would have lost.
        _chances: Question to the probability with which its arm was drawn, for pulls not yet told.
    """

    __slots__ = ("_chances", "_losses", "_rate_at_first")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        count = len(self._asks)
        self._losses = [0.0] * count
        self._chances: dict[int, float] = {}
        self._rate_at_first = sqrt(log(count) / count)

    def _choose(self) -> int:
        return self._draw(self._weighed())

    def _weighed(self) -> Sequence[float]:
        return exponential_weights(self._losses, self._rate_at_first / sqrt(self._asked + 1))

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        weights = self._weighed()
        total = sum(weights)
        return [weight / total for weight in weights], "probability of being drawn"

    def _draw(self, weights: Sequence[float]) -> int:
        arm, total = roulette(weights, self._uniform)
        self._chances[self._asked] = weights[arm] / total
        return arm

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        self._losses[arm] += (1.0 - reward) / self._chances.pop(asked)


class EXP3(AnytimeEXP3):
    """For a known horizon: the rate is fixed, so that a pull changes one weight."""

    __slots__ = ("_rate", "_weights")

    def __init__(self, task: Task, pulls: int) -> None:
        super().__init__(task)
        count = len(self._asks)
        self._rate = sqrt(2.0 * log(count) / (pulls * count))
        self._weights = [1.0] * count

    def _choose(self) -> int:
        return self._draw(self._weights)

    def _weighed(self) -> Sequence[float]:
        return self._weights

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        estimate = (1.0 - reward) / self._chances.pop(asked)
        self._losses[arm] += estimate
        self._weights[arm] *= exp(-self._rate * estimate)
        if self._weights[arm] < SMALLEST and max(self._weights) < SMALLEST:
            self._weights = exponential_weights(self._losses, self._rate)
