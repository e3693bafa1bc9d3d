"""What runs inside a Dask worker: it hands the tasks that come to processes of its own, and passes on what they tell.

A task's process is a local one (``executors.local``) with all that this means: one thread, an environment of its own,
watched limits, nothing left behind. It serves one task after the other of a session, so that libraries are imported
once. Where a session's owner is gone, the scheduler cancels its tasks, which is noticed here; idle processes end after
a while in any case.
"""

import pickle
import queue
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import Any, cast

from distributed import Queue, get_client, get_worker, rejoin, secede

from hpobench_tui.executors import devices
from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.cluster.wire import Answered, Letter, Order, Question, Session, Told, sealed
from hpobench_tui.executors.contract import Death, Watch
from hpobench_tui.executors.local import LocalExecutor

TICK_SECONDS = 0.1
TELL_SECONDS = 0.5
"""Between looks at what a task does, and whether it is still wanted."""
IDLE_SECONDS = 20.0
"""After which processes without a task are ended."""
LINGER_SECONDS = 0.1
"""Between messages at least, so that many go together: each costs a millisecond here, and one at the scheduler."""
FORGOTTEN_SECONDS = 600.0
"""After which a session without tasks is let go: its owner may have been killed."""
ATTEMPTS = 3
BEHIND, TOGETHER = 256, 64
"""Messages that may wait to be sent, after which tasks wait; how many are sent together."""
WANTED = ("executing", "long-running")
"""States of a Dask task on a worker that nobody has cancelled."""

_sessions: dict[str, "Serving"] = {}
_access = threading.Lock()


def run(payload: bytes) -> None:
    """The Dask task of an :class:`Order`."""
    order: Order = pickle.loads(payload)
    session = _session(order.session)
    for token, place, task in order.tasks:
        session.serve(order, token, place, task)


def check(payload: bytes) -> None:
    """The Dask task of a :class:`Question`."""
    question: Question = pickle.loads(payload)
    module, _, function = question.check.partition(":")
    against: Callable[[bytes], list[str]] = getattr(import_module(module), function)
    _session(question.session).tell(Answered(question.address, tuple(against(question.what))))


def control(session: str, verb: str, token: int | None, answer: object = None) -> None:
    """Pause, unpause, stop or answer a task, or pause or unpause all: called in the worker's own thread, at once.

    The answer of the latter is which change that is (:class:`.wire.Order`).

    One that is stopped before it has begun, never begins.
    """
    with _access:
        serving = _sessions.get(session)
    if serving is not None:
        serving.control(verb, token, answer)


def leave(session: str, seconds: float) -> None:
    """End a session: its processes have so many seconds to close what they hold."""
    with _access:
        serving = _sessions.pop(session, None)
    if serving is not None:
        serving.close(seconds)


def _session(session: Session) -> "Serving":
    with _access:
        found = _sessions.get(session.id)
    if found is None or found.over:
        owner = Queue(
            session.queue, client=get_client()
        )  # without the lock: this asks the thread that commands come in
        made = Serving(session, owner)
        with _access:
            found = _sessions.get(session.id)
            if found is None or found.over:
                found = _sessions[session.id] = made
                made.start()
        if found is not made:
            made.let_go()
    return found


