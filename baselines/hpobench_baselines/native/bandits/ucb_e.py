"""UCB-E and its adaptive version: Audibert, Bubeck and Munos, *Best Arm Identification in Multi-Armed Bandits*, COLT
2010, Figures 2 and 4.

Index mean_k + sqrt(a / n_k). The best a is 25/36 (T - K) / H, H = sum over the worse arms of 1 / gap^2, which nobody
knows. The adaptive version estimates it at the ends of the phases of successive rejects: in phase k, a = c T / H_k
with

    H_0 = K,    H_k = max over i = K - k + 1 ... K of i / gap_(i)^2

gap_(i) the i-th smallest of the empirical gaps to the best mean. After T pulls, the arm with the best mean, which is
what the policy recommends, is pulled for as long as the budget lasts.
"""

from math import sqrt
from sys import maxsize

from hpobench_baselines.native.bandits.arms import horizon, needed_horizon
from hpobench_baselines.native.bandits.policy import IndexPolicy
from hpobench_baselines.native.bandits.successive_rejects import pulls_until
from hpobench_tui.core import Task


class UCBE(IndexPolicy):
    """Parameters ``a`` (0: adaptive), ``c``, ``horizon`` and ``sigma``.

    Raises:
        HpobenchError: the adaptive version does not know the horizon, or it leaves arms without a pull.

    The larger ``a``, the more it explores:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.UCB_E, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), a=4.0)
    >>> trials = play(UCBE(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bgggbggggbggggggbgggggggggggggbggggggggggggggggggg'
    """

    __slots__ = ("_a", "_ends", "_numerator", "_phase", "_pulls_planned")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        arms = len(self._asks)
        self._a = float(task.parameters["a"])
        self._phase = 0
        self._ends: list[int] = []
        if self._a:
            self._pulls_planned = horizon(task) or maxsize
        else:
            self._pulls_planned = needed_horizon(task, "ucb-e")
            self._ends = ends_of_phases(arms, self._pulls_planned)
            self._numerator = float(task.parameters["c"]) * self._pulls_planned
            self._a = self._numerator / arms

    def _indices(self) -> list[float]:
        asked = self._asked
        if asked >= self._pulls_planned:
            return self._means
        while self._phase < len(self._ends) and asked >= self._ends[self._phase]:
            self._phase += 1
            self._a = self._numerator / hardness(self._means, self._phase)
        width = sqrt(self._a)
        return [mean + width * root for mean, root in zip(self._means, self._roots, strict=True)]


def ends_of_phases(arms: int, pulls: int) -> list[int]:
    """t_1 ... t_(K-1): how many pulls successive rejects has made at the end of phase k.

    >>> ends_of_phases(4, 24)
    [16, 19, 23]
    """
    until = pulls_until(arms, pulls)
    return [sum(until[: k - 1]) + (arms + 1 - k) * until[k - 1] for k in range(1, arms)]


def hardness(means: list[float], phase: int) -> float:
    """H_k of ``phase`` k >= 1; infinite where the gaps that count are zero."""
    best, arms = max(means), len(means)
    gaps = sorted(best - mean for mean in means)
    squares = ((i, gaps[i - 1] * gaps[i - 1]) for i in range(arms - phase + 1, arms + 1))
    return max(i / square if square else float("inf") for i, square in squares)
