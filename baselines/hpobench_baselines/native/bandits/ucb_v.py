"""UCB-V: Audibert, Munos and Szepesvári, *Exploration-exploitation tradeoff using variance estimates in multi-armed
bandits*, Theoretical Computer Science 410, 2009.

Index mean_k + sqrt(2 V_k E_t / n_k) + 3 c E_t / n_k, with V_k the empirical variance of the rewards in [0, 1] and
E_t = zeta ln t.
"""

from math import log, sqrt

from hpobench_baselines.native.bandits.policy import IndexPolicy
from hpobench_tui.core import Task


class UCBV(IndexPolicy):
    """Parameters ``zeta`` and ``c``.

    Losses without variance leave the linear term alone:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.UCB_V, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), zeta=0.5)
    >>> trials = play(UCBV(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bggbggbgggbggggbgggggbggggggbgggggggggbggggggggggg'
    """

    __slots__ = ("_c", "_deviations", "_squares", "_zeta")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._zeta = float(task.parameters["zeta"])
        self._c = float(task.parameters["c"])
        self._squares = [0.0] * len(self._asks)
        self._deviations = [0.0] * len(self._asks)

    def _indices(self) -> list[float]:
        exploration = self._zeta * log(self._asked)
        root_of_it, linear = sqrt(2.0 * exploration), 3.0 * self._c * exploration
        return [
            mean + root * (root_of_it * deviation + linear * root)
            for mean, root, deviation in zip(self._means, self._roots, self._deviations, strict=True)
        ]

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        self._squares[arm] += reward * reward
        self._deviations[arm] = self._deviation(arm)

    def _rescaled(self, slope: float, intercept: float) -> None:
        for arm, told in enumerate(self._told):
            if told:
                # Of the pulls that had a loss: sum r = (new sum - intercept n) / slope, and only slope sum r is needed.
                succeeded = told - self._failed[arm]
                scaled_sum = self._sums[arm] - intercept * succeeded
                self._squares[arm] = (
                    slope * slope * self._squares[arm]
                    + 2.0 * intercept * scaled_sum
                    + intercept * intercept * succeeded
                )
                self._deviations[arm] = self._deviation(arm)

    def _deviation(self, arm: int) -> float:
        mean = self._means[arm]
        variance = self._squares[arm] / self._told[arm] - mean * mean
        return sqrt(variance) if variance > 0.0 else 0.0