class Serving:
    """A session on this worker."""

    def __init__(self, session: Session, owner: Queue) -> None:
        self._session, self._owner = session, owner
        self._name = secrets.token_hex(8)
        self._idle: list[tuple[str | None, LocalExecutor[Any, Any]]] = []
        self._gpus = [gpu for gpu, _ in devices.gpus()]
        self._taken: list[str] = []
        self._controls: dict[int, queue.SimpleQueue[tuple[str, object]]] = {}
        self._ahead: dict[int, list[tuple[str, object]]] = {}  # what came before its task
        self._paused, self._changes = False, 0
        self.over = False
        self._used = time.monotonic()
        self._lock = threading.Lock()
        self._waiting: queue.Queue[object] = queue.Queue(BEHIND)

    def start(self) -> None:
        """Begin to send what is told."""
        threading.Thread(target=self._send, daemon=True).start()

    def let_go(self) -> None:
        """Give back the queue, which the scheduler keeps, with all that is in it, until everybody has done so."""
        with suppress(OSError, RuntimeError, ValueError):
            self._owner.close()

    def tell(self, message: object) -> None:
        """Send a message to the owner; waits while too many are on their way."""
        while not self.over:
            with suppress(queue.Full):
                self._waiting.put(message, timeout=TELL_SECONDS)
                return

    def _send(self) -> None:
        try:
            self._send_all()
        finally:  # whatever it was: nobody hears of this session's tasks any more
            self.over = True
            with _access:
                if _sessions.get(self._session.id) is self:
                    del _sessions[self._session.id]
            self.let_go()

    def _send_all(self) -> None:
        sent, number = 0.0, 0
        while not self.over:
            messages: list[object] = []
            with suppress(queue.Empty):
                messages.append(self._waiting.get(timeout=TELL_SECONDS))
                time.sleep(max(0.0, sent + LINGER_SECONDS - time.monotonic()))
                sent = time.monotonic()
                while len(messages) < TOGETHER:
                    messages.append(self._waiting.get_nowait())
            if messages:
                number += 1
                letter = Letter(self._name, number, tuple(messages))
                self.over = self.over or not self._sent(sealed(self._session.key, letter))
            with self._lock:
                unused = 0.0 if self._controls else time.monotonic() - self._used
                idle, self._idle = (self._idle, []) if unused > IDLE_SECONDS else ([], self._idle)
            for _, executor in idle:
                executor.close()
            self.over = self.over or unused > FORGOTTEN_SECONDS

    def _sent(self, message: bytes) -> bool:
        """Whether the scheduler took it."""
        for attempt in range(ATTEMPTS):
            try:
                self._owner.put(message)
            except (OSError, TimeoutError):
                time.sleep(attempt)
            except (RuntimeError, KeyError):  # the queue is gone
                return False
            else:
                return True
        return False

    def control(self, verb: str, token: int | None, answer: object) -> None:
        with self._lock:
            if token is None:
                if self._knows(cast("int", answer)):
                    return  # a later order came before this, and with the next one so do its commands
                self._paused = verb == "pause"
                verb = f"{verb} all"
            for number, commands in self._controls.items():
                if token in (None, number):
                    commands.put((verb, answer))
            if token is not None and token not in self._controls:
                self._ahead.setdefault(token, []).append((verb, answer))

    def _knows(self, changes: int) -> bool:
        """Whether a later pause, or end of one, was heard of already; else this is the last one."""
        later, self._changes = changes < self._changes, max(changes, self._changes)
        return later

    def serve(self, order: Order, token: int, place: str, task: Any) -> None:
        """Work on a task until it has ended, or is not wanted any more."""
        worker, key = get_worker(), get_worker().get_current_task()

        def wanted() -> bool:
            state = worker.state.tasks.get(key)
            return state is not None and state.state in WANTED and not self.over

        commands: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
        with self._lock:
            if not self._knows(order.changes):
                self._paused = order.paused
            ahead = self._ahead.pop(token, ())
            if ("stop", None) in ahead or not wanted():
                return
            self._controls[token] = commands
            for command in ahead:
                commands.put(command)
        gpu, executor = self._take(order, place, worker)
        try:
            self._work(token, task, executor, commands, wanted)
        finally:
            kept = wanted()  # else its owner is gone, most likely, and nobody needs the process
            with self._lock:
                del self._controls[token]
                self._used = time.monotonic()
                if gpu is not None:
                    self._taken.remove(gpu)
                kept = kept and not self.over
                if kept:
                    self._idle.append((gpu, executor))
            if not kept:
                executor.close()

    def _take(self, order: Order, place: str, worker: Any) -> tuple[str | None, LocalExecutor[Any, Any]]:
        """An executor with one place, if possible the one of that name; the least used GPU where one is needed."""
        slots = worker.state.nthreads
        limit = getattr(worker.memory_manager, "memory_limit", None)
        share = int(limit or devices.memory_mb() * 2**20) * 9 // 10 // slots // 2**20
        watch: Watch = replace(order.watch, memory_mb=min(order.watch.memory_mb or share, max(share, 1)))
        with self._lock:
            gpu = min(self._gpus, key=self._taken.count) if order.on_gpu and self._gpus else None
            if gpu is not None:
                self._taken.append(gpu)
            fit = [entry for entry in self._idle if entry[0] == gpu]
            if found := next((entry for entry in fit if entry[1].names == [place]), fit[0] if fit else None):
                self._idle.remove(found)
                found[1].grow(1, watch)
                return found
        gpus = [] if gpu is None else [gpu]
        return gpu, LocalExecutor(self._session.work, 1, gpus, watch, self._session.name)

    def _work(
        self,
        token: int,
        task: Any,
        executor: LocalExecutor[Any, Any],
        commands: "queue.SimpleQueue[tuple[str, object]]",
        wanted: Callable[[], bool],
    ) -> None:
        began = looked = time.monotonic()
        executor.hand_out(task)
        if self._paused:
            executor.pause(True)
        self.tell(_told(token, (), Activity(Phase.LOADING, -1, looked), False, ""))
        seceded = False
        while True:
            reports = tuple(map(_bare, executor.reports(TICK_SECONDS)))
            activities = executor.activities()
            activity = activities[0][1] if activities else Activity(Phase.IDLE, -1, began)
            now = time.monotonic()
            if reports or now - looked > TELL_SECONDS:
                self.tell(_told(token, reports, activity, not activities, "".join(executor.names)))
            if not activities:
                return
            if now - looked > TELL_SECONDS:
                looked = now
                if not wanted():
                    executor.stop(task)
            with suppress(queue.Empty):
                while True:
                    verb, answer = commands.get_nowait()
                    if verb == "stop":
                        executor.stop(task)
                    elif verb == "answer":
                        executor.answer(task, answer)
                    elif verb.endswith("all"):
                        executor.pause(verb == "pause all")
                    else:
                        if seceded and verb == "unpause":
                            rejoin()
                            seceded = False
                        executor.pause(verb == "pause", task)
            if not seceded and executor.free:  # it stands still by itself, so another may have its place
                secede()
                seceded = True

    def close(self, seconds: float) -> None:
        """End all; those between two tasks in up to ``seconds``."""
        self.over = True
        with self._lock:
            idle, self._idle = self._idle, []
        for _, executor in idle:
            executor.close(seconds)


def _bare(report: Any) -> Any:
    """A death without its task, which the owner has, and since when relative to now: clocks are a machine's own."""
    if not isinstance(report, Death):
        return report
    since = report.activity.since - time.monotonic()
    return replace(report, task=None, activity=replace(report.activity, since=since))


def _told(token: int, reports: tuple[Any, ...], activity: Activity, over: bool, place: str) -> Told:
    return Told(token, reports, activity.phase, activity.number, time.monotonic() - activity.since, over, place)
