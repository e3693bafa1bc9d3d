"""Bandits: the stochastic K-armed ones, and Hyperband's non-stochastic one with infinitely many arms."""

from hpobench_suites.bandits.instances import BERNOULLI_2, BERNOULLI_10, BERNOULLI_10_HARD, GAUSSIAN_10
from hpobench_tui.core import Dimensions, Fidelity, ProblemInfo, Reference

AUER = "Auer, Cesa-Bianchi & Fischer 2002"


def _bernoulli(name: str, means: tuple[float, ...], source: str) -> ProblemInfo:
    return ProblemInfo(
        id=f"bandits/{name}",
        summary=f"{len(means)} Bernoulli arms, best mean {max(means)} ({source})",
        load=f"hpobench_suites.bandits.arms:{name.replace('-', '_')}",
        dimensions=Dimensions(categoricals=1),
        reference=Reference(1.0 - max(means), f"1 - the best mean; {source}"),
        reward="loss = 1 - reward",
        noisy=True,
        seconds=1.3e-6,
        tags=("bandit", "stochastic"),
    )


PROBLEMS: tuple[ProblemInfo, ...] = (
    _bernoulli("bernoulli-2", BERNOULLI_2, f"{AUER}, distribution 2"),
    _bernoulli("bernoulli-10", BERNOULLI_10, f"{AUER}, distribution 12"),
    _bernoulli("bernoulli-10-hard", BERNOULLI_10_HARD, f"{AUER}, distribution 14"),
    ProblemInfo(
        id="bandits/gaussian-10",
        summary=f"10 Gaussian arms of unit variance, best mean {max(GAUSSIAN_10)}",
        load="hpobench_suites.bandits.arms:gaussian_10",
        dimensions=Dimensions(categoricals=1),
        reference=Reference(-max(GAUSSIAN_10), "minus the best mean"),
        reward="loss = -reward",
        noisy=True,
        seconds=2e-6,
        tags=("bandit", "stochastic"),
    ),
    ProblemInfo(
        id="bandits/curves",
        summary="Crossing loss curves with a known envelope: Hyperband's infinitely-armed bandit",
        load="hpobench_suites.bandits.curves:Curves",
        dimensions=Dimensions(floats=3),
        reference=Reference(1.0 / 9.0, "gamma(81), by construction"),
        fidelity=Fidelity("units", 1, 81, step=1),
        seconds=2e-6,
        tags=("bandit", "non-stochastic", "multi-fidelity"),
    ),
)
