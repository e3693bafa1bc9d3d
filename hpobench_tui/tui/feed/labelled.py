"""What is worked out of one problem's curves label by label, as things are or as they were at a part of the budget."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hpobench_tui.analysis.curve import Curve
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.records import ProgressTable
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.curves import Curves
from hpobench_tui.tui.feed.progress import Progress
from hpobench_tui.tui.feed.reading import P, Reading


class Labelled(Reading[P]):
    """Key: problem, axis, measure, part of the budget (None: all), and what a subclass adds.

    A label is worked out once all its runs are read, and again when one of them has changed: what is shown is never of
    some of its seeds. Curves are let go of in between.
    """

    def __init__(
        self, feed: object, problem: str, axis: Axis, measure: Measure, at: float | None, *more: object
    ) -> None:
        super().__init__(feed, problem, axis, measure, at, *more)  # type: ignore[arg-type]
        self.problem, self.axis, self.measure, self.at = problem, axis, measure, at
        self._ids: dict[str, dict[int, None]] = {}
        self._stale: dict[str, None] = {}
        self._ready = False
        """Whether :meth:`_whole` has been done since something changed."""
        self._was_whole = False

    # What a subclass does

    def _one(self, label: str, runs: Sequence[RunRow], curves: Mapping[int, Curve]) -> None:
        """Work out a label, from all its runs."""
        raise NotImplementedError  # what is worked out of curves is the subclass's: bands, standings

    def _whole(self, runs: Mapping[str, Sequence[RunRow]], curves: Mapping[int, Curve]) -> None:
        """All labels are worked out: publish it, with what they are beside each other."""
        raise NotImplementedError  # what a picture of all labels holds is the subclass's

    def _part(self, left: Sequence[str]) -> None:
        """For the first time, all labels but these are worked out: publish those."""
        raise NotImplementedError  # and so is what can be said of some of them

    # How it goes on

    @property
    def _curves(self) -> Curves:
        return self.feed.get(Curves, self.problem, self.axis, self.measure)

    def bases(self) -> Sequence[Reading[Any]]:
        if self._ready:
            return ()
        curves: Reading[Any] = self._curves
        return (curves,) if self.at is None else (self.feed.get(Progress, self.problem), curves)

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None:
            self._ids.clear()
            self._stale.clear()
            self._ready = False
        for run in live.runs if changed is None else changed:
            if run.problem == self.problem:
                self._ids.setdefault(run.label, {})[run.id] = None
                self._stale[run.label] = None
                self._ready = False
        self.total = sum(map(len, self._ids.values()))
        self.done = self.total if self._ready else min(self.done, max(self.total - 1, 0))

    def step(self, reader: Reader, live: Live) -> bool:
        if self._ready:
            return False
        curves = self._curves
        self.trouble = curves.trouble
        known, unread = curves.picture or {}, curves.pending
        label = next((label for label in self._stale if not unread or unread.keys().isdisjoint(self._ids[label])), None)
        if label is not None:
            runs, own = self._cut(live, label, known)
            self._one(label, runs, own)
            del self._stale[label]
        elif not self._stale:
            every = {label: self._cut(live, label, known) for label in self._ids}
            joined = {run: curve for _, own in every.values() for run, curve in own.items()}
            self._whole({label: runs for label, (runs, _) in every.items()}, joined)
            self._ready = self._was_whole = True
            self.done = self.total
            return False
        elif not self._was_whole:
            self._part(tuple(self._stale))
        self.done = min(curves.done, self.total - 1)
        return label is not None

    def _cut(self, live: Live, label: str, curves: Mapping[int, Curve]) -> tuple[Sequence[RunRow], Mapping[int, Curve]]:
        """A label's runs and curves, or what they were."""
        runs = [live.runs[run] for run in self._ids[label]]
        own = {run.id: curves[run.id] for run in runs if run.id in curves}
        if self.at is None:
            return runs, own
        rows = self.feed.get(Progress, self.problem).picture or {}
        cut = [cut_run(run, own.get(run.id), rows.get(run.id), self.at) for run in runs]
        return [run for run, _ in cut], {run.id: curve for run, curve in cut if curve is not None}


def cut_run(run: RunRow, curve: Curve | None, rows: ProgressTable | None, at: float) -> tuple[RunRow, Curve | None]:
    """A run and its curve as they were when that part of the run's budget was spent, whatever axis the curve is along.

    A run that had got there counts as done, also one that failed later; one that had not is what it is
    (``analysis.cut``). Between two rows of progress it stands where the first one says.
    """
    quanta = int(at * run.budget)
    place = int(np.searchsorted(rows.spent, quanta, side="right")) if rows is not None and quanta else 0
    trials = int(rows.number[place - 1]) + 1 if rows is not None and place else 0
    spent = int(rows.spent[place - 1]) if rows is not None and place else 0
    values: dict[str, object] = {"budget": max(quanta, 1), "spent": min(spent, quanta), "trials": trials}
    if run.spent >= quanta and not run.status.finished:
        values |= {"status": RunStatus.DONE, "error": None}
    if curve is not None:
        points = int(np.searchsorted(curve.trials, trials, side="right"))
        curve = Curve(curve.x[:points], curve.y[:points], curve.trials[:points])
    return run.replaced(**values), curve
