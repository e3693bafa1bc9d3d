"""Learning curves of a run: how the loss of each training went down, and which were stopped.

A curve is a training: its reports on the way, where the store has them, and the ends of the trials that it was for; a
trial that continues another one goes on with its curve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.core.columns import Floats
from hpobench_tui.core.records import ReportRow
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, TrialTable
from hpobench_tui.tui.feed.trials import OfTrials

PIECE = 100
"""Trials whose reports are read in one go: some have hundreds."""
MOST = 20_000
"""Trials that are looked at, the first ones."""
COLUMNS = ("status", "loss", "fidelity", "continues")


@dataclass(slots=True, eq=False)
class Training:
    """One curve.

    Attributes:
        first: The number of its first trial.
        trials: Of all of them.
        points: (trial, fidelity, loss), by fidelity within a trial.
        pruned: Whether its optimizer stopped its last trial early.
    """

    first: int
    trials: list[int]
    points: list[tuple[int, int, float]]
    pruned: bool = False

    @property
    def reached(self) -> int:
        return self.points[-1][1] if self.points else 0

    @property
    def loss(self) -> float:
        return self.points[-1][2] if self.points else float("nan")

    def until(self, trials: int | None) -> tuple[Floats, Floats]:
        """Fidelities and losses, as far as trials with a number below that one tell; each of shape (n,)."""
        own = [(at, loss) for trial, at, loss in self.points if trials is None or trial < trials]
        own.sort(key=lambda point: point[0])
        array = np.array(own, dtype=np.float64).reshape(-1, 2)
        return array[:, 0], array[:, 1]


@dataclass(frozen=True, slots=True, eq=False)
class Trainings:
    """All of a run's.

    Attributes:
        every: In the order in which they began to be recorded.
        of: Trial to its training.
        highest: The highest fidelity that any has reached.
        read: How many trials were looked at.
    """

    every: Sequence[Training]
    of: Mapping[int, Training]
    highest: int
    read: int

    def stopped(self, training: Training) -> bool:
        """Whether it ended below what others reached: pruned, or not promoted (yet)."""
        return training.pruned or training.reached < self.highest


class Learning(OfTrials[Trainings]):
    """Key: a run's id."""

    def __init__(self, feed: object, run: int) -> None:
        super().__init__(feed, run)
        self._start_over(-1)

    def _start_over(self, epoch: int) -> None:
        self._epoch, self._count, self._highest = epoch, 0, 0
        self._every: list[Training] = []
        self._of: dict[int, Training] = {}

    def step(self, reader: Reader, live: Live) -> bool:
        numbers = self.trials.picture
        if numbers is None:
            return False
        if numbers.epoch != self._epoch:
            self._start_over(numbers.epoch)
            self.picture = None
        most = min(len(numbers), MOST)
        stop = min(self._count + PIECE, most)
        if stop > self._count:
            after, last = int(numbers.number[self._count]) - 1, int(numbers.number[stop - 1])
            self._add(reader.trials(self.run, after, COLUMNS, stop - self._count), self._reports(reader, after, last))
            self._count = stop
        self.total, self.done = most, stop
        if self.picture is None or self.picture.read != stop:
            self.weight = 400 * stop
            self.publish(Trainings(tuple(self._every), self._of, self._highest, stop))
        return stop < most

    def _reports(self, reader: Reader, after: int, last: int) -> dict[int, list[tuple[int, int, float]]]:
        found: dict[int, list[tuple[int, int, float]]] = {}
        for part in reader.cells(ReportRow, self.run, ("trial", "fidelity", "loss"), last + 1, after):
            for trial, fidelity, loss in zip(*part, strict=True):
                if isinstance(trial, int) and isinstance(fidelity, int) and isinstance(loss, (int, float)):
                    found.setdefault(trial, []).append((trial, fidelity, float(loss)))
        return found

    def _add(self, table: TrialTable, reports: Mapping[int, list[tuple[int, int, float]]]) -> None:
        rows = zip(table.number.tolist(), table.status, table.loss.tolist(), table.fidelity.tolist(),
                   table.continues.tolist(), strict=True)  # fmt: skip
        for number, status, loss, fidelity, continues in rows:
            training = self._of.get(continues) if continues >= 0 else None
            if training is None:
                training = Training(number, [], [])
                self._every.append(training)
            self._of[number] = training
            training.trials.append(number)
            training.points += reports.get(number, [])
            if fidelity >= 0 and loss == loss and (not training.points or training.points[-1][1:] != (fidelity, loss)):
                training.points.append((number, fidelity, loss))
            training.pruned = status is TrialStatus.PRUNED
            self._highest = max(self._highest, training.reached)
