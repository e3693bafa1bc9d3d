"""Finitely many learning curves with a known envelope, which cross as late as the envelope allows.

The non-stochastic best-arm problem of Jamieson & Talwalkar (arXiv 1502.07943) and Li et al. (Hyperband, arXiv
1603.06560, section 5): the arm of rank i = 0 ... k - 1 has the loss l_i(r) after r units, with

    |l_i(r) - nu_i| <= gamma(r),   nu_i = i / (k - 1),   gamma(r) = gamma / r.

The adversary takes all that the envelope gives: the best arm stays at nu_0 + gamma(r), all others at nu_i - gamma(r).
Hence arm i looks better than the best one as long as 2 gamma(r) > nu_i, which is until r = 2 gamma (k - 1) / i.

Successive halving with eta = 2 and n = k = R a power of two keeps k / 2^(j+1) arms at r = 2^j. Of those before the best
there are as many i with i < 2 gamma (k - 1) / 2^j, so it finds the best arm, in whatever order it draws them, if gamma
< k / (4 (k - 1)), and loses it in the first rung if gamma is larger: 4/15 for the default k = R = 16, where the bracket
is (16, 1) (8, 2) (4, 4) (2, 8) (1, 16), 80 units in all. That holds for gamma < R / (2 (k - 1)), here 8/15: beyond, arm
0 is still behind arm 1 after R units, arm 1 is the best, and looks so throughout. The default gamma is 1/4.
``instance`` fixes which arm has which rank.
"""

from hpobench_suites.bandits.arms import Arms, permutation
from hpobench_tui.core import Configuration, Dimensions, Fidelity, Parameter, ProblemInfo, Reference, Report
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.targets import of_arms


def final(k: int, units: int, gamma: float) -> list[float]:
    """The losses after R = ``units`` units, by rank."""
    return [rank / (k - 1) + sign(rank) * gamma / units for rank in range(k)]


def sign(rank: int) -> float:
    """On which side of its limit the curve lies."""
    return -1.0 if rank else 1.0


class Curve:
    """The curve limit + swing / r."""

    __slots__ = ("_limit", "_reached", "_swing", "_truth")

    def __init__(self, limit: float, swing: float, truth: float) -> None:
        self._limit = limit
        self._swing = swing
        self._truth = truth
        self._reached = 0

    def advance(self, to_fidelity: int) -> Report:
        """The loss after ``to_fidelity`` units; ``truth`` is that after R; a unit costs a second."""
        cost = float(to_fidelity - self._reached)
        self._reached = to_fidelity
        return Report(self._limit + self._swing / to_fidelity, NO_METRICS, self._truth, cost)


class Envelope(Arms):
    """``k`` curves up to ``units`` units, in the envelope gamma / r.

    The best arm comes down from gamma:

    >>> problem = Envelope(k=4, units=16, gamma=0.25, instance=0)
    >>> (best,) = problem.minimisers()
    >>> [round(problem.start(best, 0, "cpu").advance(r).loss, 3) for r in (1, 4, 16)]
    [0.25, 0.062, 0.016]
    """

    def __init__(self, k: int, units: int, gamma: float, instance: int) -> None:
        losses = final(k, units, gamma)
        ranks = permutation(k, instance)
        super().__init__(k, [arm for arm, rank in enumerate(ranks) if losses[rank] == min(losses)])
        self._arms: dict[Value, tuple[float, float, float]] = {
            name: (rank / (k - 1), sign(rank) * gamma, losses[rank])
            for name, rank in zip(self._names, ranks, strict=True)
        }

    def start(self, configuration: Configuration, seed: int, device: str) -> Curve:
        """The arm's curve; the seed has no part in it."""
        return Curve(*self._arms[configuration["arm"]])


def describe(k: int = 16, units: int = 16, gamma: float = 0.25, instance: int = 0) -> ProblemInfo:
    """``bandits/envelope``."""
    best = min(final(k, units, gamma))
    return ProblemInfo(
        id="bandits/envelope",
        summary=f"{k} learning curves that cross as late as their envelope {gamma:g}/r allows, R = {units}",
        load="hpobench_suites.bandits.envelope:Envelope",
        dimensions=Dimensions(categoricals=1),
        reference=Reference(best, "the least loss after R units, by construction"),
        fidelity=Fidelity("units", 1, units, step=1),
        seconds=1e-6,
        tags=("bandit", "non-stochastic", "multi-fidelity"),
        loss_range=(min(gamma / units, 1 / (k - 1) - gamma), max(gamma, 1.0 - gamma / units)),
        costs=True,
        targets=of_arms(final(k, units, gamma)),
        parameters=(
            Parameter("k", 16, "Number of arms.", minimum=2, maximum=1000),
            Parameter("units", 16, "R, the maximum fidelity.", minimum=1, maximum=1_000_000),
            Parameter("gamma", 0.25, "Width of the envelope after one unit.", minimum=0.0, maximum=100.0),
            Parameter("instance", 0, "Which arm has which rank.", minimum=0),
        ),
        vary="hpobench_suites.bandits.envelope:describe",
        arguments={"k": k, "units": units, "gamma": gamma, "instance": instance},
    )
