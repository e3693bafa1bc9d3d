"""Processes of this machine as an executor: started with one thread each, watched, replaced when something goes wrong.

Tasks and messages go through a pipe (``executors.process`` is at its other end); what a process is doing stands in
memory that outlives it (``executors.activity``).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from socket import socketpair
from typing import Generic

from hpobench_tui.executors import devices
from hpobench_tui.executors.activity import Activity, Board, Phase
from hpobench_tui.executors.contract import Death, Message, Task, Watch

PROCESS = "hpobench_tui.executors.process"
NICENESS = 10  # screens and shells stay quick while all cores work
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
CANCELLED = "it was cancelled"


class Worker(Generic[Task, Message]):
    """One process from the outside. ``task`` is what it works on at the moment. It prints to our standard error."""

    def __init__(self, work: str, gpu: str | None) -> None:
        self.gpu = gpu
        self.task: Task | None = None
        self._handed = 0.0
        self._board = Board()
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", PROCESS, work, str(theirs.fileno()), str(self._board.fd)],
                pass_fds=(theirs.fileno(), self._board.fd),
                stdin=subprocess.DEVNULL,
                stdout=2,
                env=environment(gpu),
                preexec_fn=partial(os.nice, NICENESS),
            )
        self.connection = Connection(ours.detach())

    def start(self, task: Task) -> None:
        self.task, self._handed = task, time.monotonic()
        self.send(None, task)

    def send(self, paused: bool | None, task: Task | None) -> None:
        """A task (``paused`` is None then), or whether to pause."""
        with contextlib.suppress(OSError):  # it died while idle: `death` says so
            self.connection.send((paused, task))

    def receive(self) -> list[Message]:
        """All messages that wait in the pipe; with the last one of a task, the worker is free."""
        messages: list[Message] = []
        with contextlib.suppress(EOFError, OSError):  # `death` says so
            while self.connection.poll():
                last, message = self.connection.recv()
                messages.append(message)
                if last:
                    self.task = None
        return messages

    def activity(self) -> Activity:
        """What it does; a task that it has not noticed yet, it has been idle over since that was handed out."""
        activity = self._board.read()
        return replace(activity, since=max(activity.since, self._handed)) if activity.phase is Phase.IDLE else activity

    def death(self, task: Task, watch: Watch) -> Death[Task] | None:
        """Whether it died by itself, or has to be ended for a hang or for eating the memory (it then is)."""
        activity = self.activity()
        code = self._process.poll()
        if code is not None:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
            return Death(task, activity, f"its process {how}", True)
        limit = watch.limits.get(activity.phase)
        if limit is not None and time.monotonic() - activity.since > limit.seconds:
            reason = limit.reason
        elif (used := devices.resident_mb(self._process.pid)) > watch.memory_mb:
            reason = f"out of memory: its process held {used} MB, the limit is {watch.memory_mb} MB"
        else:
            return None
        self.kill()
        return Death(task, activity, reason, False)

    def is_closing(self) -> bool:
        """Whether its last task has ended, but it still has something to close."""
        return self._process.poll() is None and self._board.read().phase is not Phase.IDLE

    def kill(self) -> None:
        """End the process for good; messages that it sent before stay readable."""
        self._process.kill()
        self._process.wait()

    def release(self) -> None:
        """Give back the pipe and the board of a process that ended."""
        self.connection.close()
        self._board.close()


class LocalExecutor(Generic[Task, Message]):
    """An ``executors.contract.Executor``.

    Processes are started as tasks come; one that dies while idle is noticed when it has the next one.

    Args:
        work: ``module:function``, called in each process with its place.
        places: How many processes at most.
        gpus: Ids of those that they share; each process has one, the least used.
        watch: When one is given up.
    """

    def __init__(self, work: str, places: int, gpus: Sequence[str], watch: Watch) -> None:
        self._work, self._places, self._gpus, self._watch = work, places, gpus, watch
        self._workers: list[Worker[Task, Message]] = []

    @property
    def free(self) -> int:
        return self._places - sum(worker.task is not None for worker in self._workers)

    def hand_out(self, task: Task) -> str | None:
        worker = next((w for w in self._workers if w.task is None), None)
        if worker is None:
            taken = [w.gpu for w in self._workers]
            worker = Worker(self._work, min(self._gpus, key=taken.count) if self._gpus else None)
            self._workers.append(worker)
        worker.start(task)
        return worker.gpu

    def reports(self, seconds: float) -> list[Message | Death[Task]]:
        wait_for([worker.connection for worker in self._workers if worker.task is not None], seconds)
        return [report for worker in list(self._workers) for report in self._attend(worker)]

    def _attend(self, worker: Worker[Task, Message]) -> list[Message | Death[Task]]:
        death = worker.death(worker.task, self._watch) if worker.task is not None else None
        reports: list[Message | Death[Task]] = [*worker.receive()]  # after the look for death: what it told last counts
        if death is not None:
            self._workers.remove(worker)
            worker.release()
            if worker.task is not None:
                reports.append(death)
        return reports

    def activities(self) -> list[tuple[Task, Activity]]:
        return [(worker.task, worker.activity()) for worker in self._workers if worker.task is not None]

    def pause(self, paused: bool) -> None:
        for worker in self._workers:
            worker.send(paused, None)

    def close(self, seconds: float = 0.0) -> list[Message | Death[Task]]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(w.is_closing() for w in self._workers if w.task is None):
            time.sleep(0.01)
        reports: list[Message | Death[Task]] = []
        while self._workers:
            worker = self._workers.pop(0)
            reports += worker.receive()  # while it is whole
            worker.kill()
            if worker.task is not None:
                reports.append(Death(worker.task, worker.activity(), CANCELLED, False))
            worker.release()
        return reports


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
