"""A problem whose cost is what its configuration says, an optimizer that asks what it is told to; for simulated runs.

Runs are made in this process, without a supervisor: ``simulate`` returns the rows that would be stored.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from ConfigSpace import ConfigurationSpace, Float

from hpobench_tui.core import (
    Ask,
    Budget,
    Capabilities,
    Complete,
    Configuration,
    Dimensions,
    Fidelity,
    OptimizerInfo,
    ProblemInfo,
    Reference,
    Report,
    Simulation,
    Task,
    TrainingError,
    Trial,
)
from hpobench_tui.core.columns import Cell, Row, names
from hpobench_tui.core.records import TRIAL_CELLS, Progress
from hpobench_tui.engine.messages import Diverged, End, Fatal, PlannedBrackets, RunTask, Stranded
from hpobench_tui.engine.running.books import Books
from hpobench_tui.engine.running.recorder import Rows
from hpobench_tui.engine.running.run import Run
from hpobench_tui.executors.activity import Phase

TRIAL_NAMES = [column.name for column in TRIAL_CELLS]


class CostlyTraining:
    """Loss = seconds / fidelity; each unit of fidelity costs ``seconds``."""

    def __init__(self, seconds: float, sleep: bool) -> None:
        self._seconds, self._sleep, self._reached = seconds, sleep, 0

    def advance(self, to_fidelity: int) -> Report:
        if self._seconds == BROKEN or (self._seconds == BREAKS_LATE and to_fidelity > 4):
            raise RuntimeError("broken")
        if self._seconds == KNOWS_WHEN:
            raise TrainingError("diverged", cost=FAILURE_COST)
        cost = self._seconds * SCALE * (to_fidelity - self._reached)
        self._reached = to_fidelity
        if self._sleep:
            time.sleep(cost)
        return Report(self._seconds / to_fidelity, cost=cost)


class Costly:
    """One hyperparameter: the seconds that a unit takes."""

    def __init__(self, low: float = 0.1, high: float = 10.0, sleep: bool = False) -> None:
        self._bounds, self._sleep = (low, high), sleep

    def space(self) -> ConfigurationSpace:
        return ConfigurationSpace(space=[Float("seconds", self._bounds)])

    def start(self, configuration: Configuration, seed: int, device: str) -> CostlyTraining:
        return CostlyTraining(float(configuration["seconds"]), self._sleep)


class Sleepy(Costly):
    """Really sleeps what it costs."""

    def __init__(self) -> None:
        super().__init__(0.001, 0.01, sleep=True)


class Costless(Costly):
    """Says nothing of costs."""

    def start(self, configuration: Configuration, seed: int, device: str) -> CostlyTraining:
        training = super().start(configuration, seed, device)
        training.advance = lambda to_fidelity: Report(1.0)  # type: ignore[method-assign]
        return training


BROKEN = 7.77
BREAKS_LATE = 3.33
KNOWS_WHEN = 4.44
FAILURE_COST = 1.5
SCALE = 1.0
COSTLY = ProblemInfo(
    "toy/costly",
    "",
    "engine.toys:Costly",
    Dimensions(floats=1),
    Reference(0.0, "none is faster"),
    costs=True,
    seconds=5.0,
)
COSTLY_EPOCHS = ProblemInfo(
    "toy/epochs", "", "engine.toys:Costly", Dimensions(floats=1), Reference(0.0, "none is faster"),
    Fidelity("epochs", 1, 9, step=1), costs=True, seconds=9.0,
)  # fmt: skip
COSTLESS = replace(COSTLY, id="toy/costless", load="engine.toys:Costless")
SLEEPY = ProblemInfo(
    "toy/sleepy", "", "engine.toys:Sleepy", Dimensions(floats=1), Reference(0.0, "none is faster"),
    Fidelity("epochs", 1, 9, step=1), costs=True,
)  # fmt: skip


class Scripted:
    """Asks what the class attribute ``script`` says: seconds, or ready-made asks; keeps what it is told."""

    script: Sequence[float | Ask] = ()
    told: list[Trial]
    wait = 0.0

    def __init__(self, task: Task) -> None:
        self._asks = iter(type(self).script)
        type(self).told = []

    def ask(self) -> Ask:
        time.sleep(self.wait)
        try:
            ask = next(self._asks)
        except StopIteration:
            raise Complete from None
        return ask if isinstance(ask, Ask) else Ask({"seconds": float(ask)})

    def tell(self, trial: Trial) -> None:
        type(self).told.append(trial)


class Stopper(Scripted):
    """Prunes at fidelity 2 what loses more than ``threshold`` there."""

    seen: list[tuple[int, int]]
    threshold, thinking = 1.0, 0.0

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        type(self).seen = []

    def should_stop(self, asked: int, ask: Ask, fidelity: int, report: Report) -> bool:
        type(self).seen.append((asked, fidelity))
        time.sleep(self.thinking)
        return fidelity == 2 and report.loss > self.threshold


SCRIPTED = OptimizerInfo("scripted", "", "engine.toys:Scripted", Capabilities(multi_fidelity=True))
STOPPER = OptimizerInfo("stopper", "", "engine.toys:Stopper", Capabilities(multi_fidelity=True))


@dataclass
class Collected:
    """A sink that keeps everything."""

    trials: list[dict[str, Cell]] = field(default_factory=list)
    progress: list[dict[str, Cell]] = field(default_factory=list)
    reports: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    paused: bool = False
    end: End | Diverged | Stranded = field(init=False)
    books: Books = field(init=False)

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def plan(self, plan: PlannedBrackets) -> None: ...

    def pause_if_asked(self) -> None: ...

    def left(self, text: str) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def imported(self, module: str, library: bool) -> None: ...

    def trial(self, row: Row | None, progress: Rows, reports: Rows, books: Books) -> None:
        self.books = books
        if row is not None:
            self.trials.append(dict(zip_longest(TRIAL_NAMES, row)))
        self.progress += [dict(zip(names(Progress), cells, strict=True)) for cells in progress]
        self.reports += reports

    def column(self, *names: str) -> list[Cell] | list[tuple[Cell, ...]]:
        if len(names) == 1:
            return [row[names[0]] for row in self.trials]
        return [tuple(row[name] for name in names) for row in self.trials]


def collect(
    problem: ProblemInfo, optimizer: OptimizerInfo, amount: float, unit: str, simulation: Simulation | None = None,
    *, seed: int = 1, record: int | None = None, fatal: dict[int, Fatal] | None = None, **more: Any,
) -> Collected:  # fmt: skip
    """Run in this process, on a simulated clock or (without ``simulation``) on the real one."""
    task = RunTask(
        0, problem, optimizer, optimizer.settings({}), Budget.of(amount, unit), 11, seed, "cpu", fatal=fatal or {},
        simulation=simulation, record=record, **more,
    )  # fmt: skip
    sink = Collected()
    run = Run(task, sink)
    sink.end = run.run()
    run.close()
    return sink


def simulate(
    script: Sequence[float | Ask], amount: float, unit: str = "evaluations", problem: ProblemInfo = COSTLY,
    optimizer: OptimizerInfo = SCRIPTED, **simulation: float,
) -> Collected:  # fmt: skip
    """A simulated run of a scripted optimizer."""
    Scripted.script = script
    return collect(problem, optimizer, amount, unit, Simulation(**simulation))  # type: ignore[arg-type]
