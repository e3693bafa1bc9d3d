"""Processes of this machine as an executor: started with one thread each, watched, replaced when something goes wrong.

Tasks and messages go through a pipe (``executors.process`` is at its other end); what a process is doing stands in
memory that outlives it (``executors.activity``). With a process ends what it has started (``executors.family``).
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from socket import socketpair
from typing import Generic, cast
from uuid import uuid4

from hpobench_tui.executors import devices, family
from hpobench_tui.executors.activity import Activity, Board, Phase
from hpobench_tui.executors.contract import Cause, Death, Message, Task, Watch
from hpobench_tui.executors.pipe import Garbled, Pipe
from hpobench_tui.executors.standstill import Standstill

PROCESS = "hpobench_tui.executors.process"
NICENESS = 10  # screens and shells stay quick while all cores work
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
CANCELLED = "it was cancelled"
CRASHES = {
    signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGSYS, signal.SIGTRAP,
    signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGPIPE, signal.SIGXCPU, signal.SIGXFSZ,
}  # fmt: skip
"""Signals that a process brings upon itself."""
LOOK_SECONDS, COUNT_SECONDS = 0.05, 0.5
"""Between looks at workers, and at what their children hold."""
LOOK_SECONDS_EACH = 0.0005
"""Of a worker, where there are very many: a look takes 0.06 ms."""
LEAVE_SECONDS = 2.0
"""Between the end of a worker's pipe and its own."""


class Worker(Generic[Task, Message]):
    """One process from the outside. ``task`` is what it works on at the moment. It prints to our standard error.

    Args:
        mark: In its environment, and so in that of what it starts (``executors.family``).
        niceness: By how much it is nicer than this process.
    """

    def __init__(self, work: str, gpu: str | None, mark: str, niceness: int) -> None:
        self.gpu = gpu
        self.task: Task | None = None
        self.aside = False
        self.mark = mark
        self._handed = 0.0
        self._board = Board()
        self._since = self._excused = self._stopped = 0.0
        self._left_at = self._counted_at = 0.0
        self._garbled = ""
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", PROCESS, work, str(theirs.fileno()), str(self._board.fd)],
                pass_fds=(theirs.fileno(), self._board.fd),
                stdin=subprocess.DEVNULL,
                stdout=2,
                env=environment(gpu) | {family.MARK: mark},
                process_group=0,  # `kill 0`, as scripts end what they have started, reaches nobody else
                preexec_fn=partial(os.nice, niceness)
                if niceness
                else None,  # a worker has threads; it is not safe there
            )
        self.pipe = Pipe(ours)
        self.pid = self._process.pid

    def start(self, task: Task) -> None:
        self.task, self._handed = task, time.monotonic()
        if self.aside:  # the one before ended before it was paused
            self.put_aside(False)
        self.send(None, task)

    def put_aside(self, aside: bool) -> None:
        """Let its task alone stand still, or go on."""
        self.aside = aside
        self.send(aside, None)

    @property
    def busy(self) -> bool:
        """Whether it takes up a place."""
        return self.task is not None and not (self.aside and self._board.read().phase is Phase.PAUSED)

    def send(self, paused: bool | None, task: Task | None) -> None:
        """A task (``paused`` is None then), or whether to pause."""
        self.pipe.send((paused, task))

    def receive(self) -> list[Message]:
        """All messages that have come; with the last one of a task, the worker is free."""
        messages: list[Message] = []
        try:
            for last, message in cast("Iterator[tuple[bool, Message]]", self.pipe.receive()):
                messages.append(message)
                if last:
                    self.task = None
        except Garbled as error:
            self._garbled = self._garbled or str(error)
        return messages

    def activity(self) -> Activity:
        """What it does; a task that it has not noticed yet, it has been idle over since that was handed out."""
        activity = self._board.read()
        return replace(activity, since=max(activity.since, self._handed)) if activity.phase is Phase.IDLE else activity

    def end(self) -> tuple[str, Cause] | None:
        """Why it is gone, if it is, or cannot be understood any more."""
        code = self._process.poll()
        if self._garbled:
            return f"its process, or one that it started, wrote into the connection: {self._garbled}", Cause.CRASH
        if code is None and self.pipe.ended:
            self._left_at = self._left_at or time.monotonic()
            if time.monotonic() - self._left_at > LEAVE_SECONDS:
                return "its process closed the connection to the program", Cause.CRASH
        if code is None:
            return None
        if code >= 0:
            return f"its process exited with code {code}", Cause.CRASH
        try:
            name = signal.Signals(-code).name
        except ValueError:  # a real-time signal
            name = f"signal {-code}"
        if -code in CRASHES:
            return f"its process crashed: {name}", Cause.CRASH
        return f"its process was killed by {name}", Cause.OUTSIDE

    def excuse(self, seconds: float) -> None:
        """Time in which it may have stood still, which no limit counts."""
        self._excused += seconds

    def fault(self, watch: Watch, passed: float) -> tuple[str, Cause] | None:
        """Why it has to be ended, if it has.

        Args:
            passed: Seconds since the last look.
        """
        activity = self.activity()
        if activity.since != self._since:
            self._since, self._stopped = activity.since, 0.0
            self._excused = min(self._excused, time.monotonic() - activity.since)
        if stopped := family.is_stopped(self.pid):
            self._stopped += passed
        limit = watch.limits.get(activity.phase)
        if limit is not None:
            lasted = time.monotonic() - activity.since - self._excused
            if lasted - self._stopped > limit.seconds:
                return limit.reason, Cause.LIMIT
            if stopped and self._stopped > limit.seconds:
                return f"its process was stopped for more than {limit.seconds:g} s", Cause.OUTSIDE
        if (used := self._memory_mb(watch.memory_mb)) > watch.memory_mb:
            return f"out of memory: its process held {used} MB, the limit is {watch.memory_mb} MB", Cause.LIMIT
        return None

    def _memory_mb(self, limit: int) -> int:
        """What it and, now and then, all that it has started hold."""
        own = devices.resident_mb(self.pid)
        if own > limit or time.monotonic() - self._counted_at < COUNT_SECONDS:
            return own
        self._counted_at = time.monotonic()
        tree = family.descendants([self.pid])
        if len(tree) == 1 or sum(map(devices.resident_mb, tree)) <= limit:
            return own
        return sum(map(devices.proportional_mb, tree))  # what they share, once

    def is_closing(self) -> bool:
        """Whether its last task has ended, but it still has something to close."""
        return self._process.poll() is None and self._board.read().phase is not Phase.IDLE

    def kill(self) -> None:
        """End the process for good; messages that it sent before stay readable."""
        self._process.kill()
        self._process.wait()

    def release(self) -> None:
        """Give back the pipe and the board of a process that ended."""
        self.pipe.close()
        self._board.close()


