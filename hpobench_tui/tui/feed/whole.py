"""One trial with all that is known of it, and why a run failed in full."""

from dataclasses import dataclass, replace

from hpobench_tui.core.records import ReportRow
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, TrialRow
from hpobench_tui.tui.feed.of_run import OfRun
from hpobench_tui.tui.feed.trials import OfTrials

PIECE = 2000
"""Trials among which those that continue it are looked for in one go."""


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A trial.

    Attributes:
        row: None: it is not recorded.
        error: The whole reason with its traceback.
        reports: Fidelity and loss, in order.
        continued_by: The trials that went on with its training.
        searched: Up to which trial they were looked for.
    """

    row: TrialRow | None
    error: str | None = None
    reports: tuple[tuple[int, float | None], ...] = ()
    continued_by: tuple[int, ...] = ()
    searched: int = -1


class OneTrial(OfTrials[Whole]):
    """Key: a run's id, a trial's number."""

    def __init__(self, feed: object, run: int, number: int) -> None:
        super().__init__(feed, run, number)
        self._number = number
        self._epoch = -1

    def step(self, reader: Reader, live: Live) -> bool:
        numbers = self.trials.picture
        if numbers is None:
            return False
        whole = self.picture
        if whole is None or whole.row is None or numbers.epoch != self._epoch:
            self._epoch = numbers.epoch
            whole = self._read(reader)
            self.publish(whole)
        last = int(numbers.number[-1]) if len(numbers) else -1
        more = False
        if whole.row is not None and whole.row.fidelity is not None and whole.searched < last:
            table = reader.trials(self.run, whole.searched, ("continues",), PIECE)
            found = table.number[table.continues == self._number].tolist()
            reached = int(table.number[-1]) if len(table) else last
            more = reached < last
            whole = replace(whole, continued_by=(*whole.continued_by, *found), searched=reached)
            if found or not more:
                self.publish(whole)
            else:
                self.picture = whole
        self.total, self.done = max(last, 0) + 1, max(whole.searched if more else last, 0) + 1
        return more

    def _read(self, reader: Reader) -> Whole:
        number = self._number
        rows = reader.trial_rows(self.run, number - 1, 1)
        if not rows or rows[0].number != number:
            return Whole(None)
        errors = [text for (part,) in reader.cells(TrialRow, self.run, ("error",), number + 1, number - 1)
                  for text in part]  # fmt: skip
        reports = [
            (int(fidelity), None if loss is None else float(loss))
            for part in reader.cells(ReportRow, self.run, ("fidelity", "loss"), number + 1, number - 1)
            for fidelity, loss in zip(*part, strict=True)
            if fidelity is not None
        ]
        error = errors[0] if errors and isinstance(errors[0], str) else None
        return Whole(rows[0], error, tuple(reports), searched=number)


class RunError(OfRun[str]):
    """Key: a run's id. Why it failed, with the traceback; empty if it did not."""

    def step(self, reader: Reader, live: Live) -> bool:
        if self.stale:
            self.stale, self.done = False, 1
            found = ""
            if live.runs[self.run].error is not None:
                for run, trial, text in reader.failures():  # runs come first
                    if trial is not None or run == self.run:
                        found = text if trial is None else ""
                        break
            self.publish(found)
        return False
