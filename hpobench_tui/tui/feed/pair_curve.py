"""The median curve of one pair's runs along the budget, at a few places: what fits into one row."""

from collections.abc import Sequence

import numpy as np

from hpobench_tui.analysis import measure as measures
from hpobench_tui.analysis.quantiles import quartiles
from hpobench_tui.analysis.selection import select
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Floats, Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading

PIECE = 10
"""Runs that are read in one go."""
SHARES = 2.0 ** (np.arange(-40, 1) / 4)
"""Parts of the budget, four to an octave."""


class PairCurve(Reading[Floats]):
    """Key: problem, label, measure. The picture has the median at each of :data:`SHARES`, NaN where it is not known:
    over finished runs; while there are none over those that have begun, as far as all of them have come.
    """

    def __init__(self, feed: object, problem: str, label: str, measure: Measure) -> None:
        super().__init__(feed, problem, label, measure)  # type: ignore[arg-type]
        self._pair, self._measure = (problem, label), measure
        self._values: dict[int, Floats] = {}
        self._stale: dict[int, None] = {}
        self.weight = 10_000

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None:
            self._values.clear()
            self._stale.clear()
        runs = live.runs if changed is None else changed
        self._stale.update((run.id, None) for run in runs if (run.problem, run.label) == self._pair)
        self._count(len(self._values.keys() | self._stale.keys()))

    def _count(self, total: int) -> None:
        self.total, self.done = total, total - len(self._stale)

    def step(self, reader: Reader, live: Live) -> bool:
        if not self._stale and self.picture is not None:
            return False
        for number in list(self._stale)[:PIECE]:
            self._values[number] = self._read(reader, live.runs[number])
            del self._stale[number]
        self._count(len(self._values))
        if self._stale:
            self._count(len(self._values.keys() | self._stale.keys()))
            return True
        ids = self.feed.state.ids.get(self._pair, ())
        known = {run: values[~np.isnan(values)] for run, values in self._values.items()}
        counted = select([live.runs[run] for run in ids], known).counted
        if counted:
            self.publish(quartiles([self._values[run.id] for run in counted])[1])
        else:
            self.publish(np.full(len(SHARES), np.nan))
        return False

    def _read(self, reader: Reader, run: RunRow) -> Floats:
        """One run's values at the shares that it has come to; a finished one keeps its last."""
        rows = reader.progress(run.id, -1, frozenset(["spent", *measures.COLUMNS[self._measure]]))
        found = np.full(len(SHARES), np.nan)
        if len(rows):
            values = measures.values(rows, self._measure, run)
            at = np.searchsorted(rows.spent, SHARES * run.budget * (1 + 1e-12), side="right") - 1
            found = np.where(at >= 0, values[at], np.nan)
            if not run.status.finished:
                found[SHARES * run.budget > run.spent] = np.nan
        return found
