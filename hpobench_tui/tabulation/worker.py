"""What a worker does: in its place at an executor it trains what it is told, in one thread; several trainings together
where the problem is quicker at that, which then share its time.

CPU seconds are the process's own. So that they hold the training alone, the problem's modules are imported beforehand,
and one training is started and dropped, because the first start of a process often loads the data. Between trainings it
becomes again what it was, or leaves so that another takes over (``engine.running.process_state``).
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from math import isfinite
from typing import TypeAlias

from hpobench_tui import plugins
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.describe import describe
from hpobench_tui.core.problem import ManyProblem, Problem, ProblemInfo, Report, Training
from hpobench_tui.core.space import default
from hpobench_tui.engine.running.evaluation import checked, is_interrupt
from hpobench_tui.engine.running.process_state import ProcessState
from hpobench_tui.engine.running.seeding import seed_globals
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Place
from hpobench_tui.tabulation.journal import Record, Row


@dataclass(frozen=True, slots=True)
class Common:
    """What all trainings of the plan have in common."""

    problem: ProblemInfo
    levels: tuple[int, ...]
    stepwise: bool
    device: str


@dataclass(frozen=True, slots=True)
class Job:
    """One training of the plan."""

    common: Common
    configuration: int
    seed: int
    values: Configuration
    training_seed: int


Jobs: TypeAlias = tuple[Job, ...]
"""What is trained together; at least one."""


def train(problem: Problem, job: Job) -> Record:
    """Train a configuration through all levels. What goes wrong is in the record."""
    rows: list[Row] = []
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    common = job.common
    error, at, cost = None, common.levels[0], 0.0
    try:
        training = None
        for level in common.levels:
            at = level
            if training is None or not common.stepwise:
                seed_globals(job.training_seed)
                wall, cpu, cost = time.perf_counter_ns(), time.process_time_ns(), 0.0
                training = problem.start(dict(job.values), job.training_seed, common.device)
            report = checked(training.advance(level))
            seconds = (time.perf_counter_ns() - wall) * 1e-9, (time.process_time_ns() - cpu) * 1e-9
            if not isfinite(report.loss):
                error = f"loss is {report.loss}"
                break
            cost += report.cost or 0.0
            stated = None if report.cost is None else cost
            rows.append(Row(level, report.loss, dict(report.metrics), report.truth, stated, *seconds))
    except BaseException as problem_error:  # contains any failure of an objective
        if is_interrupt(problem_error):
            raise
        error = describe(problem_error)
    if error is None:
        return Record(job.configuration, job.seed, job.values, tuple(rows), rows[-1].wall_seconds, rows[-1].cpu_seconds)
    seconds = (time.perf_counter_ns() - wall) * 1e-9, (time.process_time_ns() - cpu) * 1e-9
    return Record(job.configuration, job.seed, job.values, tuple(rows), *seconds, error, at)


@dataclass(slots=True)
class Member:
    """A training of a group, as far as it is; seconds are its shares of what they took together."""

    job: Job
    training: Training | None = None
    rows: list[Row] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    cost: float = 0.0
    error: str | None = None
    failed_at: int | None = None

    def start(self, problem: Problem, level: int) -> None:
        """Begin anew."""
        seed_globals(self.job.training_seed)
        wall, cpu, self.cost = time.perf_counter(), time.process_time(), 0.0
        try:
            job = self.job
            self.training = problem.start(dict(job.values), job.training_seed, job.common.device)
        except BaseException as error:  # contains any failure of an objective
            if is_interrupt(error):
                raise
            self.error, self.failed_at = describe(error), level
        self.wall, self.cpu = time.perf_counter() - wall, time.process_time() - cpu

    def take(self, level: int, result: Report | BaseException) -> None:
        """Take note of what it reported, or raised."""
        try:
            if isinstance(result, BaseException):
                raise result
            report = checked(result)
        except BaseException as error:  # contains any failure of an objective
            if is_interrupt(error):
                raise
            self.error, self.failed_at = describe(error), level
            return
        if not isfinite(report.loss):
            self.error, self.failed_at = f"loss is {report.loss}", level
            return
        self.cost += report.cost or 0.0
        stated = None if report.cost is None else self.cost
        self.rows.append(Row(level, report.loss, dict(report.metrics), report.truth, stated, self.wall, self.cpu))

    @property
    def record(self) -> Record:
        job = self.job
        error = self.error, self.failed_at
        return Record(job.configuration, job.seed, job.values, tuple(self.rows), self.wall, self.cpu, *error)


def train_together(problem: Problem, many: ManyProblem, jobs: Sequence[Job]) -> list[Record]:
    """As :func:`train`, several. What goes wrong with all of them together is tried one by one."""
    members, common = [Member(job) for job in jobs], jobs[0].common
    joined, together = None, list[Member]()
    try:
        for level in common.levels:
            if anew := joined is None or not common.stepwise:
                for member in members:
                    if member.error is None:
                        member.start(problem, level)
            left = [member for member in members if member.error is None]
            if not left:
                break
            wall, cpu = time.perf_counter(), time.process_time()
            if anew or left != together:
                together = left
                joined = many.join([member.training for member in left if member.training is not None])
            assert joined is not None
            results = joined.advance([level] * len(left))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            for member, result in zip(left, results, strict=True):
                member.wall += wall / len(left)
                member.cpu += cpu / len(left)
                member.take(level, result)
    except BaseException as error:  # contains any failure of an objective
        if is_interrupt(error):
            raise
    else:
        return [member.record for member in members]
    return [train(problem, job) for job in jobs]  # not in the handler: what they raise has causes of its own


def serve(place: Place[Jobs, Record]) -> None:
    """Train every job that comes; all are of one problem."""
    state, problem = ProcessState(), None
    for jobs in place.tasks():
        job = jobs[0]
        place.phase(Phase.LOADING)
        if problem is None:
            plugins.import_needed(job.common.problem)
            problem = plugins.load_problem(job.common.problem)
            with suppress(Exception):  # of that configuration's own; it is no row of the table
                problem.start(default(problem.space()), job.training_seed, job.common.device)
            state.take()  # what loading the problem does is done once in every process
        place.phase(Phase.EVALUATING)
        if len(jobs) > 1 and isinstance(problem, ManyProblem):
            records = copy_context().run(train_together, problem, problem, jobs)
        else:
            records = [copy_context().run(train, problem, each) for each in jobs]
        for record in records[:-1]:
            place.tell(record)
        place.end(records[-1])
        if (left := state.restore()) and left.replace:
            place.leave()
