"""A worker: a process that serves runs, one at a time and one thread each, until its supervisor goes away.

Started as ``python -m hpobench_tui.engine.worker PIPE_FD BOARD_FD``. Three threads: the main one runs the loop, one
sends what happened every ``FLUSH_SECONDS`` (so that a free objective does not pay for a message a trial), one listens
for pauses and ends the process when the supervisor is gone.
"""

import os
import signal
import sys
import threading
from multiprocessing.connection import Connection

from hpobench_tui.engine import devices
from hpobench_tui.engine.activity import Board, Phase
from hpobench_tui.engine.loop import RunLoop
from hpobench_tui.engine.messages import Batch, Cell, Continue, End, Pause, Plan, RunTask

FLUSH_SECONDS = 0.1


class PipeSink:
    """Collects a run's rows and sends them in batches."""

    def __init__(self, connection: Connection, board: Board) -> None:
        self._connection, self._board = connection, board
        self._lock = threading.Lock()
        self._trials: list[tuple[Cell, ...]] = []
        self._reports: list[tuple[Cell, ...]] = []
        self._state: tuple[int, int, float, float, int] = (-1, 0, 0.0, 0.0, 0)
        self._running = threading.Event()
        self._running.set()
        self._careful = False

    def phase(self, phase: Phase, number: int = -1) -> None:
        self._board.write(phase, number)

    def plan(self, plan: Plan) -> None:
        with self._lock:
            self._connection.send(plan)

    def begin(self, careful: bool) -> None:
        """A new run starts; ``careful``: nothing waits for the next batch."""
        self._careful = careful

    def trial(self, row: tuple[Cell, ...], reports: list[tuple[Cell, ...]], loop: RunLoop) -> None:
        with self._lock:
            self._trials.append(row)
            self._reports.extend(reports)
            self._state = (int(row[0] or 0), loop.ledger.spent, loop.clock, loop.optimizer_seconds, loop.failed_trials)
        if self._careful:
            self.flush()

    def pause_if_asked(self) -> None:
        if not self._running.is_set():
            before = self._board.read()
            self._board.write(Phase.PAUSED)
            self._running.wait()
            self._board.write(before.phase, before.number)

    def set_paused(self, paused: bool) -> None:
        if paused:
            self._running.clear()
        else:
            self._running.set()

    def flush(self) -> None:
        with self._lock:
            if not self._trials:
                return
            trials, reports, state = self._trials, self._reports, self._state
            self._trials, self._reports = [], []
            run, spent, clock, optimizer_seconds, failed = state
            self._connection.send(Batch(run, trials, reports, spent, clock, optimizer_seconds, failed))

    def end(self, end: End) -> None:
        self.flush()
        with self._lock:
            self._connection.send(end)


def serve(connection: Connection, board: Board) -> None:
    """Run every task that comes through the pipe."""
    sink = PipeSink(connection, board)
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
    while True:
        arrived.acquire()
        task = tasks.pop(0)
        sink.begin(task.careful)
        threads = threading.active_count()
        loop = RunLoop(task, sink)
        sink.end(loop.run())
        loop.close()
        if threading.active_count() > threads or holds_too_much(task):
            os._exit(0)  # what is left behind would be the next run's trouble; another worker takes over
        board.write(Phase.IDLE)


def holds_too_much(task: RunTask) -> bool:
    """Whether this process holds more than half of what it may."""
    return task.memory_mb is not None and devices.resident_mb(os.getpid()) > task.memory_mb // 2


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the front end
    pipe, board = map(int, sys.argv[1:3])
    serve(Connection(pipe), Board(board))


if __name__ == "__main__":
    main()
