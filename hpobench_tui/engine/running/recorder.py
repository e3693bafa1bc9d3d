"""Which trials are stored, and where a run stood at certain positions.

Sums, incumbent and the share of the budget are kept over *all* trials, so that every stored row of progress is exact.

* A **progress** row says where the run stood after a trial. There is one for every position of ``core.progress`` on
  each coordinate (where a trial steps over a position, the state before that trial is what holds there), whenever the
  incumbent changes, after the first trial that failed, and after the last trial.
* A **trial** row is written for every trial, or (``record`` = n, for long horizons) for the first n, and from then on
  only where the incumbent changes, and for the first that failed, whose reason tables show. Progress does not depend on
  it.
"""

from sys import maxsize

from hpobench_tui.core.columns import Row
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.measure import within_floats
from hpobench_tui.core.progress import clock_position, position, spent_position
from hpobench_tui.core.records import progress_row
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.core.trial import Trial

Rows = tuple[Row, ...]


class Recorder:
    """Keeps the account of one run.

    Attributes:
        trials: How many have ended.
        failed_trials: How many of them failed.
        fidelity: What they count from scratch, in all.
        rows: The rows of progress that the last one gave rise to: that of the state before it, and its own.
    """

    def __init__(self, run: int, noisy: bool, reference: float, budget: int, record: int | None) -> None:
        self._run, self._reference, self._budget = run, reference, budget
        self._all = maxsize if record is None else record
        self._incumbent = IncumbentTracker(noisy)
        self.trials = self.failed_trials = self.fidelity = 0
        self._spent = self._losses = 0
        self._clock = self._regret = self._pseudo_regret = 0.0
        self._due = self._fidelity_due = self._spent_due = 0
        self._clock_due = 0.0
        self._written = True
        self.rows: Rows = ()

    def add(
        self, trial: Trial, truth: float | None, reference: float | None, fidelity: int, spent: int, clock: float
    ) -> bool:
        """Take a trial into account; whether its row is to be stored.

        Args:
            truth: Its noise-free loss, if known.
            reference: What the comparator lost in its round, if that is not the problem's constant.
            fidelity: What it counts from scratch.
            spent: Of the budget by now, in quanta.
            clock: When it ended.
        """
        fidelity += self.fidelity
        if fidelity > self._fidelity_due or spent > self._spent_due or clock > self._clock_due:
            self.rows = () if self._written else (self._row(),)
            self._fidelity_due = position(fidelity)
            self._spent_due = spent_position(spent, self._budget)
            self._clock_due = clock_position(clock)
        else:
            self.rows = ()
        number = trial.number
        self.trials = count = number + 1
        self.fidelity, self._spent, self._clock = fidelity, spent, clock
        loss = trial.loss
        telling = False
        if loss is None:
            if trial.status is TrialStatus.FAILED:
                self.failed_trials += 1
                telling = self.failed_trials == 1
        else:
            self._losses += 1
            comparator = self._reference if reference is None else reference
            regret = loss - comparator
            pseudo_regret = regret if truth is None else truth - comparator
            if (total := self._regret + regret) == total:  # no number where it has overflown both ways: once is enough
                self._regret = total
            if (total := self._pseudo_regret + pseudo_regret) == total:
                self._pseudo_regret = total
            telling = self._incumbent.add(number, trial.configuration, trial.fidelity or 1, loss, truth)
        if telling or count >= self._due:
            self._written = True
            self.rows += (self._row(),)
            self._due = position(count + 1)
        else:
            self._written = False
        return telling or number < self._all

    def end(self) -> Rows:
        """The last trial's row of progress, if there is a trial and it has none yet."""
        return () if self._written else (self._row(),)

    def _row(self) -> Row:
        """Where the run stands. A sum beyond the range of floats is the largest float."""
        return progress_row(
            run=self._run,
            number=self.trials - 1,
            spent=self._spent,
            fidelity=self.fidelity,
            clock=self._clock,
            incumbent=self._incumbent.number,
            incumbent_value=self._incumbent.value,
            losses=self._losses,
            regret=within_floats(self._regret),
            pseudo_regret=within_floats(self._pseudo_regret),
        )
