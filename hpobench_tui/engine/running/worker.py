"""A worker: a process that serves runs, one at a time and one thread each, until its supervisor goes away.

Between runs it becomes again what it was, or ends itself so that another takes over (``engine.running.process_state``).

Started as ``python -m hpobench_tui.engine.running.worker PIPE_FD BOARD_FD``. Three threads: the main one runs the
loop, one sends what happened every ``FLUSH_SECONDS`` (so that a free objective does not pay for a message a trial), one
listens for pauses and ends the process when the supervisor is gone.
"""

import ctypes
import gc
import marshal
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import TypeAlias

from hpobench_tui.core.columns import Row
from hpobench_tui.engine.messages import Batch, Continue, Diverged, End, Left, Pause, Plan, RunTask
from hpobench_tui.engine.running.books import Books
from hpobench_tui.engine.running.process_state import LIBRARIES, Before, ImportWatch, ProcessState
from hpobench_tui.engine.running.recorder import Rows
from hpobench_tui.engine.running.run import Run
from hpobench_tui.engine.running.seeding import seed_torch
from hpobench_tui.executors import devices
from hpobench_tui.executors.activity import Board, Phase

FLUSH_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
State: TypeAlias = tuple[int, int, int, float, float, int]


class PipeSink:
    """Collects a run's rows and sends them in batches."""

    def __init__(self, connection: Connection, board: Board, state: ProcessState) -> None:
        self._connection, self._board = connection, board
        self.phase = board.write
        self.imported = state.imported
        self._lock = threading.Lock()
        self._rows: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
        self._state: State | None = None
        self._running = threading.Event()
        self._running.set()
        self._careful = False
        self._started = 0.0

    def plan(self, plan: Plan) -> None:
        with self._lock:
            self._connection.send(plan)

    def begin(self, task: RunTask) -> None:
        """A new run starts; if it is a careful one, nothing waits for the next batch."""
        self._careful = task.careful
        self._started = time.perf_counter() - task.seconds

    def trial(self, row: Row | None, progress: Rows, reports: Rows, books: Books) -> None:
        with self._lock:
            trials, progresses, curves = self._rows
            if row is not None:
                trials.append(row)
            if progress:
                progresses.extend(progress)
            if reports:
                curves.extend(reports)
            recorder, spent, clock = books.recorder, books.ledger.spent, books.clock
            self._state = (
                books.run_id, recorder.trials, spent, clock, books.optimizer_seconds, recorder.failed_trials
            )  # fmt: skip
        if self._careful:
            self.flush()

    def pause_if_asked(self) -> None:
        if not self._running.is_set():
            before, since = self._board.read(), time.perf_counter()
            self._board.write(Phase.PAUSED)
            self._running.wait()
            self._started += time.perf_counter() - since
            self._board.write(before.phase, before.number)

    def set_paused(self, paused: bool) -> None:
        if paused:
            self._running.clear()
        else:
            self._running.set()

    def flush(self) -> None:
        with self._lock:
            if self._state is None:
                return
            rows, state = self._rows, self._state
            self._rows, self._state = ([], [], []), None
            seconds = time.perf_counter() - self._started
            self._connection.send(Batch(state[0], marshal.dumps(rows), *state[1:], seconds))

    def end(self, end: End | Diverged) -> None:
        self.flush()
        with self._lock:
            self._connection.send(end)

    def left(self, left: Left) -> None:
        with self._lock:
            self._connection.send(left)


def serve(connection: Connection, board: Board) -> None:
    """Run every task that comes through the pipe."""
    state = ProcessState()
    sink = PipeSink(connection, board, state)
    tasks: list[RunTask] = []
    arrived = threading.Semaphore(0)

    def listen() -> None:
        while True:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                os._exit(1)  # the supervisor is gone: nobody would hear of the results
            if isinstance(message, (Pause, Continue)):
                sink.set_paused(isinstance(message, Pause))
            else:
                tasks.append(message)
                arrived.release()

    def flush_regularly() -> None:
        tick = threading.Event()
        while True:
            tick.wait(FLUSH_SECONDS)
            try:
                sink.flush()
            except OSError:
                os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    threading.Thread(target=flush_regularly, daemon=True).start()
    state.take()  # with the threads that are ours

    def imported(module: str, before: Before) -> None:
        if module == "torch":
            seed_torch()
        state.fresh(module, before)

    sys.meta_path.insert(0, ImportWatch(LIBRARIES, state.importing, imported))
    while True:
        arrived.acquire()
        task = tasks.pop(0)
        if not state.fits(task.problem, task.optimizer):
            board.write(Phase.CLOSING)
            os._exit(0)  # another worker takes over
        sink.begin(task)
        serve_run(task, sink)
        left = state.restore()
        if left:
            sink.left(Left(task.run, f"{left.what}; {'its process was replaced' if left.replace else 'put back'}"))
        if (left and left.replace) or holds_too_much(task):
            os._exit(0)
        board.write(Phase.IDLE)


def serve_run(task: RunTask, sink: PipeSink) -> None:
    """Run it and tell its end."""
    run = Run(task, sink)
    sink.end(run.run())
    run.close()


def holds_too_much(task: RunTask) -> bool:
    """Whether this process holds more than half of what it may."""
    return task.memory_mb is not None and devices.resident_mb(os.getpid()) > task.memory_mb // 2


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the front end
    gc.set_threshold(50_000, 20, 20)  # rows are many and hold no cycles: looking for some took a tenth of the time
    if sys.platform == "linux":  # what a run's child processes leave behind becomes ours, where it can be found
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    pipe, board = map(int, sys.argv[1:3])
    serve(Connection(pipe), Board(board))


if __name__ == "__main__":
    main()
