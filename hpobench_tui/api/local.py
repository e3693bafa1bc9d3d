"""An experiment whose runs are made in this process, one after the other, or in processes forked from it.

It does what a supervisor and its workers do (``engine``), with the same loop, books and store; a reader sees no
difference. What they promise against code that hangs it cannot: nothing is given up. Code that takes its process down
takes this one down, or costs its trial where processes are forked.

Ctrl-C takes effect inside the function or the optimizer, or before the next trial: never while something is written.
"""

import os
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any, NoReturn

from hpobench_tui.api.watch import Show, standing
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.engine.messages import Batch, Diverged, End, Fatal, Left, Message, PlannedBrackets, Recorded, RunTask
from hpobench_tui.engine.running.run import Run
from hpobench_tui.engine.running.worker import PipeSink
from hpobench_tui.executors.activity import Activity, Board, Phase
from hpobench_tui.own_files import FOLDER
from hpobench_tui.store import failure, lock, trouble
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.store.writer import Writer

LOOK_SECONDS = 0.2
"""Between two looks at commands, and two transactions."""
INSIDE = (Phase.LOADING, Phase.REPLAYING, Phase.ASKING, Phase.EVALUATING, Phase.TELLING)
"""Where somebody else's code works, which can be left at any moment: nothing is written then."""


MOST_DEATHS = 10
"""Of the processes of one run."""
NOTHING_FATAL: Mapping[int, Fatal] = MappingProxyType({})


class Cancelled(KeyboardInterrupt):
    """Somebody asked for it: Ctrl-C, or another front end."""


class Local:
    """Runs what is unfinished of an experiment, once.

    Args:
        problems, optimizers: By the names that the store has for them.
        workers: Processes to fork; None: this one works.
        show: Is told how far it is.
    """

    def __init__(
        self, folder: Path, problems: Mapping[str, ProblemInfo], optimizers: Mapping[str, OptimizerInfo],
        workers: int | None, show: Show,
    ) -> None:  # fmt: skip
        self._folder, self._problems, self._optimizers = folder, problems, optimizers
        self._workers, self._show = workers, show
        self._paused = False
        self._restarted: set[int] = set()
        self._due = 0.0

    def run(self) -> bool:
        """To the end; False if it was cancelled.

        Raises:
            HpobenchError: somebody works on it already, or it cannot be written.
        """
        try:
            descriptor = lock.acquire(self._folder)
        except OSError as error:
            raise HpobenchError(f"cannot work in {self._folder}: {failure.told(error, self._folder)}.") from None
        if descriptor is None:
            raise HpobenchError(f"{self._folder} is running already.")
        os.set_inheritable(descriptor, False)
        words = "its Python process ended"
        try:
            lock.leave(descriptor, lock.KILLED)
            with Reader(self._folder) as reader, Writer(self._folder) as store:
                self._store, self._live = store, Live(reader)
                finished = self._supervise()
            words = ""
            return finished
        except (OSError, *trouble.ERRORS) as error:
            words = failure.told(error, self._folder)
            raise HpobenchError(f"the experiment in {self._folder} cannot go on: {words}.") from None
        finally:
            with suppress(OSError):
                lock.leave(descriptor, words)
            os.close(descriptor)

    def _supervise(self) -> bool:
        store = self._store
        store.begin()
        store.commands()  # of an earlier time, which nobody waits for any more
        self.waiting = deque(run for run in self._live.runs if run.status.open)
        self.open = {run.id for run in self.waiting}
        for run in self.waiting:
            store.set_run(run.id, status=RunStatus.WAITING, activity=None, error=None)
        self._began, self._before = time.monotonic(), self._live.row.seconds
        self._stand(ExperimentStatus.RUNNING)
        store.log("info", f"{len(self.waiting)} runs to go, in the Python process that asked for them")
        store.commit()
        end = ExperimentStatus.FINISHED
        with interrupts() as pressed:
            try:
                if self._workers is None:
                    self._here(pressed)
                else:
                    Forked(self, self._workers).run(pressed)
            except Cancelled:
                end = ExperimentStatus.CANCELLED
                for number in self.open:
                    store.set_run(number, status=RunStatus.CANCELLED, activity=None)
            self._stand(end)
            store.log("info", end)
            store.commit()
        self._look_at_it()
        return end is ExperimentStatus.FINISHED

    def _here(self, pressed: "Pressed") -> None:
        place = Here(self.take, self.look, pressed)
        with kept_generators():
            while self.waiting:
                make_run(self.task(self.waiting.popleft()), place, contained=False)

    def task(self, run: RunRow, fatal: Mapping[int, Fatal] = NOTHING_FATAL) -> RunTask:
        """A run is to be made: what there is to know of it.

        Args:
            fatal: Its trials that took their process down.
        """
        experiment = self._live.row.experiment
        (contender,) = (each for each in experiment.contenders if each.label == run.label)
        trials, reports = self._store.recorded(run.id)
        recorded = tuple(Recorded(trial, [r for r in reports if r.trial == trial.number]) for trial in trials)
        self._store.begin_run(run.id, "cpu")
        self._store.commit()
        return RunTask(
            run.id, self._problems[run.problem], self._optimizers[run.optimizer], contender.parameters,
            experiment.budgets[run.problem], run.problem_seed, run.optimizer_seed, "cpu", recorded,
            standings=self._store.standings(run.id), curves=experiment.curves, fatal=fatal,
            careful=self._workers is not None,
            seconds=self._store.seconds_of(run.id),
            code=str(self._folder.resolve() / FOLDER) if experiment.code else None,
        )  # fmt: skip

    def take(self, message: Message) -> None:
        """Write down what a run tells."""
        store = self._store
        match message:
            case Batch():
                store.add_trials(*message.rows)
                store.set_run(
                    message.run, spent=message.spent, trials=message.trials, failed_trials=message.failed_trials,
                    clock=message.clock, seconds=message.seconds, optimizer_seconds=message.optimizer_seconds,
                )  # fmt: skip
            case PlannedBrackets(run, brackets):
                store.set_plan(run, brackets)
            case End(run, status, error):
                self.end(run, status, error)
            case Left(run, text):
                store.log("warning", f"left behind: {text}", run)
            case Diverged(run, how) if run in self._restarted:
                self.end(run, RunStatus.FAILED, f"its replay diverges, and did so again after a fresh start: {how}")
            case Diverged(run, how):
                self._restarted.add(run)
                store.forget_trials(run)
                store.log("warning", f"starts over, its replay diverged: {how}", run)
                self.waiting.appendleft(self._live.runs[run])

    def end(self, run: int, status: RunStatus, error: str | None = None) -> None:
        """A run has ended."""
        self.open.discard(run)
        self._store.set_run(run, status=status, activity=None, error=error)
        if status is RunStatus.FAILED:
            self._store.log("error", f"failed: {(error or '').partition(chr(10))[0]}", run)

    def look(self) -> bool:
        """Commit what there is, see what other front ends want, and show how far it is; whether to stand still.

        Raises:
            Cancelled: somebody wants it to end.
        """
        for command in self._store.commands():
            self._store.log("info", f"asked to {command}")
            if command.run is not None:
                self._store.log("warning", "runs in the Python process that asked for them stop only together")
                continue
            if command.verb == "cancel":
                self._store.commit()
                raise Cancelled
            self._paused = command.verb == "pause"
        self._stand(ExperimentStatus.PAUSED if self._paused else ExperimentStatus.RUNNING)
        self._store.commit()
        self._look_at_it()
        return self._paused

    def _look_at_it(self) -> None:
        self._live.poll()
        self._show(*standing(self._live))

    def _stand(self, status: ExperimentStatus) -> None:
        self._store.set_status(status, self._before + time.monotonic() - self._began)


