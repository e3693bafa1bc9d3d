"""Stochastic multi-armed bandits as tuning problems: the one hyperparameter is the arm, an evaluation is a pull.

The reward of a pull is a function of (seed, arm) alone, without any state: the engine gives the n-th pull of an arm
the same seed whatever the policy did in between, so all policies face one table of rewards. The randomness is one
output of splitmix64 (Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014), because
building a NumPy generator for each pull would cost far more than the pull.
"""

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from hpobench_suites.bandits.instances import BERNOULLI_2, BERNOULLI_10, BERNOULLI_10_HARD, GAUSSIAN_10
from hpobench_suites.noise import uniform
from hpobench_tui.core import Configuration, Report

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

STANDARD_NORMAL = NormalDist()


class Pull:
    """A pull whose outcome is settled."""

    __slots__ = ("_report",)

    def __init__(self, report: Report) -> None:
        self._report = report

    def advance(self, to_fidelity: int) -> Report:
        """The loss of this pull; ``truth`` is the arm's expected loss."""
        return self._report


class Bandit:
    """``draw(mean, u)`` turns an arm's mean and a uniform number into a loss, ``expected(mean)`` is its expectation."""

    def __init__(
        self, means: Sequence[float], draw: Callable[[float, float], float], expected: Callable[[float], float]
    ) -> None:
        self._names = [str(k) for k in range(len(means))]
        self._arms = {
            name: (k, mean, expected(mean)) for k, (name, mean) in enumerate(zip(self._names, means, strict=True))
        }
        self._draw = draw

    def space(self) -> "ConfigurationSpace":
        """One categorical hyperparameter ``arm``: "0", "1", ..."""
        from ConfigSpace import Categorical, ConfigurationSpace

        return ConfigurationSpace(space=[Categorical("arm", self._names)])

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm once."""
        k, mean, truth = self._arms[str(configuration["arm"])]
        return Pull(Report(self._draw(mean, uniform(seed, k)), truth=truth))


def _bernoulli(mean: float, u: float) -> float:
    return 0.0 if u < mean else 1.0


def _bernoulli_expected(mean: float) -> float:
    return 1.0 - mean


def _gaussian(mean: float, u: float) -> float:
    return -(mean + STANDARD_NORMAL.inv_cdf(u))


def _gaussian_expected(mean: float) -> float:
    return -mean


def bernoulli(means: Sequence[float]) -> Bandit:
    """Rewards 0 and 1; loss = 1 - reward."""
    return Bandit(means, _bernoulli, _bernoulli_expected)


def gaussian(means: Sequence[float]) -> Bandit:
    """Normal rewards of unit variance; loss = -reward."""
    return Bandit(means, _gaussian, _gaussian_expected)


def bernoulli_2() -> Bandit:
    """The problem ``bandits/bernoulli-2``."""
    return bernoulli(BERNOULLI_2)


def bernoulli_10() -> Bandit:
    """The problem ``bandits/bernoulli-10``."""
    return bernoulli(BERNOULLI_10)


def bernoulli_10_hard() -> Bandit:
    """The problem ``bandits/bernoulli-10-hard``."""
    return bernoulli(BERNOULLI_10_HARD)


def gaussian_10() -> Bandit:
    """The problem ``bandits/gaussian-10``."""
    return gaussian(GAUSSIAN_10)
