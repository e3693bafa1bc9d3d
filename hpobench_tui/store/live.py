"""An experiment's runs while they are written: what a look costs depends on what changed, not on how many there are."""

from collections import Counter
from dataclasses import dataclass, field

from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.schema import ExperimentRow, RunRow


@dataclass(slots=True)
class Totals:
    """Sums over runs.

    Attributes:
        statuses: How many runs are where.
        trials, failed_trials: That have ended.
        progress: Sum of the runs' shares of their budgets, each 0 to 1.
        seconds: Real ones that workers spent.
    """

    statuses: Counter[RunStatus] = field(default_factory=Counter)
    trials: int = 0
    failed_trials: int = 0
    progress: float = 0.0
    seconds: float = 0.0

    def add(self, run: RunRow, sign: int = 1) -> None:
        self.statuses[run.status] += sign
        self.trials += sign * run.trials
        self.failed_trials += sign * run.failed_trials
        self.progress += sign * run.progress
        self.seconds += sign * run.seconds

    @property
    def ended(self) -> int:
        return sum(count for status, count in self.statuses.items() if status.ended)

    @property
    def at_rest(self) -> int:
        return sum(count for status, count in self.statuses.items() if status.at_rest)


class Live:
    """The experiment's row, its runs (``runs[id]``) and sums over them, as of the last :meth:`poll`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._version: int | None = None
        self._load()

    def _load(self) -> None:
        self.row: ExperimentRow = self._reader.experiment()
        self.runs: list[RunRow] = list(self._reader.each_run())
        self.totals = Totals()
        for run in self.runs:
            self.totals.add(run)
        self._revision = max((run.revision or 0 for run in self.runs), default=0)

    def poll(self) -> list[RunRow] | None:
        """The runs that were changed or added since the last call; None: nothing at all was written.

        Where the experiment became another one (it was extended), all of them.
        """
        version = self._reader.changes()
        if version == self._version:
            return None
        first, self._version = self._version is None, version
        status, seconds, digests = self._reader.standing()
        if digests != self.row.digests:
            self._load()
            return self.runs
        if (status, seconds) != (self.row.status, self.row.seconds):
            self.row = self.row.replaced(status=status, seconds=seconds)
        changed = self._reader.runs_since(self._revision, len(self.runs))
        if first:  # a commit may have come between the first look and this one
            changed = [run for run in changed if run.id >= len(self.runs) or run != self.runs[run.id]]
        for run in changed:
            if run.id < len(self.runs):
                self.totals.add(self.runs[run.id], -1)
                self.runs[run.id] = run
            else:
                self.runs.append(run)
            self.totals.add(run)
            self._revision = max(self._revision, run.revision or 0)
        return changed
