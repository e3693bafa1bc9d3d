"""Which trials are stored, and where a run stood after them.

Sums, incumbent and the share of the budget are kept over *all* trials, so that every stored row of progress is exact.

* A **progress** row is written after each of the first ``DENSE`` trials, then whenever a run is two per cent longer
  than at its last row, whenever the incumbent changes, and after the last trial: curves are complete in simple regret
  and have a point a pixel in the others.
* A **trial** row is written for every trial, or (``record`` = n, for long horizons) for the first n, and from then on
  only where the incumbent changes, and for the first that failed, whose reason tables show. Each has its row of
  progress, which is then dense for the first n trials only, too.
"""

from sys import maxsize

from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.progress import DENSE, gap
from hpobench_tui.core.trial import Status, Trial
from hpobench_tui.engine.messages import Cell


class Recorder:
    """Keeps the account of one run.

    Attributes:
        trials: How many have ended.
        failed_trials: How many of them failed.
        telling: The trial added last deserves a row of progress.
    """

    def __init__(self, run: int, noisy: bool, reference: float, record: int | None) -> None:
        self._run, self._reference = run, reference
        self._all = maxsize if record is None else record
        self._dense = min(DENSE, self._all)
        self._incumbent = IncumbentTracker(noisy)
        self._next = 0
        self.trials = self.failed_trials = 0
        self.telling = False
        self._fidelity = self._losses = 0
        self._total_loss = self._total_truth = self._total_reference = 0.0

    def add(self, trial: Trial, truth: float | None, reference: float | None, fidelity: int) -> bool:
        """Take a trial into account; whether its row is to be stored.

        Args:
            truth: Its noise-free loss, if known.
            reference: What the comparator lost in its round, if that is not the problem's constant.
            fidelity: What it counts from scratch.
        """
        number = trial.number
        self.trials = number + 1
        self._fidelity += fidelity
        loss = trial.loss
        telling = False
        if loss is None:
            if trial.status is Status.FAILED:
                self.failed_trials += 1
                telling = self.failed_trials == 1
        else:
            self._losses += 1
            self._total_loss += loss
            self._total_truth += loss if truth is None else truth
            self._total_reference += self._reference if reference is None else reference
            telling = self._incumbent.add(number, trial.configuration, trial.fidelity or 1, loss, truth)
        self.telling = telling or number >= self._next
        if self.telling:
            self._next = number + gap(number, self._dense)
        return telling or number < self._all

    def progress(self, spent: int, clock: float) -> tuple[Cell, ...]:
        """The row of progress after the last trial."""
        return (
            self._run, self.trials - 1, spent, self._fidelity, clock, self._incumbent.number, self._incumbent.value,
            self._losses, self._total_loss, self._total_truth, self._total_reference,
        )  # fmt: skip
