"""KL-UCB: Garivier and Cappé, *The KL-UCB algorithm for bounded stochastic bandits and beyond*, COLT 2011, arXiv
1102.2490, Algorithm 1.

The index of arm k in round t is the largest q with n_k kl(mean_k, q) <= f(t) = ln t + c ln ln t, kl the divergence of
Bernoulli distributions; c = 0 is what the authors recommend in practice, their proof has c = 3. In their variant
KL-UCB+, ln (t / n_k) stands for ln t: the best arm is then hardly overrated, and regret is lower.

*Lazy and exact.* For a fixed arm the index is a concave function of f, because kl(mean, .) is convex. So the tangent
at the f of an arm's last computation bounds its index ever after. Each round computes the index of the arm with the
highest bound (nearly always the one pulled last), then those of the arms whose bounds reach it (mostly none). The
choice is that of computing them all, ties included.
"""

from collections.abc import Sequence
from math import exp, expm1, inf, log, log1p, sqrt

from hpobench_baselines.native.bandits.policy import FIRST, Bounds, OptimisticPolicy
from hpobench_tui.core import Task

SLACK = 1e-12
"""Added to the tangent bounds, so that their rounding errors never hide an arm."""


def kl_upper(mean: float, level: float) -> float:
    """The largest q in [mean, 1] with kl(mean, q) <= level, to double precision; ``level`` > 0.

    Newton's method for delta = q - mean descends from an upper bound without overshooting, because kl is convex in q.
    """
    if mean >= 1.0:
        return 1.0
    if mean < 1e-300:
        return -expm1(-level)
    miss = 1.0 - mean
    # kl(p, q) >= (q - p)^2 / (2 max u (1 - u)), the maximum over u from p to q; Pinsker's inequality bounds q in turn.
    if mean >= 0.5:
        spread = mean * miss
    else:
        pinsker = mean + sqrt(0.5 * level)
        spread = pinsker * (1.0 - pinsker) if pinsker < 0.5 else 0.25
    delta = sqrt(2.0 * level * spread)
    if delta > 0.5 * miss:  # kl(p, q) >= p ln p + (1 - p) ln((1 - p) / (1 - q)), the tighter bound next to q = 1
        delta = min(delta, miss - exp((mean * log(mean) + miss * log(miss) - level) / miss))
        if delta >= miss:
            return 1.0
    for _ in range(64):
        excess = -mean * log1p(delta / mean) - miss * log1p(-delta / miss) - level
        step = excess * (mean + delta) * (miss - delta) / delta
        delta -= step
        if step < 1e-15:
            break
    return mean + delta


class KLUCB(OptimisticPolicy):
    """Parameters ``c`` and ``plus``. Rewards in [0, 1].

    Attributes:
        _intercepts, _slopes: Arm to the line in f that bounds its index; infinite when its statistics changed.

    Tighter than Hoeffding's bound, it pulls the worse arm less than UCB1 does:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.KL_UCB, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(KLUCB(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bggggggggggbggggggggggggggggggggggbggggggggggggggg'
    """

    __slots__ = ("_c", "_intercepts", "_plus", "_slopes")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        count = len(self._asks)
        self._c = float(task.parameters["c"])
        self._plus = bool(task.parameters["plus"])
        self._intercepts = [inf] * count
        self._slopes = [0.0] * count

    def _choose(self) -> int:
        arm = super()._choose()
        self._intercepts[arm], self._slopes[arm] = inf, 0.0
        return arm

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        self._intercepts[arm], self._slopes[arm] = inf, 0.0

    def _rescaled(self, slope: float, intercept: float) -> None:
        self._intercepts = [inf] * len(self._asks)
        self._slopes = [0.0] * len(self._asks)

    def _exploration(self) -> float:
        """f(t) of the round that begins; ln ln t counts from t = e, below which it is negative."""
        value = log(self._asked + 1)
        return value + self._c * log(value) if self._c and value > 1.0 else value

    def _most_promising(self) -> int:
        level = self._exploration()
        bounds = [intercept + slope * level for intercept, slope in zip(self._intercepts, self._slopes, strict=True)]
        arm = bounds.index(max(bounds))
        highest = self._compute(arm, level)
        bounds[arm] = -inf
        ties = [arm]
        if max(bounds) >= highest:
            for arm, bound in enumerate(bounds):
                if bound >= highest and (index := self._compute(arm, level)) >= highest:
                    if index > highest:
                        highest, ties = index, []
                    ties.append(arm)
        return sorted(ties)[int(self._uniform() * len(ties))] if len(ties) > 1 else ties[0]

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        return (None, FIRST) if self._begins else (self._uppers(self._means), "index, of the scaled reward")

    def _bounds(self) -> Bounds | None:
        if self._begins:
            return None
        mirrored = self._uppers([1.0 - mean for mean in self._means])
        return Bounds([1.0 - value for value in mirrored], self._uppers(self._means), "confidence bounds, both by kl")

    def _uppers(self, means: Sequence[float]) -> list[float]:
        """The indices that arms with these means had in the round that began."""
        level = self._exploration()
        return [
            kl_upper(min(max(mean, 0.0), 1.0), (level - log(pulls) if self._plus else level) / pulls)
            for mean, pulls in zip(means, self._pulls, strict=True)
        ]

    def _compute(self, arm: int, level: float) -> float:
        """The index at f = ``level``; leaves the tangent there."""
        mean, pulls = self._means[arm], self._pulls[arm]
        index = kl_upper(mean, (level - log(pulls) if self._plus else level) / pulls)
        # The derivative of the index by f is 1 / (n dkl/dq); at mean = 1 the index is 1 whatever f.
        slope = index * (1.0 - index) / (pulls * (index - mean)) if index > mean else 0.0
        self._slopes[arm] = slope
        self._intercepts[arm] = index - slope * level + SLACK
        return index
