"""The rows of progress of one problem's runs: what curves along every axis and of every measure are made from."""

from collections.abc import Sequence

from hpobench_tui.analysis import axis as axes
from hpobench_tui.analysis import measure as measures
from hpobench_tui.core.records import ProgressTable
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading

COLUMNS = frozenset(axes.COLUMN.values()).union(*measures.COLUMNS.values())
Parts = dict[int, ProgressTable]


class Progress(Reading[Parts]):
    """Key: a problem. The picture is run id to all its rows so far, of :data:`COLUMNS` alone.

    Of a run that goes on the new rows are read; of one that starts over all of them are read again.
    """

    def __init__(self, feed: object, problem: str) -> None:
        super().__init__(feed, problem)  # type: ignore[arg-type]
        self.problem = problem
        self._parts: Parts = {}
        self._trials: dict[int, int] = {}
        self._stale: dict[int, None] = {}
        self.fresh: set[int] = set()
        """Runs whose rows changed since whoever builds on this last looked."""

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        for run in live.runs if changed is None else changed:
            if run.problem == self.problem:
                self._stale[run.id] = None
                self.total = max(self.total, 0)
        if changed is None:
            self.total = sum(run.problem == self.problem for run in live.runs)
        else:
            self.total = max(self.total, len(self._trials.keys() | self._stale.keys()))
        self.done = self.total - len(self._stale)
        if not self._stale and self.picture is None:
            self.publish(self._parts)

    def step(self, reader: Reader, live: Live) -> bool:
        if not self._stale:
            return False
        number = next(iter(self._stale))
        run = live.runs[number]
        known = self._parts.get(number)
        begun = run.status is not RunStatus.WAITING or run.trials > 0
        if known is not None and (run.trials < self._trials.get(number, 0) or not begun):
            known = None  # it has started over
        if begun:
            after = int(known.number[-1]) if known is not None and len(known) else -1
            new = reader.progress(number, after, COLUMNS)
            self._parts[number] = new if known is None else ProgressTable.joined([known, new]) if len(new) else known
        else:
            self._parts.pop(number, None)
        self._trials[number] = run.trials
        del self._stale[number]
        self.fresh.add(number)
        self.done = self.total - len(self._stale)
        self.weight = sum(len(part) for part in self._parts.values()) * 8 * (len(COLUMNS) + 1) if not self._stale else 0
        self.publish(self._parts)
        return bool(self._stale)
