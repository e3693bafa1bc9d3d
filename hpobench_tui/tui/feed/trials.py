"""The numbers of a run's recorded trials: what a table of a million of them is sorted by, and charts are made from."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.columns import ABSENT, Floats
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow, TrialTable
from hpobench_tui.tui.feed.reading import Reading

P = TypeVar("P")

PIECE = 2000
"""Trials that are read in one go."""
COLUMNS = ("status", "loss", "truth", "fidelity", "cost", "clock_start", "clock_end")
STATUSES = tuple(TrialStatus)
FAILED, PRUNED = STATUSES.index(TrialStatus.FAILED), STATUSES.index(TrialStatus.PRUNED)
_CODES = {status: code for code, status in enumerate(STATUSES)}

Whole = NDArray[np.int32]
Short = NDArray[np.float32]
Array = NDArray[Any]
_KINDS: Mapping[str, Any] = {
    "number": np.int32, "loss": np.float64, "truth": np.float64, "status": np.uint8, "fidelity": np.int32,
    "cost": np.float32, "seconds": np.float32,
}  # fmt: skip
_MAY_LACK: Mapping[str, float] = {"truth": np.nan, "fidelity": ABSENT}
"""What many runs have not at all, and what stands for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Trials in order, each array of shape (n,): 21 to 33 bytes a trial.

    Attributes:
        number: Ascending, not all there where the experiment does not record every trial.
        loss: NaN where there is none.
        status: Places in :data:`STATUSES`.
        cost, seconds: Quanta, and seconds from its start to its end; to seven digits.
        truth: NaN where it is not known; None: nowhere.
        fidelity: Reached, -1 where there is none; None: nowhere.
        epoch: Another one after the run has started over.
    """

    number: Whole
    loss: Floats
    status: NDArray[np.uint8]
    cost: Short
    seconds: Short
    truth: Floats | None = None
    fidelity: Whole | None = None
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
        cut = int(np.searchsorted(self.number, number))
        own = {name: getattr(self, name) for name in _KINDS}
        cut_off: dict[str, Any] = {name: None if array is None else array[:cut] for name, array in own.items()}
        return Numbers(**cut_off, epoch=self.epoch)


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
        self._room = expected
        self._arrays: dict[str, Array] = {n: np.empty(expected, k) for n, k in _KINDS.items() if n not in _MAY_LACK}

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None:
            self._start_over(live.runs[self._run].trials)
        if changed is None or any(run.id == self._run for run in changed):
            self._stale = True
            self.total = live.runs[self._run].trials
            self.done = min(self.done, max(self.total - 1, 0))

    def step(self, reader: Reader, live: Live) -> bool:
        if not self._stale:
            return False
        # the last one that is known is read again: where it is another one, the run has started over
        known = self._count - 1
        new = reader.trials(self._run, int(self._arrays["number"][known]) - 1 if known >= 0 else -1, COLUMNS, PIECE)
        if known >= 0 and not self._same(known, new):
            self._start_over(live.runs[self._run].trials)
            return True
        more = len(new) == PIECE
        if known >= 0:
            new = new.rows(slice(1, None))
        self._add(new)
        self.total = live.runs[self._run].trials
        self._stale = more
        self.done = min(int(new.number[-1]) + 1, self.total - 1) if more else self.total
        if len(new) or self.picture is None or self.picture.epoch != self._epoch:
            self.weight = sum(array.itemsize for array in self._arrays.values()) * self._count
            self.publish(
                Numbers(**{name: array[: self._count] for name, array in self._arrays.items()}, epoch=self._epoch)
            )
        return more

    def _same(self, known: int, new: TrialTable) -> bool:
        own = self._arrays
        return (
            len(new) > 0
            and int(new.number[0]) == own["number"][known]
            and _CODES[new.status[0]] == own["status"][known]
            and np.float32(new.cost[0]) == own["cost"][known]
            and bool(np.array_equal(new.loss[:1], own["loss"][known : known + 1], equal_nan=True))
        )

    def _add(self, new: TrialTable) -> None:
        start, stop = self._count, self._count + len(new)
        if stop > self._room:
            self._room = max(stop, 2 * self._room)
            for name, array in self._arrays.items():
                larger = np.empty(self._room, array.dtype)
                larger[:start] = array[:start]
                self._arrays[name] = larger
        if not np.isnan(new.truth).all():
            self._know("truth")
        if (new.fidelity != ABSENT).any():
            self._know("fidelity")
        status = np.fromiter(map(_CODES.__getitem__, new.status), np.uint8, len(new))
        parts = {"status": status, "seconds": new.clock_end - new.clock_start}
        for name, array in self._arrays.items():
            array[start:stop] = parts[name] if name in parts else getattr(new, name)
        self._count = stop

    def _know(self, name: str) -> None:
        """From now on there is such an array."""
        if name not in self._arrays:
            self._arrays[name] = np.empty(self._room, _KINDS[name])
            self._arrays[name][: self._count] = _MAY_LACK[name]


class OfTrials(Reading[P]):
    """Key: a run's id, and what a subclass adds. Made of the run's trials, which say when there is something new."""

    def __init__(self, feed: object, run: int, *more: Hashable) -> None:
        super().__init__(feed, run, *more)  # type: ignore[arg-type]
        self.run = run
        self.trials = self.feed.get(Trials, run)

    def bases(self) -> Sequence[Reading[Any]]:
        return (self.trials,)

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        """What it reads follows from its base."""
