"""For owners of runs and trials: when a process is given up, and what a lost one costs.

An executor decides nothing of that. Whoever owns what was lost asks here whether it goes on as if nothing had been, or
something is to blame.

A crash or a limit is blamed at once. What somebody else has ended is tried again, and so is what had not begun: up to
a number of times, as whoever is short of memory comes back, and as a process may not be able to start at all.
"""

from collections import Counter

from hpobench_tui.core.experiment import Limits
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Cause, Death, Limit, Task, Watch

ATTEMPTS = 3
"""At one step of a trial (Dask's ``allowed-failures`` and Nextflow's ``maxRetries`` are of that order)."""
STARTS = 10
"""At the start of a run; a worker each may leave before, because it is not fit for the run."""
UNHURT = (Phase.IDLE, Phase.LOADING, Phase.REPLAYING, Phase.PAUSED, Phase.WAITING)
"""Phases in which no trial is under way in the process that could be to blame."""
MOST_DEATHS = 10
"""Trials of a run that may take their process down."""
WATCHED = {
    Phase.IDLE: "its process",
    Phase.LOADING: "loading the problem or building the optimizer",
    Phase.REPLAYING: "replaying recorded trials",
    Phase.ASKING: "ask",
    Phase.TELLING: "tell",
    Phase.CLOSING: "close",
}


class Losses:
    """Counts them.

    Args:
        workers: How many there are.
    """

    def __init__(self, workers: int) -> None:
        self._starts = STARTS + workers
        self._counts: Counter[tuple[int, Phase, int]] = Counter()

    def forgives(self, run: int, death: Death[Task]) -> bool:
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


def watch(limits: Limits, memory_mb: int) -> Watch:
    """The limits as an executor knows them."""
    ask, trial = limits.ask_seconds, limits.trial_seconds
    found = {phase: Limit(ask, f"timeout: {what} did not return within {ask:g} s") for phase, what in WATCHED.items()}
    found[Phase.EVALUATING] = Limit(trial, f"timeout: the evaluation took more than {trial:g} s")
    found[Phase.TOGETHER] = Limit(trial, f"timeout: the evaluation of several together took more than {trial:g} s")
    return Watch(found, memory_mb)


def blamed(death: Death[Task]) -> str:
    """The reason, and whose doing it was."""
    if death.cause is Cause.OUTSIDE:
        return f"{death.reason}, again and again: somebody else's doing (is memory short?), or its own"
    return death.reason
