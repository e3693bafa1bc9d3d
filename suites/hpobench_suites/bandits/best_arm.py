"""Best-arm identification with a fixed budget: the seven instances of Audibert, Bubeck & Munos.

*Best Arm Identification in Multi-Armed Bandits*, COLT 2010, experiments 1-7: Bernoulli arms, the best of mean 0.5, and
a budget of n pulls for each (of experiments 5 and 7 quoted from memory, not checked). What counts is the arm
recommended in the end: its simple regret, and how often it is the wrong one.

1. one group of bad arms                          K = 20  n = 2000
2. two groups of bad arms                         K = 20  n = 2000
3. geometric progression, 0.5 - 0.37^i            K =  4  n = 2000
4. arms in three groups                           K =  6  n =  600
5. arithmetic progression, 0.5 - 0.025 i          K = 15  n = 4000
6. two good arms and a large group of bad ones    K = 20  n = 6000
7. three groups of bad arms                       K = 30  n = 6000

The paper sorts the arms by their means; here they are in a random order that the setup fixes, the best not first.
"""

from hpobench_suites.bandits.arms import best_position, permutation
from hpobench_suites.bandits.bernoulli import Bernoulli, bernoulli_info
from hpobench_tui.core import Measure, Parameter, ProblemInfo, Reference
from hpobench_tui.core.targets import of_arms

BEST = 0.5
SETUPS: dict[int, tuple[float, ...]] = {
    1: (0.4,) * 19,
    2: (0.42,) * 5 + (0.38,) * 14,
    3: tuple(BEST - 0.37**i for i in (2, 3, 4)),
    4: (0.42, 0.4, 0.4, 0.35, 0.35),
    5: tuple(BEST - 0.025 * i for i in range(2, 16)),
    6: (0.48,) + (0.37,) * 18,
    7: (0.45,) * 5 + (0.43,) * 14 + (0.38,) * 10,
}
"""The means of the arms but the best."""
BUDGETS = {1: 2000, 2: 2000, 3: 2000, 4: 600, 5: 4000, 6: 6000, 7: 6000}


def means(setup: int) -> list[float]:
    """The mean rewards of that setup."""
    others = SETUPS[setup]
    order = permutation(len(others), setup)
    shuffled = [others[position] for position in order]
    shuffled.insert(best_position(len(others) + 1), BEST)
    return shuffled


def best_arm(setup: int) -> Bernoulli:
    """The problem ``bandits/best-arm``."""
    return Bernoulli(means(setup))


def describe(setup: int = 1) -> ProblemInfo:
    """``bandits/best-arm``."""
    return bernoulli_info(
        "best-arm",
        f"best of {len(SETUPS[setup]) + 1} Bernoulli arms in {BUDGETS[setup]} pulls (Audibert et al. 2010, {setup})",
        Reference(1.0 - BEST, f"1 - the best mean; Audibert, Bubeck & Munos 2010, experiment {setup}"),
        "hpobench_suites.bandits.best_arm:best_arm",
        (Parameter("setup", 1, "Experiment of the paper.", choices=tuple(SETUPS)),),
        "hpobench_suites.bandits.best_arm:describe",
        {"setup": setup},
        tags=("bandit", "stochastic", "best-arm"),
        targets=of_arms([-mean for mean in means(setup)]),
        measure=Measure.SIMPLE,  # pulls are free: what counts is the arm that is found
    )
