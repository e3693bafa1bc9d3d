"""What a live screen knows of a store: read piece by piece, new rows only, never longer than a time box.

Curves are made from rows of progress, of which even a million trials have few. Trials themselves are read only where
there are brackets to fill, and somebody looks at them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TypeVar

from hpobench_tui.analysis import brackets
from hpobench_tui.analysis.curve import Curve, run_curve
from hpobench_tui.analysis.landmarks import Known, known
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.presence import Presence, TakenError
from hpobench_tui.store.reader import EventRow, ExperimentRow, ProgressTable, Reader, RunRow, TrialTable

KEPT_EVENTS = 500
PIECE = 5000
"""Trials that are read before the next look at the time."""

Table = TypeVar("Table", TrialTable, ProgressTable)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a poll brought, ``trials`` or rows of progress; ``complete``: there was time to read it all."""

    rows: bool
    trials: bool
    events: bool
    complete: bool

    def __bool__(self) -> bool:
        return self.rows or self.trials or self.events


class Feed:
    """An experiment being watched. Progress and trials are kept for one problem at a time: the one that is shown.

    Raises:
        HpobenchError: no store there.
    """

    def __init__(self, folder: Path) -> None:
        self.reader = Reader(folder)
        self.folder = folder
        self._presence = Presence(self.reader.path)
        try:
            self.live = Live(self.reader)
        except HpobenchError:
            self.reader.close()
            raise
        self.events: list[EventRow] = []
        self.problems: tuple[str, ...] = tuple(dict.fromkeys(run.problem for run in self.runs))
        self.labels: tuple[str, ...] = tuple(dict.fromkeys(run.label for run in self.runs))
        self.problem = self.problems[0] if self.problems else ""
        self._landmarks = self.reader.landmarks()
        self._progress: dict[int, list[ProgressTable]] = {}
        self._trials: dict[int, list[TrialTable]] = {}
        self._all_progress: set[int] = set()
        self._all_trials: set[int] = set()
        self._curves: dict[int, Curve] = {}
        self._curves_of: tuple[Axis, Measure] | None = None

    @property
    def row(self) -> ExperimentRow:
        return self.live.row

    @property
    def runs(self) -> list[RunRow]:
        return self.live.runs

    def close(self) -> None:
        self.reader.close()

    def choose(self, problem: str) -> None:
        """Show another problem; what was read of the last one is given up."""
        if problem != self.problem:
            self.problem = problem
            for read in (self._progress, self._trials, self._all_progress, self._all_trials, self._curves):
                read.clear()

    def runs_shown(self) -> list[RunRow]:
        """The runs of the problem that is shown."""
        return [run for run in self.runs if run.problem == self.problem]

    @property
    def measure(self) -> Measure:
        """What the problem that is shown is looked at by unless somebody chooses."""
        return next((run.measure for run in self.runs_shown()), Measure.SIMPLE)

    @property
    def simulated(self) -> bool:
        """Whether the runs' clocks are simulated."""
        return self.row.experiment.simulation is not None

    def poll(self, seconds: float = 0.05, brackets: bool = True) -> Changes:
        """Read what is new; stops after about that many seconds and goes on at the next call.

        Args:
            brackets: Whether to read the trials of brackets.

        Raises:
            HpobenchError: the store is damaged, gone, or another one.
        """
        try:
            self._presence.check()
        except TakenError as error:
            raise HpobenchError(f"{error} What is shown was read before.") from error
        rows, fresh = self._read_rows()
        deadline = time.monotonic() + seconds
        begun = [run for run in self.runs_shown() if run.status is not RunStatus.WAITING or run.trials]
        new = False
        for read_piece in (self._read_progress, self._read_trials) if brackets else (self._read_progress,):
            for run in begun:
                more = True
                while more:
                    if time.monotonic() > deadline:
                        return Changes(rows, new, fresh, complete=False)
                    found, more = read_piece(run)
                    new = new or found
        return Changes(rows, new, fresh, complete=True)

    def landmarks(self, measure: Measure) -> list[Known]:
        """Those of the problem that is shown."""
        return known(self.runs_shown(), self._landmarks, measure).get(self.problem, [])

    def _read_rows(self) -> tuple[bool, bool]:
        """Whether the experiment or its runs have changed, and whether there are new events."""
        before = self.row
        runs = self.live.poll()
        if runs is None:
            return False, False
        fresh = self.reader.events(self.events[-1].id if self.events else 0, KEPT_EVENTS)
        self.events = [*self.events, *fresh][-KEPT_EVENTS:]
        return bool(runs) or self.row is not before, bool(fresh)

    def _read_progress(self, run: RunRow) -> tuple[bool, bool]:
        """Whether anything was found, and whether there may be more."""
        if not run.status.at_rest:
            self._all_progress.discard(run.id)
        if run.id in self._all_progress:
            return False, False
        parts = self._progress.setdefault(run.id, [])
        new = self.reader.progress(run.id, _last(parts))
        if len(new):
            parts.append(new)
            self._curves.pop(run.id, None)
        if run.status.at_rest:
            self._all_progress.add(run.id)
        return bool(len(new)), False

    def _read_trials(self, run: RunRow) -> tuple[bool, bool]:
        """The same with trials, which are read only of runs with brackets: the first one tells."""
        if not run.status.at_rest:
            self._all_trials.discard(run.id)
        if run.id in self._all_trials:
            return False, False
        parts = self._trials.get(run.id)
        if parts is None:
            first = self.reader.trials(run.id, columns=brackets.COLUMNS, limit=1)
            if not run.plan and (not len(first) or first.bracket[0] < 0):
                if len(first):
                    self._all_trials.add(run.id)
                return False, False
            parts = self._trials[run.id] = []
        new = self.reader.trials(run.id, _last(parts), brackets.COLUMNS, PIECE)
        if len(new):
            parts.append(new)
        more = len(new) == PIECE
        if run.status.at_rest and not more:
            self._all_trials.add(run.id)
        return bool(len(new)), more

    def trials(self, run: int) -> TrialTable | None:
        """All trials of a run with brackets read so far, ``brackets.COLUMNS`` only; None if there are none."""
        return _whole(self._trials.get(run))

    def curves(self, axis: Axis, measure: Measure) -> dict[int, Curve]:
        """The curves of the shown problem's runs by run id; only those with new rows are computed."""
        if self._curves_of != (axis, measure):
            self._curves.clear()
            self._curves_of = (axis, measure)
        for run in self.runs_shown():
            if run.id not in self._curves and (progress := _whole(self._progress.get(run.id))) is not None:
                self._curves[run.id] = run_curve(progress, run, axis, measure)
        return self._curves


def _last(parts: Sequence[TrialTable | ProgressTable]) -> int:
    """The number of the last row that was read."""
    return int(parts[-1].number[-1]) if parts else -1


def _whole(parts: list[Table] | None) -> Table | None:
    """All parts as one, which then takes their place."""
    if not parts:
        return None
    if len(parts) > 1:
        parts[:] = [type(parts[0]).joined(parts)]
    return parts[0]


def seconds_left(run: RunRow) -> float:
    """What a run will still take if it goes on as it did; infinite while nothing is known."""
    if run.status.at_rest:
        return 0.0
    if run.status is RunStatus.WAITING or run.progress <= 0:
        return inf
    return run.seconds * (1 - run.progress) / run.progress
