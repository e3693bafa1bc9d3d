"""What a worker does: in its place at an executor it trains what it is told, one training at a time, in one thread.

CPU seconds are the process's own. So that they hold the training alone, the problem's modules are imported beforehand,
and one training is started and dropped, because the first start of a process often loads the data. Between trainings it
becomes again what it was, or leaves so that another takes over (``engine.running.process_state``).
"""

import time
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from math import isfinite

from hpobench_tui import plugins
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.describe import describe
from hpobench_tui.core.problem import Problem, ProblemInfo
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


def serve(place: Place[Job, Record]) -> None:
    """Train every job that comes; all are of one problem."""
    state, problem = ProcessState(), None
    for job in place.tasks():
        place.phase(Phase.LOADING)
        if problem is None:
            plugins.import_needed(job.common.problem)
            problem = plugins.load_problem(job.common.problem)
            with suppress(Exception):  # of that configuration's own; it is no row of the table
                problem.start(default(problem.space()), job.training_seed, job.common.device)
            state.take()  # what loading the problem does is done once in every process
        place.phase(Phase.EVALUATING)
        place.end(copy_context().run(train, problem, job))
        if (left := state.restore()) and left.replace:
            place.leave()
