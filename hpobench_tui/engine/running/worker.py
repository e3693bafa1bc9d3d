"""What a worker does: it serves runs in its place at an executor, one at a time and one thread each.

Between runs it becomes again what it was, or leaves so that another takes over (``engine.running.process_state``). One
thread runs the loop, one sends what happened every ``FLUSH_SECONDS`` (so that a free objective does not pay for a
message a trial).
"""

import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from hpobench_tui.core.columns import Row, marshalled
from hpobench_tui.engine.messages import Batch, Diverged, End, Left, Message, Note, PlannedBrackets, RunTask, Stranded
from hpobench_tui.engine.running.books import Books
from hpobench_tui.engine.running.evaluation import RUNNING
from hpobench_tui.engine.running.process_state import LIBRARIES, Before, ImportWatch, ProcessState
from hpobench_tui.engine.running.recorder import Rows
from hpobench_tui.engine.running.run import Run
from hpobench_tui.engine.running.seeding import seed_torch
from hpobench_tui.engine.running.stillness import Stillness
from hpobench_tui.executors import devices
from hpobench_tui.executors.contract import Place

FLUSH_SECONDS = 0.1
State: TypeAlias = tuple[int, int, int, float, float, int]


class PipeSink:
    """Collects a run's rows and sends them in batches."""

    def __init__(self, place: Place[RunTask, Message], imported: Callable[[str, bool], None]) -> None:
        self._place = place
        self.phase = place.phase
        self.imported = imported
        self._lock = threading.Lock()
        self._rows: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
        self._state: State | None = None
        self._careful = False
        self._started = 0.0
        self._run = -1
        self._left: set[str] = set()

    def plan(self, plan: PlannedBrackets) -> None:
        self._place.tell(plan)

    def left(self, text: str) -> None:
        if text not in self._left:
            self._left.add(text)
            self._place.tell(Left(self._run, text))

    def note(self, text: str) -> None:
        self._place.tell(Note(self._run, text))

    def begin(self, task: RunTask) -> None:
        """A new run starts; if it is a careful one, nothing waits for the next batch."""
        self._run, self._left = task.run, set()
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

    @property
    def paused(self) -> bool:
        return self._place.paused

    def pause_if_asked(self) -> None:
        if self._place.paused:
            self._started += self._place.stand_still()

    def stood_still(self, seconds: float) -> None:
        """This process was stopped for so long."""
        self._started += seconds
        if (watch := RUNNING[0]) is not None:
            watch.stood_still(seconds)

    def flush(self) -> None:
        with self._lock:  # batches go in the order of their rows
            for batch in self._gathered():
                self._place.tell(batch)

    def _gathered(self) -> list[Batch]:
        """What came since the last one, if anything did."""
        if self._state is None:
            return []
        rows, state = self._rows, self._state
        self._rows, self._state = ([], [], []), None
        return [Batch(state[0], tuple(map(marshalled, rows)), *state[1:], time.perf_counter() - self._started)]

    def end(self, end: End | Diverged | Stranded) -> None:
        with self._lock:
            last = self._gathered()
        self._place.end(end, *last)  # together: each message wakes the owner up


def serve(place: Place[RunTask, Message]) -> None:
    """Run every task that comes."""
    gc.set_threshold(50_000, 20, 20)  # rows are many and hold no cycles: looking for some took a tenth of the time
    state = ProcessState()
    sink = PipeSink(place, state.imported)

    stillness = Stillness(FLUSH_SECONDS, sink.stood_still)

    def flush_regularly() -> None:
        tick = threading.Event()
        while True:
            tick.wait(FLUSH_SECONDS)
            stillness.beat()
            sink.flush()

    threading.Thread(target=flush_regularly, daemon=True).start()
    state.take()  # with the threads that are ours

    def imported(module: str, before: Before) -> None:
        if module == "torch":
            seed_torch()
        state.fresh(module, before)

    sys.meta_path.insert(0, ImportWatch(LIBRARIES, state.importing, imported))
    for task in place.tasks():
        if not state.fits(task.problem, task.optimizer):
            place.leave()
        sink.begin(task)
        serve_run(task, sink)
        if task.cluster:  # with what the cluster's library has left, nobody else needs to do
            place.leave()
        left = state.restore()
        if left:
            sink.left(f"{left.what}; {'its process was replaced' if left.replace else 'put back'}")
        if (left and left.replace) or holds_too_much(task):
            place.leave()


def serve_run(task: RunTask, sink: PipeSink) -> None:
    """Run it and tell its end."""
    run = Run(task, sink)
    sink.end(run.run())
    run.close()


def holds_too_much(task: RunTask) -> bool:
    """Whether this process holds more than half of what it may."""
    return task.memory_mb is not None and devices.resident_mb(os.getpid()) > task.memory_mb // 2
