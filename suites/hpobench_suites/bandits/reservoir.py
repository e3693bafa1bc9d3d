"""Infinitely many Bernoulli arms: each number x in [0, 1] is an arm whose mean is a fresh draw from Beta(a, b).

The mean is a function of x by a hash (and of ``instance``), so that neighbours have nothing in common: nothing can be
learnt about an arm but by pulling it, which is asking for the very same number. A policy plays it by drawing new arms
from the space's uniform distribution and pulling old ones again (Wang, Audibert & Munos, *Algorithms for Infinitely
Many-Armed Bandits*, NIPS 2008); a policy for finitely many arms, by drawing as many first.

1 - Beta(a, b) is near 0 with probability of order epsilon^b: b is the beta of that paper, the smaller the easier. The
means have the supremum 1, so the infimum of the expected losses is 0; no arm attains it. loss = 1 - reward.
"""

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING

from hpobench_suites.bandits.arms import Pull
from hpobench_suites.noise import open_unit, splitmix64, uniform
from hpobench_tui.core import Configuration, Dimensions, Measure, Parameter, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

REMEMBERED = 4096
"""Arms whose means are kept; after so many all are forgotten, and found again by the hash."""
FLOAT, BITS = Struct("<d"), Struct("<Q")


class Reservoir:
    """The arms of one instance.

    An arm's mean stays what it is, whatever the seed of a pull:

    >>> problem = Reservoir(a=1.0, b=1.0, instance=0)
    >>> len({problem.start({"x": 0.25}, seed, "cpu").advance(1).truth for seed in range(10)})
    1
    """

    def __init__(self, a: float, b: float, instance: int) -> None:
        self._a = a
        self._b = b
        self._instance = instance
        self._arms: dict[float, tuple[int, float]] = {}
        self._inverse: Callable[[float], float] | None = None
        if a != 1.0 and b != 1.0:
            from scipy.special import betaincinv  # not for listings

            self._inverse = lambda u: float(betaincinv(a, b, u))

    def space(self) -> "ConfigurationSpace":
        """One float ``x`` in [0, 1]."""
        from ConfigSpace import ConfigurationSpace, Float

        return ConfigurationSpace(space=[Float("x", (0.0, 1.0))])

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm once."""
        x = float(configuration["x"])
        key, mean = self._arms.get(x) or self._meet(x)
        return Pull(0.0 if uniform(seed, key) < mean else 1.0, 1.0 - mean)

    def _meet(self, x: float) -> tuple[int, float]:
        """The arm's key, a hash of the bits of x (and -0.0 is 0.0), and its mean."""
        key = splitmix64(self._instance, BITS.unpack(FLOAT.pack(x + 0.0))[0])
        if len(self._arms) == REMEMBERED:
            self._arms.clear()
        arm = self._arms[x] = (key, self.quantile(open_unit(key)))
        return arm

    def quantile(self, u: float) -> float:
        """The inverse of the distribution function of Beta(a, b)."""
        if self._inverse is not None:
            return self._inverse(u)
        if self._b == 1.0:
            return u if self._a == 1.0 else float(u ** (1.0 / self._a))
        return float(1.0 - (1.0 - u) ** (1.0 / self._b))


def describe(a: float = 1.0, b: float = 1.0, instance: int = 0) -> ProblemInfo:
    """``bandits/reservoir``."""
    return ProblemInfo(
        id="bandits/reservoir",
        summary=f"infinitely many Bernoulli arms with means from Beta({a:g}, {b:g})",
        load="hpobench_suites.bandits.reservoir:Reservoir",
        dimensions=Dimensions(floats=1),
        reference=Reference(0.0, "1 - the supremum of the means, which no arm attains"),
        reward="loss = 1 - reward",
        noisy=True,
        measure=Measure.PSEUDO,
        seconds=2e-6,
        tags=("bandit", "stochastic", "infinitely-armed"),
        loss_range=(0.0, 1.0),
        targets=spaced(1.0, 1e-3),  # from the range of losses down to a gap that takes a million pulls to see
        costs=True,
        parameters=(
            Parameter("a", 1.0, "First parameter of the Beta distribution of means.", minimum=0.05, maximum=100.0),
            Parameter("b", 1.0, "Second parameter of the Beta distribution of means.", minimum=0.05, maximum=100.0),
            Parameter("instance", 0, "Which draw of the reservoir.", minimum=0),
        ),
        vary="hpobench_suites.bandits.reservoir:describe",
        arguments={"a": a, "b": b, "instance": instance},
    )
