"""Counting ones, BOHB's test function (Falkner, Klein & Hutter, arXiv 1807.01774, section 5.1), not normalised.

Categorical c_i in {0, 1} and continuous p_j in [0, 1]; at fidelity b each p_j is seen only through b Bernoulli draws:

    loss_b = - (sum_i c_i + sum_j (successes among b draws of probability p_j) / b)
    truth  = - (sum_i c_i + sum_j p_j)

The draws of a training come from one stream, seeded by (seed, configuration): the configuration is part of the seed
because common draws would make the differences between configurations look less noisy than they are. The stream is
read sample by sample, one double a parameter, so that the first b samples are the same however they are reached:
advancing in two steps is exactly advancing in one. On a simulated clock 729 samples, BOHB's full budget, take a second.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hpobench_tui.core import Configuration, Report
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.seeds import derive

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

SECONDS_PER_SAMPLE = 1.0 / 729.0


class Counting:
    """One training: the successes so far."""

    __slots__ = ("_ones", "_probabilities", "_rng", "_samples", "_successes", "_truth")

    def __init__(self, ones: int, probabilities: list[float], seed: int) -> None:
        self._ones = ones
        self._probabilities = np.array(probabilities)
        self._truth = -(ones + sum(probabilities))
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._samples, self._successes = 0, 0

    def advance(self, to_fidelity: int) -> Report:
        """Draw on to ``to_fidelity`` samples a parameter."""
        added = to_fidelity - self._samples
        draws = self._rng.random((added, len(self._probabilities)))
        self._successes += int(np.count_nonzero(draws < self._probabilities))
        self._samples = to_fidelity
        loss = -(self._ones + self._successes / to_fidelity)
        return Report(loss, NO_METRICS, self._truth, added * SECONDS_PER_SAMPLE)


class CountingOnes:
    """``categorical`` binary hyperparameters c0, c1, ... and ``continuous`` floats p0, p1, ...

    >>> problem = CountingOnes(categorical=3, continuous=2)
    >>> problem.start({"c0": 1, "c1": 1, "c2": 0, "p0": 1.0, "p1": 0.0}, seed=0, device="cpu").advance(9).loss
    -3.0
    """

    def __init__(self, categorical: int, continuous: int) -> None:
        self._categoricals = [f"c{i}" for i in range(categorical)]
        self._floats = [f"p{j}" for j in range(continuous)]

    def space(self) -> "ConfigurationSpace":
        """Unordered categoricals 0 and 1, floats in [0, 1]."""
        from ConfigSpace import Categorical, ConfigurationSpace, Float

        return ConfigurationSpace(
            space=[
                *(Categorical(name, [0, 1]) for name in self._categoricals),
                *(Float(name, (0.0, 1.0)) for name in self._floats),
            ]
        )

    def start(self, configuration: Configuration, seed: int, device: str) -> Counting:
        """A training whose draws depend on the seed and on the configuration."""
        ones = [int(configuration[name]) for name in self._categoricals]
        probabilities = [float(configuration[name]) for name in self._floats]
        return Counting(sum(ones), probabilities, derive(seed, *ones, *map(repr, probabilities)))

    def minimisers(self) -> Sequence[Configuration]:
        """All ones."""
        return [dict.fromkeys(self._categoricals, 1) | dict.fromkeys(self._floats, 1.0)]
