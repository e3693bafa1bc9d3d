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

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.EXPLORE_THEN_COMMIT, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), pulls=5)
    >>> trials = play(explore_then_commit(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 20)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'gbgbgbgbgbgggggggggg'
    """
    pulls = int(task.parameters["pulls"])
    horizon = 0 if pulls else needed_horizon(task, "explore-then-commit")
    return PhasedElimination(task, lambda arms: [Phase(pulls or exploration(arms, horizon), 1)] if arms > 1 else [])


def exploration(arms: int, horizon: int) -> int:
    """The automatic m, at least 1."""
    return max(1, min(horizon // arms, ceil(cbrt((horizon / arms) ** 2 * log(horizon)))))
