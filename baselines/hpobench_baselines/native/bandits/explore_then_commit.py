"""Explore-then-commit: every arm m times, then the best one for ever.

Slivkins, *Introduction to Multi-Armed Bandits*, 2019, arXiv 1904.07272, Algorithm 1.1. The automatic m is the one
that balances exploration against exploitation for a horizon T, (T / K)^(2/3) (ln T)^(1/3) (Theorem 1.5), rounded up;
at most T / K.
"""

from math import cbrt, ceil, log

from hpobench_baselines.native.bandits.arms import needed_horizon
from hpobench_baselines.native.bandits.elimination import Phase, PhasedElimination
from hpobench_tui.core import Task


def explore_then_commit(task: Task) -> PhasedElimination:
    """Parameters ``pulls`` (m, 0: automatic) and ``horizon``.

    Raises:
        HpobenchError: m is automatic and the horizon unknown.
    """
    pulls = int(task.parameters["pulls"])
    horizon = 0 if pulls else needed_horizon(task, "explore-then-commit")
    return PhasedElimination(task, lambda arms: [Phase(pulls or exploration(arms, horizon), 1)] if arms > 1 else [])


def exploration(arms: int, horizon: int) -> int:
    """The automatic m, at least 1."""
    return max(1, min(horizon // arms, ceil(cbrt((horizon / arms) ** 2 * log(horizon)))))