def make_run(task: RunTask, place: "Here", contained: bool) -> None:
    """Make a run in this process, and tell its end."""
    sink = place.sink
    sink.begin(task)
    run = Run(task, sink, contained)
    try:
        end = run.run()
        place.quiet()
        sink.end(end)
    except KeyboardInterrupt:
        if not place.quiet():  # else a trial may be written down by half
            sink.flush()
        raise
    finally:
        run.close()


class Here:
    """A place of work (``executors.contract.Place``) in this process: what is told is taken at once.

    Args:
        take: What is told.
        look: Called now and then; says whether to stand still.
        pressed: Knows whether Ctrl-C was.
        board: Where what is done is noted, for whoever sees to it if this process ends.
    """

    def __init__(
        self, take: Callable[[Message], None], look: Callable[[], bool], pressed: "Pressed", board: Board | None = None
    ) -> None:
        self.tell = take
        self._look, self._pressed, self._board = look, pressed, board
        self._due = 0.0
        self._telling = False
        self.paused = False
        self.sink = PipeSink(self, lambda module, library: None)

    def end(self, message: Message, *before: Message) -> None:
        for told in (*before, message):
            self.tell(told)

    def quiet(self) -> bool:
        """Nothing is interrupted from now on; whether a trial was just being told."""
        self._pressed.inside = False
        return self._telling

    def phase(self, phase: Phase, number: int = -1) -> None:
        self._pressed.inside = False
        self._telling = phase is Phase.TELLING
        if phase is Phase.ASKING and time.monotonic() >= self._due:
            self.sink.flush()
            self.paused = self._look()
            self._due = time.monotonic() + LOOK_SECONDS
        if self._board is not None:
            self._board.write(phase, number)
        self._pressed.inside = phase in INSIDE
        if self._pressed.times and self._pressed.inside:
            raise Cancelled

    def stand_still(self) -> float:
        since = time.perf_counter()
        while self._look():
            time.sleep(LOOK_SECONDS)
            if self._pressed.times:
                raise Cancelled
        self.paused = False
        return time.perf_counter() - since

    name = ""

    def tasks(self) -> Iterator[RunTask]:
        raise NotImplementedError  # of the contract, what a worker's ``serve`` calls, which is not at work here

    def answer(self) -> object:
        raise NotImplementedError  # likewise

    def leave(self) -> NoReturn:
        raise NotImplementedError  # likewise


