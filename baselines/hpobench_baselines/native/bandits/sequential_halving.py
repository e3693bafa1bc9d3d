"""Sequential halving: Karnin, Koren and Somekh, *Almost Optimal Exploration in Multi-Armed Bandits*, ICML 2013,
Algorithm 1.

In each of ceil(log2 K) rounds the arms that are left, S, are pulled floor(T / (|S| ceil(log2 K))) times each, and the
better half of them, rounded up, is kept. In the lecture's table the last arm has a round of its own, so the pulls are
shared by one round more: T = 80, K = 16 gives (16, 1) (8, 2) (4, 4) (2, 8) (1, 16). Means are over all pulls of an
arm, not those of the last round alone.
"""

from hpobench_baselines.native.bandits.arms import needed_horizon
from hpobench_baselines.native.bandits.elimination import Phase, PhasedElimination
from hpobench_tui.core import HpobenchError, Task


def sequential_halving(task: Task) -> PhasedElimination:
    """Parameters ``rounds`` (``karnin`` or ``lecture``) and ``horizon``.

    Raises:
        HpobenchError: the horizon is unknown, or too short for a pull of each arm in the first round.

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> policy = sequential_halving(task(bandits.SEQUENTIAL_HALVING, {"arm": ["a", "b", "c", "d"]}, budget=24))
    >>> trials = play(policy, lambda c: "abcd".index(c["arm"]), 24)
    >>> "".join(t.configuration["arm"] for t in trials)
    'dbacdbacdbacabababababab'
    """
    pulls = needed_horizon(task, "sequential-halving")
    extra = 1 if task.parameters["rounds"] == "lecture" else 0
    return PhasedElimination(task, lambda arms: phases(arms, pulls, extra))


def phases(arms: int, pulls: int, extra: int = 0) -> list[Phase]:
    """The rounds that halve; ``extra`` is the number of rounds that the pulls are shared with beside them."""
    halvings = (arms - 1).bit_length()  # ceil(log2 K)
    needed = arms * (halvings + extra)
    if arms > 1 and pulls < needed:
        raise HpobenchError(
            f"sequential halving of {arms} arms needs at least {needed} pulls, not {pulls}. "
            "Give it a larger budget, or fewer arms by the parameter 'arms'."
        )
    result = []
    for _ in range(halvings):
        survivors = (arms + 1) // 2
        result.append(Phase(pulls // (arms * (halvings + extra)), survivors))
        arms = survivors
    return result
