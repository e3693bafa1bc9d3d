"""An experiment as one run on our own simulated clock (``engine.running.simulator``): its runs are the trials there.

That clock already is a queue of n workers before one server: an optimizer that charges its seconds answers one question
at a time while trials under way go on, and a worker waits until it is its turn. Here that server is the supervisor: a
question is what it takes to hand a run out, an answer what it takes to store one. What it takes beside that (watching
processes, writing down what they do) makes it slower by that share. So nothing had to be written but the durations.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from ConfigSpace import ConfigurationSpace

from hpobench_tui import plugins
from hpobench_tui.core import Budget, Simulation
from hpobench_tui.core.columns import Row
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.problem import Dimensions, ProblemInfo, Reference, Report
from hpobench_tui.engine.messages import PlannedBrackets, RunTask
from hpobench_tui.engine.running.books import Books
from hpobench_tui.engine.running.evaluation import Evaluator
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.engine.running.prepare import prepare
from hpobench_tui.engine.running.recorder import Rows
from hpobench_tui.engine.running.simulator import SimulatedClock
from hpobench_tui.executors.activity import Phase

SPREAD = 0.5
"""Standard deviation of the logarithm of a run's seconds: the longest of a thousand takes five times the median."""
RUN = ProblemInfo(
    "scale/run", "a run that lasts", "benchmarks.scale.simulated:Lasting", Dimensions(floats=1),
    Reference(0.0, "nothing is learnt"), costs=True,
)  # fmt: skip


class Lasting:
    """Log-normal durations of a mean of so many seconds; the configuration is a run's luck."""

    seconds = 1.0

    def space(self) -> ConfigurationSpace:
        return ConfigurationSpace({"luck": (1e-9, 1.0 - 1e-9)})

    def start(self, configuration: Configuration, seed: int, device: str) -> "Lasting":
        self._luck = float(configuration["luck"])
        return self

    def advance(self, to_fidelity: int) -> Report:
        drawn = math.exp(SPREAD * NormalDist().inv_cdf(self._luck) - SPREAD**2 / 2)
        return Report(0.0, cost=self.seconds * drawn)


@dataclass(frozen=True, slots=True)
class Server:
    """A supervisor: seconds to hand a run out and to store it, and the share of its time that is left for that."""

    hand_out: float
    store: float
    left: float = 1.0


class Clerk(Books):
    """Books whose optimizer takes as long as a supervisor."""

    server: Server
    busy = 0.0

    def ask(self, asked: int) -> tuple[Ask, float]:
        ask, _ = super().ask(asked)
        return ask, self._passed(self.server.hand_out)

    def finish(
        self, number: int, trial: Pending, outcome: Outcome, cost: int, start: float, end: float,
        worker: int | None = None,
    ) -> float:  # fmt: skip
        super().finish(number, trial, outcome, cost, start, end, worker)
        return self._passed(self.server.store)

    def _passed(self, seconds: float) -> float:
        self.busy += seconds / self.server.left
        return seconds / self.server.left


class Ends:
    """A sink that keeps the moment of the last end."""

    def __init__(self) -> None:
        self.last = self.worked = 0.0

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def plan(self, plan: PlannedBrackets) -> None: ...

    def pause_if_asked(self) -> None: ...

    def left(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...

    def imported(self, module: str, library: bool) -> None: ...

    def trial(self, row: Row | None, progress: Rows, reports: Rows, books: Books) -> None: ...


@dataclass(frozen=True, slots=True)
class Course:
    """How an experiment went: seconds to its end, share of the workers' time that runs had, and the supervisor's."""

    seconds: float
    busy: float
    supervisor: float


def course(runs: int, workers: int, seconds: float, start: float, server: Server, seed: int = 0) -> Course:
    """The course of an experiment.

    Args:
        seconds: A run's mean.
        start: Seconds that a worker needs before each run.
    """
    Lasting.seconds = seconds
    simulation = Simulation(workers=workers, charge_optimizer=True, start_seconds=start)
    budget = Budget.of(runs, "evaluations")
    task = RunTask(
        0, RUN, plugins.optimizers()["random"], {}, budget, seed, seed, "cpu", simulation=simulation, record=1
    )
    prepared, sink = prepare(task), Ends()
    books = Clerk(task, prepared, sink, telling=False)
    books.server = server
    evaluator = Evaluator(prepared, None, sink, task.fatal, books.reasons, contained=False)
    SimulatedClock(books, evaluator, task, None).run()
    return Course(books.clock, runs * seconds / (workers * books.clock), books.busy / books.clock)
