"""Faults in a problem's or an optimizer's own code."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.faults.stage import Observed, Stage


def _played(stage: Stage, problem: str = "good", optimizer: str = "random", trials: int = 8, **more: Any) -> Observed:
    return stage.observed(stage.run(stage.file(problem, optimizer, trials, **more)))


FAULTS: Mapping[str, Callable[[Stage], Observed]] = {
    "an objective raises": partial(_played, problem="raises"),
    "an objective returns NaN": partial(_played, problem="nan"),
    "an objective ends its process with code 3": partial(_played, problem="exits"),
    "an objective reads address 0 (SIGSEGV)": partial(_played, problem="segfaults"),
    "an objective aborts (SIGABRT)": partial(_played, problem="aborts"),
    "an objective eats more than its memory limit": partial(_played, problem="eats", trials=4, memory_mb=400),
    "an evaluation hangs": partial(_played, problem="hangs", trials=4, trial_seconds=3),
    "a problem hangs while it is loaded": partial(_played, problem="hangs-at-start", trials=4, ask_seconds=3),
    "an objective leaves processes behind: plain, in a session of their own, without environment, daemons": partial(
        _played, problem="children", trials=4
    ),
    "an optimizer raises in ask": partial(_played, optimizer="faults-raises-in-ask"),
    "an optimizer reads address 0 in ask": partial(_played, optimizer="faults-segfaults-in-ask"),
    "ask hangs": partial(_played, optimizer="faults-hangs-in-ask", ask_seconds=3),
    "tell hangs": partial(_played, optimizer="faults-hangs-in-tell", ask_seconds=3),
}
