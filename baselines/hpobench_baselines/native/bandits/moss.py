"""MOSS: Audibert and Bubeck, *Minimax policies for adversarial and stochastic bandits*, COLT 2009.

Index mean_k + sqrt(max(0, ln(T / (K n_k))) / n_k); the regret is at most 49 sqrt(T K) for rewards in [0, 1] (Theorem
5). Where the horizon T is unknown, the anytime variant of Degenne and Perchet (ICML 2016) is used: t, the number of
this round, stands for T, and the logarithm is multiplied by (1 + alpha) / 2 with alpha = 1.35.
"""

from math import inf, log, sqrt

from hpobench_baselines.native.bandits.arms import horizon
from hpobench_baselines.native.bandits.policy import IndexPolicy
from hpobench_tui.core import Task

ALPHA = 1.35


def moss(task: Task) -> "MOSS | AnytimeMOSS":
    """The variant that the task allows. Parameters ``horizon`` and ``sigma``.

    Here for the horizon of the budget, which is 100:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.MOSS, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(moss(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bggbggggbggggggbggggggggggbggggggggggggggggggbgggg'
    """
    pulls = horizon(task)
    return AnytimeMOSS(task) if pulls is None else MOSS(task, pulls)


class MOSS(IndexPolicy):
    """For a known horizon: widths change with the number of pulls alone, so they are kept."""

    __slots__ = ("_log_pulls_per_arm", "_widths")

    def __init__(self, task: Task, pulls: int) -> None:
        super().__init__(task)
        self._log_pulls_per_arm = log(pulls / len(self._asks))
        self._widths = [0.0] * len(self._asks)

    def _count(self, arm: int, pulls: int) -> None:
        super()._count(arm, pulls)
        self._widths[arm] = sqrt(max(0.0, self._log_pulls_per_arm - log(pulls))) * self._roots[arm] if pulls else inf

    def _indices(self) -> list[float]:
        return [mean + width for mean, width in zip(self._means, self._widths, strict=True)]


class AnytimeMOSS(IndexPolicy):
    """For an unknown horizon."""

    __slots__ = ("_logs",)

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._logs = [0.0] * len(self._asks)  # ln(K n_k)

    def _count(self, arm: int, pulls: int) -> None:
        super()._count(arm, pulls)
        self._logs[arm] = log(len(self._asks) * max(pulls, 1))

    def _indices(self) -> list[float]:
        now, factor = log(self._asked + 1), (1.0 + ALPHA) / 2.0
        return [
            mean + sqrt(factor * max(0.0, now - log_pulls)) * root
            for mean, log_pulls, root in zip(self._means, self._logs, self._roots, strict=True)
        ]
