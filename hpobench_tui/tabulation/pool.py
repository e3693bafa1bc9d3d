"""Worker processes, each with one thread: handed trainings in order, watched, replaced when one dies or hangs.

A training whose process dies, takes longer than the limit or eats the memory is recorded as failed, with the reason.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from socket import socketpair

from hpobench_tui.executors import devices
from hpobench_tui.executors.activity import Board, Phase
from hpobench_tui.executors.local import NICENESS, environment
from hpobench_tui.tabulation.journal import Record
from hpobench_tui.tabulation.worker import Hello, Job

TICK_SECONDS = 0.5
LOADING_SECONDS = 300.0
"""At least, for imports and for the data."""


class Worker:
    """One process and the job it has."""

    def __init__(self, hello: Hello, gpu: str | None) -> None:
        self.job: Job | None = None
        self.last = False
        self._board = Board()
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "hpobench_tui.tabulation.worker",
                    str(theirs.fileno()),
                    str(self._board.fd),
                ],
                pass_fds=(theirs.fileno(), self._board.fd),
                stdin=subprocess.DEVNULL,
                stdout=2,  # what the problem prints is no output of the command
                env=environment(gpu),
                preexec_fn=_lower_priority,
            )
        self.gpu = gpu
        self.connection = Connection(ours.detach())
        with contextlib.suppress(OSError):  # `trouble` says so
            self.connection.send(hello)

    def start(self, job: Job) -> None:
        self.job = job
        self._board.write(Phase.LOADING)
        with contextlib.suppress(OSError):  # likewise
            self.connection.send(job)

    def result(self) -> Record | None:
        """The finished training, if there is one. ``last`` says whether the process has to be replaced now."""
        with contextlib.suppress(EOFError, OSError):
            if self.connection.poll():
                record: Record
                record, self.last = self.connection.recv()
                return record
        return None

    def trouble(self, seconds: float, memory_mb: int) -> str | None:
        """Why the process cannot go on (it is killed then; a result that it sent stays readable), or None."""
        reason = None
        if (code := self._process.poll()) is not None:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
            reason = f"its process {how}"
        elif self.seconds() > (seconds if self._trains() else max(seconds, LOADING_SECONDS)):
            doing = f"took more than {seconds:g} s" if self._trains() else "did not begin, as its problem did not load"
            reason = f"timeout: the training {doing}"
        elif (used := devices.resident_mb(self._process.pid)) > memory_mb:
            reason = f"out of memory: its process held {used} MB, the limit is {memory_mb} MB"
        if reason is not None:
            self._kill()
        return reason

    def lost(self, reason: str, level: int) -> Record:
        """The record of its training, which failed on the way to the first ``level`` for all that is known."""
        job = self.job
        if job is None:
            raise RuntimeError("the worker has no training")
        return Record(job.configuration, job.seed, job.values, (), self.seconds(), None, reason, level)

    def seconds(self) -> float:
        """How long it has been training, or loading what it needs for that."""
        return time.monotonic() - self._board.read().since

    def _trains(self) -> bool:
        return self._board.read().phase is Phase.EVALUATING

    def end(self) -> None:
        self._kill()
        self.connection.close()
        self._board.close()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


def train_all(
    jobs: Iterable[Job], hello: Hello, workers: int, limit_seconds: float, memory_mb: int, gpus: list[str]
) -> Generator[Record, None, None]:
    """Train all jobs on ``workers`` processes; records come as trainings finish. Closing the iterator ends them."""
    waiting = iter(jobs)
    pool: list[Worker] = []
    try:
        for number in range(workers):
            if (job := next(waiting, None)) is None:
                break
            pool.append(Worker(hello, gpus[number % len(gpus)] if gpus else None))
            pool[-1].start(job)
        while pool:
            wait_for([worker.connection for worker in pool], TICK_SECONDS)
            for worker in list(pool):
                record, dead = worker.result(), False
                if record is None:
                    reason = worker.trouble(limit_seconds, memory_mb)
                    if reason is None or worker.job is None:
                        continue
                    record, dead = worker.result() or worker.lost(reason, hello.levels[0]), True
                dead |= worker.last
                job = next(waiting, None)
                if dead or job is None:
                    pool.remove(worker)
                    worker.end()
                if job is not None:
                    if dead:
                        pool.append(worker := Worker(hello, worker.gpu))
                    worker.start(job)
                yield record
    finally:
        for worker in pool:
            worker.end()


def _lower_priority() -> None:
    os.nice(NICENESS)
