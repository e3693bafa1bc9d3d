"""Local worker processes: started with one thread each, watched, replaced when something goes wrong in them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from socket import socketpair

from hpobench_tui.core.experiment import Limits
from hpobench_tui.engine.messages import Continue, Message, Pause, RunTask
from hpobench_tui.executors import devices
from hpobench_tui.executors.activity import Activity, Board, Phase

LOG = "supervisor.log"
WORKER = "hpobench_tui.engine.running.worker"
NICENESS = 10  # screens and shells stay quick while all cores work
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")

WATCHED = {
    Phase.LOADING: "loading the problem or building the optimizer",
    Phase.REPLAYING: "replaying recorded trials",
    Phase.ASKING: "ask",
    Phase.TELLING: "tell",
    Phase.CLOSING: "close",
}


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that ended, or was ended, while it had a task.

    ``activity`` is what it was doing; ``reason`` says what happened for a person; ``sudden``: by itself, so that what
    it did in its last moments may not have been sent.
    """

    activity: Activity
    reason: str
    sudden: bool


@dataclass(eq=False)
class Worker:
    """One worker process. ``task`` is what it runs at the moment."""

    log: Path
    gpu: str | None
    board: Board = field(init=False)
    connection: Connection = field(init=False)
    task: RunTask | None = field(init=False, default=None)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.board = Board()
        ours, theirs = socketpair()
        with theirs, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    WORKER,
                    str(theirs.fileno()),
                    str(self.board.fd),
                ],
                pass_fds=(theirs.fileno(), self.board.fd),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(self.gpu),
                preexec_fn=_lower_priority,
            )
        self.connection = Connection(ours.detach())

    def start(self, task: RunTask) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # it died while idle: `death` says so
            self.connection.send(task)

    def pause(self, paused: bool) -> None:
        with contextlib.suppress(OSError):  # likewise
            self.connection.send(Pause() if paused else Continue())

    def receive(self) -> list[Message]:
        """All messages that wait in the pipe."""
        messages: list[Message] = []
        with contextlib.suppress(EOFError, OSError):  # `death` says so
            while self.connection.poll():
                messages.append(self.connection.recv())
        return messages

    def death(self, limits: Limits, memory_mb: int) -> Death | None:
        """Whether it died by itself, or has to be ended for a hang or for eating the memory (it then is)."""
        activity = self.board.read()
        code = self._process.poll()
        if code is not None:
            how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
            return Death(activity, f"its process was {how}" if code < 0 else f"its process {how}", True)
        seconds = time.monotonic() - activity.since
        reason = None
        if activity.phase is Phase.EVALUATING and seconds > limits.trial_seconds:
            reason = f"timeout: the evaluation took more than {limits.trial_seconds:g} s"
        elif activity.phase in WATCHED and seconds > limits.ask_seconds:
            reason = f"timeout: {WATCHED[activity.phase]} did not return within {limits.ask_seconds:g} s"
        elif (used := devices.resident_mb(self._process.pid)) > memory_mb:
            reason = f"out of memory: its process held {used} MB, the limit is {memory_mb} MB"
        if reason is None:
            return None
        self.kill()
        return Death(activity, reason, False)

    def is_closing(self) -> bool:
        """Whether its last run has ended, but its optimizer is still being closed, or will be in a moment."""
        return self._process.poll() is None and self.board.read().phase is not Phase.IDLE

    def kill(self) -> None:
        """End the process for good; messages that it sent before stay readable."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Release the pipe and the board of a process that ended."""
        self.connection.close()
        self.board.close()


def environment(gpu: str | None) -> dict[str, str]:
    """The environment of a worker: one thread, reproducible hashing, large blocks kept by the allocator."""
    result = dict(os.environ)
    result.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    result["PYTHONHASHSEED"] = "0"
    result["PYTHONUNBUFFERED"] = "1"
    # glibc gives big temporaries back to the kernel at every step; keeping them makes training 2-2.8 times faster.
    result.setdefault("MALLOC_TRIM_THRESHOLD_", str(2**30))
    result.setdefault("MALLOC_MMAP_THRESHOLD_", str(2**30))
    result["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # deterministic cuBLAS
    if gpu is not None:
        result["CUDA_VISIBLE_DEVICES"] = gpu
    return result


def _lower_priority() -> None:
    os.nice(NICENESS)


def wait(workers: list[Worker], seconds: float) -> None:
    """Return when a worker has something to say, or after ``seconds``."""
    busy = [w.connection for w in workers if w.task is not None]
    if busy:
        wait_for(busy, seconds)
    else:
        time.sleep(seconds)