class Pressed:
    """How often Ctrl-C was pressed, and whether whoever works now can be interrupted."""

    def __init__(self) -> None:
        self.times, self.inside = 0, False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.times += 1
        if self.inside:
            raise Cancelled


@contextmanager
def interrupts() -> Iterator[Pressed]:
    """Ctrl-C is ours; only the main thread of a process gets it."""
    pressed = Pressed()
    try:
        before = signal.signal(signal.SIGINT, pressed)
    except ValueError:
        yield pressed
        return
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def kept_generators() -> Iterator[None]:
    """What runs do to the global generators, which they seed, is undone."""
    import random

    import numpy as np

    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.set_rng_state(states[2])


class Forked:
    """Processes forked from this one, which have all that it has: one a run."""

    def __init__(self, owner: Local, count: int) -> None:
        import multiprocessing

        self._owner, self._count = owner, count
        self._context = multiprocessing.get_context("fork")
        self._stop = self._context.Event()
        self._at_work: dict[Connection, tuple[Any, RunRow, Board]] = {}
        self._fatal: defaultdict[int, dict[int, Fatal]] = defaultdict(dict)

    def run(self, pressed: "Pressed") -> None:
        """Until no run waits or works any more."""
        from multiprocessing.connection import wait

        owner, due = self._owner, 0.0
        try:
            while owner.waiting or self._at_work:
                while owner.waiting and len(self._at_work) < self._count and not self._stop.is_set():
                    self._begin(owner.waiting.popleft())
                for connection in wait(list(self._at_work), LOOK_SECONDS):
                    self._receive(connection)  # type: ignore[arg-type]
                if time.monotonic() >= due:
                    (self._stop.set if owner.look() else self._stop.clear)()
                    due = time.monotonic() + LOOK_SECONDS
                if pressed.times:
                    raise Cancelled
        finally:
            self._end_all()

    def _begin(self, run: RunRow) -> None:
        ours, theirs = self._context.Pipe(duplex=False)
        board, task = Board(), self._owner.task(run, self._fatal[run.id])
        process = self._context.Process(target=self._work, args=(task, theirs, board), daemon=True)
        process.start()
        theirs.close()
        self._at_work[ours] = process, run, board

    def _work(self, task: RunTask, connection: Connection, board: Board) -> None:
        """In the child."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        make_run(task, Here(connection.send, self._stop.is_set, Pressed(), board), contained=True)

    def _receive(self, connection: Connection) -> None:
        try:
            self._owner.take(connection.recv())
        except (EOFError, OSError):
            process, run, board = self._at_work.pop(connection)
            process.join()
            connection.close()
            if run.id in self._owner.open and run not in self._owner.waiting:
                self._bury(run, board.read(), _death(process.exitcode))
            board.close()

    def _bury(self, run: RunRow, activity: Activity, reason: str) -> None:
        """A process ended in the middle of a run: that costs the trial that was evaluated, else the run."""
        fatal, number = self._fatal[run.id], activity.number
        if activity.phase is not Phase.EVALUATING or number in fatal or len(fatal) >= MOST_DEATHS:
            self._owner.end(run.id, RunStatus.FAILED, f"during {activity}: {reason}")
            return
        fatal[number] = Fatal(reason, int((time.monotonic() - activity.since) * 1e9))
        self._owner.waiting.appendleft(run)

    def _end_all(self) -> None:
        """Whoever still works is ended; what it has told by then is kept."""
        for process, _, _ in self._at_work.values():
            process.terminate()
        for connection, (process, _, board) in self._at_work.items():
            with suppress(EOFError, OSError):
                while True:
                    self._owner.take(connection.recv())
            process.join()
            connection.close()
            board.close()
        self._at_work.clear()


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = next((each.name for each in signal.Signals if each == -code), f"signal {-code}")
        return f"its process was ended by {name}"
    return f"its process ended with exit status {code}"
