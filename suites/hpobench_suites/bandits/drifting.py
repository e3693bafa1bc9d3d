"""Slowly drifting Bernoulli arms: means on sine waves, one behind the other, so that each arm is the best in turn.

The mean reward of arm k in round t is  0.5 + 0.4 cos(2 pi (t / period - (k - k_0) / K)),  where k_0 is the arm that is
best in round 0. The best arm's wave is never more than 1/(2K) of a turn from its crest, where consecutive best arms
cross. Angles are integers over K period turns, so that the best mean of a round, which is the reference, is the same
floating-point number whichever way it is computed. Pulled without a round (``start``), arms are as in round 0.
"""

from math import cos, pi

from hpobench_suites.bandits.arms import Arms, K, Pull, best_position
from hpobench_suites.bandits.bernoulli import bernoulli_info
from hpobench_suites.noise import uniform
from hpobench_tui.core import Configuration, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.targets import spaced

MIDDLE, AMPLITUDE = 0.5, 0.4
BEST_LOSS = 1.0 - (MIDDLE + AMPLITUDE)


class Drifting(Arms):
    """``k`` arms of which each is the best once in ``period`` rounds.

    The expected loss of one arm, round by round:

    >>> problem = Drifting(k=2, period=8)
    >>> [round(problem.start_round({"arm": "1"}, 0, "cpu", t).advance(1).truth, 2) for t in range(9)]
    [0.1, 0.22, 0.5, 0.78, 0.9, 0.78, 0.5, 0.22, 0.1]
    """

    def __init__(self, k: int, period: int) -> None:
        first = best_position(k)
        super().__init__(k, [first])
        self._k = k
        self._period = period
        self._turn = k * period
        self._step = 2.0 * pi / self._turn
        self._arms: dict[Value, tuple[int, int]] = {
            name: (arm, (arm - first) * period) for arm, name in enumerate(self._names)
        }

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm in round 0."""
        return self.start_round(configuration, seed, device, 0)

    def start_round(self, configuration: Configuration, seed: int, device: str, round: int) -> Pull:
        """Pull the arm; the draw is a function of (seed, round, arm)."""
        k, lag = self._arms[configuration["arm"]]
        now = round * self._k
        from_crest = (now - lag) % self._turn
        if 2 * from_crest > self._turn:
            from_crest = self._turn - from_crest
        nearest = now % self._period
        if 2 * nearest > self._period:
            nearest = self._period - nearest
        mean = MIDDLE + AMPLITUDE * cos(self._step * from_crest)
        best = MIDDLE + AMPLITUDE * cos(self._step * nearest)
        return Pull(0.0 if uniform(seed, now + k) < mean else 1.0, 1.0 - mean, 1.0 - best)


def describe(k: int = 10, period: int = 10_000) -> ProblemInfo:
    """``bandits/drifting``."""
    return bernoulli_info(
        "drifting",
        f"{k} Bernoulli arms on sine waves of {period} rounds, each the best in turn",
        Reference(BEST_LOSS, "1 - the crest of the waves, where the best arm is in round 0"),
        "hpobench_suites.bandits.drifting:Drifting",
        (K, Parameter("period", 10_000, "Rounds of a full wave.", minimum=10)),
        "hpobench_suites.bandits.drifting:describe",
        {"k": k, "period": period},
        tags=("bandit", "non-stationary"),
        # from crest less trough down to half of what the second best arm is behind in round 0
        targets=spaced(2 * AMPLITUDE, AMPLITUDE * (1 - cos(2 * pi / k)) / 2),
    )
