"""Correlated arms: neighbours on a line have similar means, so that a pull tells something about other arms too.

The means are one path of a Gaussian process, fixed by ``instance``. The process lives on a circle, of which the arms
0 ... k - 1 cover half at equal distances, so that no two of them are neighbours the other way round. Its covariance at
the angle t is the wrapped squared exponential, in its cosine series (Poisson's summation formula)

    c(t) = sum_m w_m cos(m t) / sum_m w_m,   w_0 = 1,  w_m = 2 exp(-(m pi length)^2 / 2)   for m = 1, 2, ...

and a path with exactly this covariance is  f(t) = sum_m sqrt(w_m / sum w) (a_m cos(m t) + b_m sin(m t))  with standard
normal a_m, b_m. ``length`` is the length scale as a share of the line. The arm is an integer, so that an optimizer that
models the objective can make use of the order; a policy that does not still sees k arms. Rewards are Gaussian with
standard deviation ``sd``; loss = -reward.

Rewards of one round are not correlated over the arms: a run sees one arm a round, so it could not tell.
"""

from dataclasses import replace
from math import cos, exp, log, pi, sin, sqrt
from typing import TYPE_CHECKING

from hpobench_suites.bandits.gaussian import GAUSSIAN_10_INFO, SD, Gaussian
from hpobench_suites.noise import uniform
from hpobench_tui.core import Dimensions, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.targets import of_arms

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

NEGLIGIBLE = 1e-17


def weights(length: float) -> list[float]:
    """w_m / sum w, as far as they matter in double precision."""
    series = [1.0]
    while (weight := 2.0 * exp(-((len(series) * pi * length) ** 2) / 2.0)) > NEGLIGIBLE:
        series.append(weight)
    total = sum(series)
    return [weight / total for weight in series]


def covariance(length: float, angle: float) -> float:
    """c(angle)."""
    return sum(weight * cos(m * angle) for m, weight in enumerate(weights(length)))


def normals(seed: int, pair: int) -> tuple[float, float]:
    """The two independent standard normal numbers of pair ``pair`` (Box & Muller 1958)."""
    radius, angle = sqrt(-2.0 * log(uniform(seed, 2 * pair))), 2.0 * pi * uniform(seed, 2 * pair + 1)
    return radius * cos(angle), radius * sin(angle)


def path(k: int, length: float, instance: int) -> list[float]:
    """The mean rewards."""
    terms = [(m, sqrt(weight), *normals(instance, m)) for m, weight in enumerate(weights(length))]
    angles = [pi * arm / (k - 1) for arm in range(k)]
    return [sum(scale * (a * cos(m * t) + b * sin(m * t)) for m, scale, a, b in terms) for t in angles]


class Correlated(Gaussian):
    """``k`` arms whose means are the path of that instance.

    Neighbours are alike:

    >>> means = path(k=32, length=0.2, instance=0)
    >>> max(abs(a - b) for a, b in zip(means, means[1:])) < 0.3 * (max(means) - min(means))
    True
    >>> Correlated(k=32, length=0.2, sd=1.0, instance=0).minimisers() == [{"arm": means.index(max(means))}]
    True
    """

    def __init__(self, k: int, length: float, sd: float, instance: int) -> None:
        super().__init__(path(k, length, instance), sd)

    arms = None  # type: ignore[assignment]  # neighbours tell of each other: no bound for independent arms holds here

    def _value(self, arm: int) -> Value:
        return arm

    def space(self) -> "ConfigurationSpace":
        """One integer hyperparameter ``arm``."""
        from ConfigSpace import ConfigurationSpace, Integer

        return ConfigurationSpace(space=[Integer("arm", (0, len(self._names) - 1))])

    def minimisers(self) -> list[dict[str, Value]]:
        """The best arm."""
        return [{"arm": arm} for arm in self._best]


def describe(k: int = 32, length: float = 0.2, sd: float = 1.0, instance: int = 0) -> ProblemInfo:
    """``bandits/correlated``."""
    return replace(
        GAUSSIAN_10_INFO,
        id="bandits/correlated",
        summary=f"{k} Gaussian arms on a line, their means a smooth path (length scale {length:g})",
        load="hpobench_suites.bandits.correlated:Correlated",
        dimensions=Dimensions(integers=1),
        reference=Reference(0.0 - max(path(k, length, instance)), "minus the largest mean on the path"),
        tags=("bandit", "stochastic", "correlated"),
        parameters=(
            Parameter("k", 32, "Number of arms.", minimum=2, maximum=1000),
            Parameter("length", 0.2, "Length scale, as a share of the line.", minimum=0.01, maximum=1.0),
            SD,
            Parameter("instance", 0, "Which path.", minimum=0),
        ),
        vary="hpobench_suites.bandits.correlated:describe",
        arguments={"k": k, "length": length, "sd": sd, "instance": instance},
        targets=of_arms([-mean for mean in path(k, length, instance)]),
    )
