"""Piecewise-stationary Bernoulli arms: every ``period`` rounds the arms trade their means.

In each phase the means are the same k numbers, equally spaced from 0.1 to 0.9, handed out to the arms in a random order
that ``instance`` fixes. So all phases are equally hard, the best expected loss is 0.1 in every round, and the best arm
stays the best with probability 1/k. In the manner of Garivier & Moulines (*On Upper-Confidence Bound Policies for
Switching Bandit Problems*, arXiv 0805.3415): the sum of loss - reference is the regret against the best arm of each
round. Pulled without a round (``start``), arms are as in round 0.
"""

from hpobench_suites.bandits.arms import Arms, K, Pull, permutation
from hpobench_suites.bandits.bernoulli import bernoulli_info
from hpobench_suites.noise import uniform
from hpobench_tui.core import Configuration, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.targets import of_arms

LOW, HIGH = 0.1, 0.9


def levels(k: int) -> list[float]:
    """The means that are handed out, ascending."""
    return [LOW + (HIGH - LOW) * level / (k - 1) for level in range(k - 1)] + [HIGH]


def means(k: int, instance: int, phase: int) -> list[float]:
    """The mean rewards of the arms in phase 0, 1, ..."""
    level = levels(k)
    return [level[position] for position in permutation(k, instance, phase * k)]


class Abrupt(Arms):
    """``k`` arms that trade their means every ``period`` rounds.

    >>> problem = Abrupt(k=3, period=10, instance=0)
    >>> [round(problem.start_round({"arm": "0"}, 0, "cpu", t).advance(1).truth, 1) for t in (0, 9, 10, 20, 30)]
    [0.1, 0.1, 0.5, 0.9, 0.5]
    """

    def __init__(self, k: int, period: int, instance: int) -> None:
        first = means(k, instance, 0)
        super().__init__(k, [first.index(HIGH)])
        self._k = k
        self._period = period
        self._instance = instance
        self._phase = -1
        self._arms: dict[Value, tuple[int, float, Pull, Pull]] = {}

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm in round 0."""
        return self.start_round(configuration, seed, device, 0)

    def start_round(self, configuration: Configuration, seed: int, device: str, round: int) -> Pull:
        """Pull the arm; the draw is a function of (seed, round, arm)."""
        phase = round // self._period
        if phase != self._phase:
            self._enter(phase)
        k, mean, won, lost = self._arms[configuration["arm"]]
        return won if uniform(seed, round * self._k + k) < mean else lost

    def _enter(self, phase: int) -> None:
        """Keep the tables of one phase, as rounds come in order but for tests."""
        self._phase = phase
        self._arms = {
            self._names[k]: (k, mean, Pull(0.0, 1.0 - mean, 1.0 - HIGH), Pull(1.0, 1.0 - mean, 1.0 - HIGH))
            for k, mean in enumerate(means(self._k, self._instance, phase))
        }


def describe(k: int = 10, period: int = 1000, instance: int = 0) -> ProblemInfo:
    """``bandits/abrupt``."""
    return bernoulli_info(
        "abrupt",
        f"{k} Bernoulli arms that trade their means every {period} rounds",
        Reference(1.0 - HIGH, "1 - the best mean, the same in every round"),
        "hpobench_suites.bandits.abrupt:Abrupt",
        (
            K,
            Parameter("period", 1000, "Rounds between changes.", minimum=10),
            Parameter("instance", 0, "Which sequence of changes.", minimum=0),
        ),
        "hpobench_suites.bandits.abrupt:describe",
        {"k": k, "period": period, "instance": instance},
        tags=("bandit", "non-stationary"),
        targets=of_arms([-mean for mean in levels(k)]),
    )
