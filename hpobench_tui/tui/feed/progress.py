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

    Of a run that goes on the new rows are read; of one that starts over all of them are read again. First are the runs
    of one optimizer, then those of the next, so that what is known of the first ones is final early.

    Attributes:
        pending: The runs that have changed since they were read.
    """

    def __init__(self, feed: object, problem: str) -> None:
        super().__init__(feed, problem)  # type: ignore[arg-type]
        self.problem = problem
        self._parts: Parts = {}
        self._read: dict[int, tuple[int, int]] = {}
        """Attempts and trials of each run when it was read: another attempt may have overtaken the one before."""
        self._bytes = 0
        self.pending: dict[int, None] = {}

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        runs = [run for run in (live.runs if changed is None else changed) if run.problem == self.problem]
        for run in by_label(runs) if changed is None else runs:
            self.pending[run.id] = None
        self.total = len(runs) if changed is None else len(self._read.keys() | self.pending.keys())
        self.done = self.total - len(self.pending)

    def step(self, reader: Reader, live: Live) -> bool:
        if not self.pending:
            if self.picture is None:
                self.publish(self._parts)
            return False
        number = next(iter(self.pending))
        run = live.runs[number]
        known = self._parts.get(number)
        begun = run.status is not RunStatus.WAITING or run.trials > 0
        if known is not None and started_over(run, *self._read[number]):
            known = None
        if begun:
            after = int(known.number[-1]) if known is not None and len(known) else -1
            new = reader.progress(number, after, COLUMNS)
            self._parts[number] = new if known is None else ProgressTable.joined([known, new]) if len(new) else known
            self._bytes += len(new) * 8 * len(COLUMNS)
        else:
            self._parts.pop(number, None)
        self._read[number] = run.attempts, run.trials
        del self.pending[number]
        self.done = self.total - len(self.pending)
        self.weight = self._bytes
        self.publish(self._parts)
        return bool(self.pending)


def started_over(run: RunRow, attempts: int, trials: int) -> bool:
    """Whether what was read at so many attempts and trials may be of trials that are forgotten."""
    return run.attempts != attempts or run.trials < trials


def by_label(runs: Sequence[RunRow]) -> list[RunRow]:
    """Label by label, in first-seen order."""
    places: dict[str, int] = {}
    for run in runs:
        places.setdefault(run.label, len(places))
    return sorted(runs, key=lambda run: places[run.label])
