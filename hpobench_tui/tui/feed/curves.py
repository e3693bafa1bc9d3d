"""The curves of one problem's runs."""

from collections.abc import Mapping, Sequence

from hpobench_tui.analysis.curve import Curve, run_curve
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.progress import Progress
from hpobench_tui.tui.feed.reading import Reading

PIECE = 20
"""Curves that are worked out in one go."""


class Curves(Reading[Mapping[int, Curve]]):
    """Key: problem, axis, measure. The picture is run id to curve, of the runs that have any row."""

    def __init__(self, feed: object, problem: str, axis: Axis, measure: Measure) -> None:
        super().__init__(feed, problem, axis, measure)  # type: ignore[arg-type]
        self.problem, self.axis, self.measure = problem, axis, measure
        self._progress = self.feed.get(Progress, problem)
        self._known: dict[int, tuple[object, Curve]] = {}

    def bases(self) -> Sequence[Reading[object]]:
        return (self._progress,)  # type: ignore[return-value]

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        self.total = max(self._progress.total, self.total)

    def step(self, reader: Reader, live: Live) -> bool:
        rows = self._progress.picture or {}
        stale = [run for run, table in rows.items() if run not in self._known or self._known[run][0] is not table]
        gone = self._known.keys() - rows.keys()
        for run in gone:
            del self._known[run]
        for run in stale[:PIECE]:
            table = rows[run]
            self._known[run] = table, run_curve(table, live.runs[run], self.axis, self.measure)
        self.total = self._progress.total
        self.done = self._progress.done - max(len(stale) - PIECE, 0)
        if stale or gone or self.picture is None:
            self.weight = sum(curve.x.nbytes * 3 for _, curve in self._known.values())
            self.publish({run: curve for run, (_, curve) in self._known.items()})
        return len(stale) > PIECE
