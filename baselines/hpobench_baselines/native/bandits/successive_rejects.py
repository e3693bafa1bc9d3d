"""Successive rejects: Audibert, Bubeck and Munos, *Best Arm Identification in Multi-Armed Bandits*, COLT 2010, Figure
3.

In phase k = 1 ... K - 1 each arm that is left is pulled n_k - n_(k-1) times, n_0 = 0, and the worst one is rejected:

    n_k = ceil((T - K) / (log_K (K + 1 - k))),    log_K = 1/2 + sum over i = 2 ... K of 1 / i
"""

from fractions import Fraction

from hpobench_baselines.native.bandits.arms import needed_horizon
from hpobench_baselines.native.bandits.elimination import Phase, PhasedElimination
from hpobench_tui.core import HpobenchError, Task


def successive_rejects(task: Task) -> PhasedElimination:
    """Parameter ``horizon``: T, 0 for that of the budget.

    Raises:
        HpobenchError: the horizon is unknown, or leaves arms without a pull.

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> policy = successive_rejects(task(bandits.SUCCESSIVE_REJECTS, {"arm": ["a", "b", "c", "d"]}, budget=24))
    >>> trials = play(policy, lambda c: "abcd".index(c["arm"]), 24)
    >>> "".join(t.configuration["arm"] for t in trials)
    'dbacdbacdbacdbacabcababa'
    """
    pulls = needed_horizon(task, "successive-rejects")
    return PhasedElimination(task, lambda arms: phases(arms, pulls))


def pulls_until(arms: int, pulls: int) -> list[int]:
    """n_1 ... n_(K-1): how often an arm that survives phase k was pulled after it.

    Raises:
        HpobenchError: there is no pull for every arm.
    """
    if arms > 1 and pulls <= arms:
        raise HpobenchError(
            f"successive rejects needs more pulls than there are arms ({arms}), not {pulls}. "
            "Give it a larger budget, or fewer arms by the parameter 'arms'."
        )
    log_bar = Fraction(1, 2) + sum(Fraction(1, i) for i in range(2, arms + 1))
    return [-int(-(pulls - arms) // (log_bar * (arms + 1 - k))) for k in range(1, arms)]


def phases(arms: int, pulls: int) -> list[Phase]:
    """The K - 1 phases."""
    until = [0, *pulls_until(arms, pulls)]
    return [Phase(until[k] - until[k - 1], arms - k) for k in range(1, arms)]
