"""A worker: a process with one thread that trains what it is told, one training at a time.

Started as ``python -m hpobench_tui.tabulation.worker PIPE_FD BOARD_FD``; on the board it says when a training begins.
CPU seconds are the process's own. So that they hold the training alone, the problem's modules are imported beforehand,
and one training is started and dropped, because the first start of a process often loads the data. Between trainings it
becomes again what it was, or says that it has to be replaced (``engine.running.process_state``).
"""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from math import isfinite
from multiprocessing.connection import Connection
from queue import SimpleQueue

from hpobench_tui import plugins
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.describe import describe
from hpobench_tui.core.problem import Problem, ProblemInfo
from hpobench_tui.core.space import default
from hpobench_tui.engine.running.evaluation import checked, is_interrupt
from hpobench_tui.engine.running.process_state import ProcessState
from hpobench_tui.engine.running.seeding import seed_globals
from hpobench_tui.executors.activity import Board, Phase
from hpobench_tui.tabulation.journal import Record, Row


@dataclass(frozen=True, slots=True)
class Job:
    """One training of the plan."""

    configuration: int
    seed: int
    values: Configuration
    training_seed: int


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message to a worker: what all of its jobs have in common."""

    problem: ProblemInfo
    levels: tuple[int, ...]
    stepwise: bool
    device: str


def train(problem: Problem, hello: Hello, job: Job) -> Record:
    """Train a configuration through all levels. What goes wrong is in the record."""
    rows: list[Row] = []
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    error, at, cost = None, hello.levels[0], 0.0
    try:
        training = None
        for level in hello.levels:
            at = level
            if training is None or not hello.stepwise:
                seed_globals(job.training_seed)
                wall, cpu, cost = time.perf_counter_ns(), time.process_time_ns(), 0.0
                training = problem.start(dict(job.values), job.training_seed, hello.device)
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


def serve(connection: Connection, board: Board) -> None:
    """Train every job that comes through the pipe, until the other end closes it."""
    jobs: SimpleQueue[Job] = SimpleQueue()
    hello: Hello = connection.recv()
    plugins.import_needed(hello.problem)

    def listen() -> None:
        while True:
            try:
                jobs.put(connection.recv())
            except (EOFError, OSError):
                os._exit(1)  # nobody would hear of the result

    threading.Thread(target=listen, daemon=True).start()
    state = ProcessState()
    problem = None
    while True:
        job = jobs.get()
        board.write(Phase.LOADING)
        if problem is None:
            problem = plugins.load_problem(hello.problem)
            with suppress(Exception):  # of that configuration's own; it is no row of the table
                problem.start(default(problem.space()), job.training_seed, hello.device)
            state.take()  # what loading the problem does is done once in every process
        board.write(Phase.EVALUATING)
        record = copy_context().run(train, problem, hello, job)
        board.write(Phase.IDLE)
        left = state.restore()
        connection.send((record, left is not None and left.replace))  # another process takes over, if so


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the command
    board = Board(int(sys.argv[2]) if len(sys.argv) > 2 else None)  # one of its own, where nobody looks
    serve(Connection(int(sys.argv[1])), board)


if __name__ == "__main__":
    main()
