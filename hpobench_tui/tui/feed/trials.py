"""The numbers of a run's recorded trials: what a table of a million of them is sorted by, and charts are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.columns import ABSENT, Floats
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow, TrialTable
from hpobench_tui.tui.feed.reading import Reading

PIECE = 2000
"""Trials that are read in one go."""
COLUMNS = ("status", "loss", "truth", "fidelity")
STATUSES = tuple(TrialStatus)
FAILED, PRUNED = STATUSES.index(TrialStatus.FAILED), STATUSES.index(TrialStatus.PRUNED)
_CODES = {status: code for code, status in enumerate(STATUSES)}

Whole = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Trials in order, each array of shape (n,): 25 bytes a trial.

    Attributes:
        number: Ascending, not all there where the experiment does not record every trial.
        loss, truth: NaN where there is none.
        status: Places in :data:`STATUSES`.
        fidelity: Reached; -1 where there is none.
        epoch: Another one after the run has started over.
    """

    number: Whole
    loss: Floats
    truth: Floats
    status: NDArray[np.uint8]
    fidelity: Whole
    epoch: int = 0

    def __len__(self) -> int:
        return len(self.number)

    def place(self, number: int | None) -> int | None:
        """Where a trial is among those that are recorded; None: it is not."""
        if number is None:
            return None
        at = int(np.searchsorted(self.number, number))
        return at if at < len(self) and self.number[at] == number else None

    def before(self, number: int | None) -> "Numbers":
        """Those with a number below that one; None: all of them."""
        if number is None:
            return self
        count = int(np.searchsorted(self.number, number))
        cut = slice(0, count)
        return Numbers(
            self.number[cut], self.loss[cut], self.truth[cut], self.status[cut], self.fidelity[cut], self.epoch
        )


class Trials(Reading[Numbers]):
    """Key: a run's id. What was read stays where it is; arrays grow by what is new."""

    def __init__(self, feed: object, run: int) -> None:
        super().__init__(feed, run)  # type: ignore[arg-type]
        self._run = run
        self._stale = False
        self._epoch = -1
        self._start_over(0)

    def _start_over(self, expected: int) -> None:
        self._epoch += 1
        self._count = 0
        self._room = _empty(expected)

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None:
            self._start_over(live.runs[self._run].trials if self._run < len(live.runs) else 0)
        if changed is None or any(run.id == self._run for run in changed):
            self._stale = True
            self.total = live.runs[self._run].trials
            self.done = min(self.done, max(self.total - 1, 0))

    def step(self, reader: Reader, live: Live) -> bool:
        if not self._stale:
            return False
        # the last one that is known is read again: where it is another one, the run has started over
        known = self._count - 1
        new = reader.trials(self._run, int(self._room.number[known]) - 1 if known >= 0 else -1, COLUMNS, PIECE)
        if known >= 0:
            if not self._same(known, new):
                self._start_over(live.runs[self._run].trials)
                return True
            new = new.rows(slice(1, None))
        more = len(new) >= PIECE - 1
        self._add(new)
        cut = slice(0, self._count)
        numbers = Numbers(
            self._room.number[cut], self._room.loss[cut], self._room.truth[cut], self._room.status[cut],
            self._room.fidelity[cut], self._epoch,
        )  # fmt: skip
        self.total = live.runs[self._run].trials
        self._stale = more
        self.done = min(int(numbers.number[-1]) + 1, self.total - 1) if more and len(numbers) else self.total
        self.weight = 25 * self._count
        if len(new) or self.picture is None or self.picture.epoch != self._epoch:
            self.publish(numbers)
        return more

    def _same(self, known: int, new: TrialTable) -> bool:
        room = self._room
        return (
            len(new) > 0
            and int(new.number[0]) == room.number[known]
            and _CODES[new.status[0]] == room.status[known]
            and bool(np.array_equal(new.loss[:1], room.loss[known : known + 1], equal_nan=True))
        )

    def _add(self, new: TrialTable) -> None:
        start, stop = self._count, self._count + len(new)
        if stop > len(self._room):
            larger = _empty(max(stop, 2 * len(self._room)))
            for name in ("number", "loss", "truth", "status", "fidelity"):
                getattr(larger, name)[:start] = getattr(self._room, name)[:start]
            self._room = larger
        room, self._count = self._room, stop
        room.number[start:stop], room.loss[start:stop], room.truth[start:stop] = new.number, new.loss, new.truth
        room.status[start:stop] = np.fromiter(map(_CODES.__getitem__, new.status), np.uint8, len(new))
        room.fidelity[start:stop] = np.clip(new.fidelity, ABSENT, np.iinfo(np.int32).max)


def _empty(count: int) -> Numbers:
    """Room for that many; what is never filled takes no memory."""
    return Numbers(
        np.empty(count, np.int32),
        np.empty(count),
        np.empty(count),
        np.empty(count, np.uint8),
        np.empty(count, np.int32),
    )
