"""What a live screen knows of a store: read piece by piece, new trials only, never longer than a time box."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path

import numpy as np

from hpobench_tui.analysis.axis import Axis
from hpobench_tui.analysis.curve import Curve, run_curve
from hpobench_tui.analysis.measure import Measure
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store.reader import ENDED, EventRow, ExperimentRow, Reader, RunRow, TrialTable

OVER = (*ENDED, "cancelled")
"""Runs that nobody works on any more; cancelled ones can be resumed."""
KEPT_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Changes:
    """What a poll brought; ``complete``: there was time to read all that is there."""

    rows: bool
    trials: bool
    events: bool
    complete: bool

    def __bool__(self) -> bool:
        return self.rows or self.trials or self.events


class Feed:
    """An experiment being watched. Trials are kept for one problem at a time: the one that is shown.

    Raises:
        HpobenchError: no store there.
    """

    def __init__(self, folder: Path) -> None:
        self.reader = Reader(folder)
        self.folder = folder
        self.row: ExperimentRow
        self.runs: list[RunRow]
        try:
            self.row, self.runs = self.reader.experiment(), self.reader.runs()
        except HpobenchError:
            self.reader.close()
            raise
        self.events: list[EventRow] = []
        self.problems: tuple[str, ...] = tuple(dict.fromkeys(run.problem for run in self.runs))
        self.labels: tuple[str, ...] = tuple(dict.fromkeys(run.label for run in self.runs))
        self.problem = self.problems[0] if self.problems else ""
        self._trials: dict[int, list[TrialTable]] = {}
        self._finished_reading: set[int] = set()
        self._curves: dict[int, Curve] = {}
        self._curves_of: tuple[Axis, Measure] | None = None

    def close(self) -> None:
        self.reader.close()

    def choose(self, problem: str) -> None:
        """Show another problem; what was read of the last one is given up."""
        if problem != self.problem:
            self.problem = problem
            self._trials.clear()
            self._finished_reading.clear()
            self._curves.clear()

    def runs_shown(self) -> list[RunRow]:
        """The runs of the problem that is shown."""
        return [run for run in self.runs if run.problem == self.problem]

    def poll(self, seconds: float = 0.05) -> Changes:
        """Read what is new; stops after about that many seconds and goes on at the next call.

        Raises:
            HpobenchError: the store is damaged or gone.
        """
        deadline = time.monotonic() + seconds
        if not self.reader.path.exists():
            raise HpobenchError(f"{self.folder} is gone: somebody deleted or moved it. What is shown was read before.")
        row, runs = self.reader.experiment(), self.reader.runs()
        rows = row != self.row or runs != self.runs
        self.row, self.runs = row, runs
        last = self.events[-1].id if self.events else 0
        fresh = self.reader.events(last, KEPT_EVENTS)
        self.events = [*self.events, *fresh][-KEPT_EVENTS:]
        trials, complete = False, True
        for run in self.runs_shown():
            if run.status not in OVER:
                self._finished_reading.discard(run.id)
            if run.id in self._finished_reading or (run.status == "waiting" and not run.trials):
                continue
            if time.monotonic() > deadline:
                complete = False
                break
            parts = self._trials.setdefault(run.id, [])
            new = self.reader.trials(run.id, int(parts[-1].number[-1]) if parts else -1)
            if len(new):
                parts.append(new)
                self._curves.pop(run.id, None)
                trials = True
            if run.status in OVER:
                self._finished_reading.add(run.id)
        return Changes(rows, trials, bool(fresh), complete)

    def trials(self, run: int) -> TrialTable | None:
        """All trials of a run that were read so far; None if there are none."""
        parts = self._trials.get(run)
        if not parts:
            return None
        if len(parts) > 1:
            parts[:] = [join(parts)]
        return parts[0]

    def curves(self, axis: Axis, measure: Measure) -> dict[int, Curve]:
        """The curves of the shown problem's runs by run id; only those with new trials are computed."""
        if self._curves_of != (axis, measure):
            self._curves.clear()
            self._curves_of = (axis, measure)
        for run in self.runs_shown():
            if run.id not in self._curves and (trials := self.trials(run.id)) is not None:
                self._curves[run.id] = run_curve(trials, axis, measure, run.reference, run.quanta_per_unit)
        return self._curves


def join(parts: Sequence[TrialTable]) -> TrialTable:
    """Consecutive trials of a run in one table."""
    columns: list[object] = []
    for field in fields(TrialTable):
        values = [getattr(part, field.name) for part in parts]
        columns.append(sum(values, ()) if field.name == "status" else np.concatenate(values))
    return TrialTable(*columns)  # type: ignore[arg-type]


def seconds_left(run: RunRow) -> float:
    """What a run will still take if it goes on as it did; infinite while nothing is known."""
    if run.status in OVER:
        return 0.0
    if run.status == "waiting" or run.progress <= 0:
        return inf
    return run.clock * (1 - run.progress) / run.progress
