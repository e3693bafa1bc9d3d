"""The curves of one problem's runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpobench_tui.analysis.curve import Curve, run_curve
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.progress import Progress, by_label
from hpobench_tui.tui.feed.reading import Reading

PIECE = 20
"""Curves that are worked out in one go."""


class Curves(Reading[Mapping[int, Curve]]):
    """Key: problem, axis, measure. The picture is run id to curve, of the runs that have any row.

    What it is made of is asked for only while a run has changed: so what was read may go before it does.

    Attributes:
        pending: The runs that have changed since their curves were worked out.
    """

    def __init__(self, feed: object, problem: str, axis: Axis, measure: Measure) -> None:
        super().__init__(feed, problem, axis, measure)  # type: ignore[arg-type]
        self.problem, self.axis, self.measure = problem, axis, measure
        self.pending: dict[int, None] = {}
        self._known: dict[int, Curve] = {}
        self._all: set[int] = set()

    @property
    def _progress(self) -> Progress:
        return self.feed.get(Progress, self.problem)

    def bases(self) -> Sequence[Reading[Any]]:
        return (self._progress,) if self.pending or self.picture is None else ()

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        runs = [run for run in (live.runs if changed is None else changed) if run.problem == self.problem]
        for run in by_label(runs) if changed is None else runs:
            self.pending[run.id] = None
            self._all.add(run.id)
        self.total = len(self._all)
        self.done = self.total - len(self.pending)

    def step(self, reader: Reader, live: Live) -> bool:
        if not self.pending:
            if self.picture is None:
                self.publish({})
            return False
        progress = self._progress
        self.trouble = progress.trouble
        rows, unread = progress.picture or {}, progress.pending
        piece = [run for run, _ in zip((r for r in self.pending if r not in unread), range(PIECE), strict=False)]
        for run in piece:
            del self.pending[run]
            if run in rows:
                self._known[run] = run_curve(rows[run], live.runs[run], self.axis, self.measure)
            else:
                self._known.pop(run, None)
        self.done = self.total - len(self.pending)
        if piece or self.picture is None:
            self.weight = sum(curve.x.nbytes * 3 for curve in self._known.values()) if not self.pending else 0
            self.publish(self._known if self.pending else dict(self._known))
        return bool(self.pending) and len(piece) == PIECE
