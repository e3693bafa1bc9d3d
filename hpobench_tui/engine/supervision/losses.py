"""Whether a run that lost its process goes on as if nothing had been, or something is to blame for it.

A crash or a limit is blamed at once. What somebody else has ended is tried again, and so is what had not begun: up to
a number of times, as whoever is short of memory comes back, and as a process may not be able to start at all.
"""

from collections import Counter

from hpobench_tui.engine.messages import RunTask
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Cause, Death

ATTEMPTS = 3
"""At one step of a trial (Dask's ``allowed-failures`` and Nextflow's ``maxRetries`` are of that order)."""
STARTS = 10
"""At the start of a run; a worker each may leave before, because it is not fit for the run."""
UNHURT = (Phase.IDLE, Phase.LOADING, Phase.REPLAYING, Phase.PAUSED)
"""Phases in which no trial is under way that could be to blame."""


class Losses:
    """Counts them.

    Args:
        workers: How many there are.
    """

    def __init__(self, workers: int) -> None:
        self._starts = STARTS + workers
        self._counts: Counter[tuple[int, Phase, int]] = Counter()

    def forgives(self, run: int, death: Death[RunTask]) -> bool:
        """Whether this one costs nobody anything."""
        phase, number = (death.activity.phase, death.activity.number) if death.begun else (Phase.IDLE, -1)
        unhurt = phase in UNHURT
        key = run, phase, -1 if unhurt else number
        self._counts[key] += 1
        if not death.begun:
            most = self._starts
        elif death.cause is Cause.OUTSIDE:
            most = self._starts if unhurt else ATTEMPTS
        elif death.cause is Cause.CRASH and unhurt:
            most = ATTEMPTS
        else:
            return False
        return self._counts[key] < most

    def progress(self, run: int) -> None:
        """The run has got further: what it lost at its start is forgotten."""
        for phase in UNHURT:
            del self._counts[run, phase, -1]


def blamed(death: Death[RunTask]) -> str:
    """The reason, and whose doing it was."""
    if death.cause is Cause.OUTSIDE:
        return f"{death.reason}, again and again: somebody else's doing (is memory short?), or its own"
    return death.reason
