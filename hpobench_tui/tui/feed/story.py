"""Where one run stood after its trials, and how many of them had ended at a part of its budget."""

from hpobench_tui.core.records import ProgressTable
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.of_run import OfRun


class Story(OfRun[ProgressTable]):
    """Key: a run's id. The picture is all rows of its progress, some 500 for a million trials."""

    def step(self, reader: Reader, live: Live) -> bool:
        if not self.stale:
            return False
        known = self.picture
        if known is not None and len(known):
            new = reader.progress(self.run, int(known.number[-1]) - 1)
            if not len(new) or (new.number[0], new.spent[0], new.clock[0], new.regret[0]) != (
                known.number[-1], known.spent[-1], known.clock[-1], known.regret[-1],
            ):  # fmt: skip
                known = None  # it has started over
            elif len(new) > 1:
                self.publish(ProgressTable.joined([known, new.rows(slice(1, None))]))
        if known is None or not len(known):
            self.publish(reader.progress(self.run))
        self.stale, self.done = False, 1
        self.weight = 72 * len(self.picture or ())
        return False


def rows_until(run: RunRow, progress: ProgressTable, at: float | None) -> int:
    """How many of the rows are of no more than that share of the budget; None: all of it."""
    if at is None:
        return len(progress)
    return int((progress.spent <= at * run.budget).sum())


def trials_until(run: RunRow, progress: ProgressTable, at: float | None) -> int | None:
    """How many trials had ended at that share of the budget; None: all that have."""
    if at is None:
        return None
    rows = rows_until(run, progress, at)
    return int(progress.number[rows - 1]) + 1 if rows else 0
