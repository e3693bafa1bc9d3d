"""What the constants come to for an experiment that nobody has run yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from benchmarks.scale.measure import TRIALS, Figures
from benchmarks.scale.simulated import Course, Server, course
from hpobench_tui.engine.running.worker import FLUSH_SECONDS
from hpobench_tui.engine.supervision.supervisor import SHOWN_SECONDS, TICK_SECONDS
from hpobench_tui.executors.local import LOOK_SECONDS, LOOK_SECONDS_EACH

WHOLE = ("create", "supervise", "merge", "resume's look", "show", "compare", "audit", "export")
"""What is done to all runs, once or at each call."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment.

    Attributes:
        seconds: Of a run, on average.
        trials: Of a run.
        supervisors: Machines that have one each, and an equal part of the runs and of the workers.
    """

    name: str
    runs: int
    workers: int
    seconds: float
    trials: int
    supervisors: int = 1


class Constants:
    """The measured ones, and what follows from them."""

    def __init__(self, measured: Mapping[str, Any]) -> None:
        self.of: Figures = measured["constants"]
        self.sizes: Sequence[Figures] = sorted(measured["sizes"], key=lambda size: float(size["runs"]))

    def a_run(self, what: str) -> float:
        """Seconds (or bytes) a run of what is done to all of them: the slope between the two largest stores."""
        less, more = self.sizes[-2:]
        key = what if what == "bytes" else f"{what} s"
        return (more[key] - less[key]) / (more["runs"] - less["runs"])

    def growth(self, what: str) -> float:
        """The exponent of its law between the two largest stores: 1 is linear, 2 quadratic."""
        less, more = self.sizes[-2:]
        return log(more[f"{what} s"] / less[f"{what} s"]) / log(more["runs"] / less["runs"])

    def whole(self, what: str, runs: int) -> float:
        """Seconds for an experiment of so many runs of few trials."""
        last = self.sizes[-1]
        return last[f"{what} s"] + self.a_run(what) * (runs - last["runs"])

    def served(self, seconds: float, trials: int) -> float:
        """Seconds of the supervisor for a run: handed out, its trials stored, and its messages unpacked."""
        messages = max(1.0, min(trials, seconds / FLUSH_SECONDS))
        beyond = (trials - TRIALS) * self.of["a trial, ms"] + (messages - 1) * self.of["a message, ms"]
        return self.a_run("supervise") + beyond / 1e3

    def left(self, workers: int) -> float:
        """The share of the supervisor's time beside the watching of so many processes, and telling what they do."""
        shown = workers * self.of["what a worker does, ms"] / 1e3 / max(TICK_SECONDS, SHOWN_SECONDS * workers)
        watched = workers * self.of["a look at a worker, ms"] / 1e3 / max(LOOK_SECONDS, LOOK_SECONDS_EACH * workers)
        return 1.0 - shown - watched

    def shortest(self, workers: int, trials: int) -> float:
        """Seconds of a run, on average, below which workers wait for one supervisor; infinite: they do anyway."""
        left = self.left(workers) - workers * self.of["a message, ms"] / 1e3 / FLUSH_SECONDS
        if left <= 0:
            return float("inf")
        return workers * self.served(0.0, trials) / left

    def server(self, plan: Plan) -> Server:
        served, left = self.served(plan.seconds, plan.trials), self.left(plan.workers // plan.supervisors)
        return Server(served / 2, served / 2, left)

    def store(self, runs: int, trials: int) -> float:
        """Bytes."""
        return runs * (self.a_run("bytes") + (trials - TRIALS) * self.of["a trial, bytes"])

    def courses(self, plan: Plan) -> list[Course]:
        """Of each supervisor's part, simulated."""
        share, rest = divmod(plan.runs, plan.supervisors)
        return [
            course(share + (n < rest), plan.workers // plan.supervisors, plan.seconds, 0.0, self.server(plan), seed=n)
            for n in range(plan.supervisors)
        ]


def rows(constants: Constants, plan: Plan) -> dict[str, float]:
    """The figures of a plan, by name with unit."""
    parts = constants.courses(plan)
    last = max(part.seconds for part in parts)
    found = {
        "h to its end": last / 3600,
        "% of the workers' time in runs": 100 * plan.runs * plan.seconds / (last * plan.workers),
        "% of a supervisor's time": 100 * max(part.supervisor for part in parts)
        + 100 * (1 - constants.server(plan).left),
        "hours of workers, paid": last * plan.workers / 3600,
        "hours of workers, in runs": plan.runs * plan.seconds / 3600,
        "s, shortest run that keeps workers busy": constants.shortest(plan.workers // plan.supervisors, plan.trials),
        "GB of stores": constants.store(plan.runs, plan.trials) / 1e9,
        "GB of memory of all workers": plan.workers * constants.of["a worker, MB"] / 1e3,
    }
    for what in WHOLE:
        if what != "supervise":
            found[f"s to {what}" if what != "resume's look" else "s until a resume has looked at all"] = (
                constants.whole(what, plan.runs)
            )
    return found
