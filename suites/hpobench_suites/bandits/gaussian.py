"""Gaussian arms: the reward of a pull is normal about the arm's mean; loss = -reward, which has no bounds.

``bandits/gaussian`` has one arm of mean ``gap`` among arms of mean 0, all of standard deviation ``sd``.
"""

from collections.abc import Sequence
from dataclasses import replace

from hpobench_suites.bandits.arms import Arms, K, Pull, largest, one_good_arm
from hpobench_suites.bandits.instances import GAUSSIAN_10
from hpobench_suites.noise import uniform
from hpobench_tui.core import Configuration, Dimensions, Measure, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.problem import Arm
from hpobench_tui.core.targets import of_arms

SD = Parameter("sd", 1.0, "Standard deviation of a reward.", minimum=0.001, maximum=1000.0)
GAP = Parameter("gap", 0.5, "Best mean less the others.", minimum=0.001, maximum=1000.0)


class Gaussian(Arms):
    """Arms with these mean rewards and the standard deviation ``sd``.

    A pull is a function of seed and arm alone:

    >>> problem = Gaussian((0.0, 2.0), sd=0.1)
    >>> pull = problem.start({"arm": "1"}, seed=4, device="cpu").advance(1)
    >>> pull.truth, abs(pull.loss - pull.truth) < 0.5
    (-2.0, True)
    >>> pull == problem.start({"arm": "1"}, seed=4, device="cpu").advance(1)
    True
    """

    def __init__(self, means: Sequence[float], sd: float) -> None:
        from statistics import NormalDist  # not for listings

        super().__init__(len(means), largest(means))
        self._means, self._sd = tuple(means), sd
        self._arms = {
            self._value(k): (k, NormalDist(mean, sd).inv_cdf, 0.0 - mean) for k, mean in enumerate(means)
        }  # 0.0 - mean: no negative zeros

    def _value(self, arm: int) -> Value:
        return self._names[arm]

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm once."""
        k, quantile, truth = self._arms[configuration["arm"]]
        return Pull(-quantile(uniform(seed, k)), truth)

    def arms(self) -> list[Arm]:
        """The arms; normal distributions of one variance diverge by half the squared gap in standard deviations."""
        best = max(self._means)
        return [
            Arm({"arm": self._value(k)}, 0.0 - mean, (best - mean) ** 2 / (2.0 * self._sd**2))
            for k, mean in enumerate(self._means)
        ]


def gaussian_10() -> Gaussian:
    """The problem ``bandits/gaussian-10``."""
    return Gaussian(GAUSSIAN_10, 1.0)


def family(k: int, sd: float, gap: float) -> Gaussian:
    """The problem ``bandits/gaussian``."""
    return Gaussian(one_good_arm(k, gap, 0.0), sd)


GAUSSIAN_10_INFO = ProblemInfo(
    id="bandits/gaussian-10",
    summary=f"10 Gaussian arms of unit variance, best mean {max(GAUSSIAN_10)}",
    load="hpobench_suites.bandits.gaussian:gaussian_10",
    dimensions=Dimensions(categoricals=1),
    reference=Reference(-max(GAUSSIAN_10), "minus the best mean"),
    reward="loss = -reward",
    noisy=True,
    measure=Measure.PSEUDO,
    seconds=1.6e-6,
    tags=("bandit", "stochastic"),
    costs=True,
    targets=of_arms([-mean for mean in GAUSSIAN_10]),
)
"""The other bandits with rewards on the real line are described as this one, but for what they change."""


def describe(k: int = 10, sd: float = 1.0, gap: float = 0.5) -> ProblemInfo:
    """``bandits/gaussian``."""
    return replace(
        GAUSSIAN_10_INFO,
        id="bandits/gaussian",
        summary=f"{k} Gaussian arms of standard deviation {sd:g}, one better than the others by {gap:g}",
        load="hpobench_suites.bandits.gaussian:family",
        reference=Reference(-gap, "minus the best mean, which is the gap"),
        parameters=(K, SD, GAP),
        vary="hpobench_suites.bandits.gaussian:describe",
        arguments={"k": k, "sd": sd, "gap": gap},
        targets=of_arms([-gap, 0.0]),
    )