class LocalExecutor(Generic[Task, Message]):
    """An ``executors.contract.Executor``.

    Processes are started as tasks come. A *keeper* ends them, and what they have started, should this process be gone.

    Args:
        work: ``module:function``, called in each process with its place.
        places: How many processes at most.
        gpus: Ids of those that they share; each process has one, the least used.
        watch: When one is given up.
        name: Of the work as a whole, for :func:`sweep`.
        within: This process is itself a worker, which has the mark of its executor: what it starts belongs to both, and
            it may have other children.
    """

    def __init__(
        self, work: str, places: int, gpus: Sequence[str], watch: Watch, name: str = "", within: bool = False
    ) -> None:
        self._work, self._places, self._gpus, self._watch = work, places, gpus, watch
        self._within = within
        self._mark = f"{family.own_mark() if within else family.mark_of(name)}{uuid4().hex}-"
        self._workers: list[Worker[Task, Message]] = []
        self._early: list[Message | Death[Task]] = []
        self._made = 0
        self._keeper: subprocess.Popen[bytes] | None = None
        self._standstill = Standstill()
        self._looked = time.monotonic()

    @property
    def free(self) -> int:
        return self._places - sum(worker.busy for worker in self._workers)

    @property
    def names(self) -> list[str]:
        """Of the places that there are by now."""
        return [str(worker.pid) for worker in self._workers]

    @property
    def stood_still(self) -> float:
        return self._standstill.seconds

    def grow(self, places: int, watch: Watch) -> None:
        self._places, self._watch = max(places, self._places), watch

    def hand_out(self, task: Task, place: str = "") -> str | None:
        worker = self._idle(place) or self._start()
        worker.start(task)
        return worker.gpu

    def answer(self, task: Task, answer: object) -> None:
        for worker in self._workers:
            if worker.task is task:
                worker.pipe.send((None, answer))

    def _idle(self, place: str) -> Worker[Task, Message] | None:
        """One that has no task, and lives: that of the name, or the first."""
        idle = [worker for worker in self._workers if worker.task is None]
        for worker in sorted(idle, key=lambda worker: str(worker.pid) != place):
            self._early += self._attend(worker, look=False)  # it may have died since
            if worker in self._workers:
                return worker
        return None

    def _start(self) -> Worker[Task, Message]:
        if self._keeper is None or self._keeper.poll() is not None:
            leader = os.getpid() if os.getsid(0) == os.getpid() else 0
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", family.__file__, str(leader), self._mark],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        taken = [worker.gpu for worker in self._workers]
        gpu = min(self._gpus, key=taken.count) if self._gpus else None
        niceness = 0 if self._within else NICENESS
        worker: Worker[Task, Message] = Worker(self._work, gpu, f"{self._mark}{self._made}-", niceness)
        self._made += 1
        self._workers.append(worker)
        return worker

    def reports(self, seconds: float) -> list[Message | Death[Task]]:
        self._wait(0.0 if self._early else seconds)
        now = time.monotonic()
        if lost := self._standstill.looked(seconds):
            self._looked += lost
            for worker in self._workers:
                worker.excuse(lost)
        look = now - self._looked >= max(LOOK_SECONDS, LOOK_SECONDS_EACH * len(self._workers))
        found, self._early = self._early, []
        for worker in list(self._workers):
            found += self._attend(worker, look)
        if look:
            self._looked = now
        return found

    def _wait(self, seconds: float) -> None:
        poll, workers = select.poll(), {}
        for worker in self._workers:
            if events := worker.pipe.events:
                poll.register(worker.pipe, events)
                workers[worker.pipe.fileno()] = worker
        if not workers:
            time.sleep(seconds)
        for descriptor, event in poll.poll(seconds * 1000) if workers else ():
            if event & select.POLLOUT:
                workers[descriptor].pipe.push()

    def _attend(self, worker: Worker[Task, Message], look: bool) -> list[Message | Death[Task]]:
        end, activity = worker.end(), worker.activity()
        if end is None and look and worker.task is not None:
            end = worker.fault(self._watch, time.monotonic() - self._looked)
        if end is not None:
            self._bury([worker])
        reports: list[Message | Death[Task]] = [*worker.receive()]  # after its end: what it told last counts
        if end is not None:
            self._workers.remove(worker)
            worker.release()
            if worker.task is not None:
                reports.append(Death(worker.task, activity, *end))
        return reports

    def _bury(self, workers: Sequence[Worker[Task, Message]]) -> None:
        """End them and all that they have started."""
        started = family.descendants([worker.pid for worker in workers])
        for worker in workers:
            worker.kill()
        marks = [worker.mark for worker in workers]

        def left() -> set[int]:
            marked = {pid for mark in marks for pid in family.marked(mark)}
            return marked | started | self._strays()

        family.end(left)

    def _strays(self) -> set[int]:
        """What was left to this process by workers that died: where it takes in such, and starts nothing else."""
        if self._within or not family.adopts():
            return set()
        ours = {worker.pid for worker in self._workers} | ({self._keeper.pid} if self._keeper else set())
        return family.children() - ours

    def activities(self) -> list[tuple[Task, Activity]]:
        return [(worker.task, worker.activity()) for worker in self._workers if worker.task is not None]

    def pause(self, paused: bool, task: Task | None = None) -> None:
        for worker in self._workers:
            if task is not None and worker.task is task:
                worker.put_aside(paused)
            elif task is None and not worker.aside:
                worker.send(paused, None)

    def stop(self, task: Task) -> None:
        for worker in self._workers:
            if worker.task is task:
                worker.kill()  # it is found out with the next look

    def close(self, seconds: float = 0.0) -> list[Message | Death[Task]]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(w.is_closing() for w in self._workers if w.task is None):
            time.sleep(0.01)
        workers, reports = self._workers, self._early
        if workers:
            self._bury(workers)
        self._workers, self._early = [], []
        for worker in workers:
            reports += worker.receive()
            if worker.task is not None:
                reports.append(Death(worker.task, worker.activity(), CANCELLED, Cause.OUTSIDE))
            worker.release()
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.communicate()
            self._keeper = None
        return reports


def sweep(name: str) -> int:
    """End what is left of an earlier executor of that name, which was killed with all that should have done so.

    How many processes that were.
    """
    return len(family.end(lambda: family.marked(family.mark_of(name))))


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
