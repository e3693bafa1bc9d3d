"""How far the brackets of one run are filled, or were at a part of its budget."""

from collections.abc import Sequence

import numpy as np

from hpobench_tui.analysis import brackets
from hpobench_tui.analysis.brackets import BracketFill
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, TrialTable
from hpobench_tui.tui.feed.of_run import OfRun
from hpobench_tui.tui.feed.progress import started_over

PIECE = 2000
"""Trials that are read in one go."""


class Rungs(OfRun[Sequence[BracketFill]]):
    """Key: a run's id, part of its budget (None: all). The picture is empty for a run without brackets.

    Of a plan that is gone through again and again, trials of its latest cycle alone are kept.
    """

    def __init__(self, feed: object, run: int, at: float | None = None) -> None:
        super().__init__(feed, run, at)
        self._at = at
        self._parts: list[TrialTable] = []
        self._last, self._read, self._cycle = -1, (0, 0), 0
        self._stop: int | None = None
        """Trials from that number on are not looked at."""

    def step(self, reader: Reader, live: Live) -> bool:
        if not self.stale:
            return False
        run = live.runs[self.run]
        if started_over(run, *self._read):
            self._parts, self._last, self._cycle, self._stop = [], -1, 0, None
        self._read = run.attempts, run.trials
        if self._at is not None and self._stop is None:
            quanta = int(self._at * run.budget)
            end = reader.end(run.id, quanta) if quanta else None
            self._stop = int(end.number[-1]) + 1 if end is not None and len(end) else 0
        limit = PIECE if self._stop is None else min(PIECE, self._stop - self._last - 1)
        new = reader.trials(run.id, self._last, brackets.COLUMNS, max(limit, 0))
        if len(new) and self._stop is not None:
            new = new.rows(slice(int(np.searchsorted(new.number, self._stop))))
        none = not run.plan and not self._parts and bool(len(new)) and new.bracket[0] < 0
        more = len(new) == PIECE and not none
        if len(new) and not none:
            self._keep(new, len(run.plan or ()))
        if more:
            return True
        self.stale, self._stop, self.done = False, None, 1
        every = TrialTable.joined(self._parts) if self._parts else new.rows(slice(0))
        self._parts = [every] if len(every) else []
        self.weight = len(every) * 80
        self.publish(() if none else tuple(brackets.fill(run, every)))
        return False

    def _keep(self, new: TrialTable, length: int) -> None:
        """Add these, and let go of cycles that are over; ``length``: brackets of a cycle, 0 without a plan."""
        self._last = int(new.number[-1])
        self._parts.append(new)
        cycle = max(int(new.bracket.max()), 0) // length if length else 0
        if cycle > self._cycle:
            self._cycle = cycle
            every = TrialTable.joined(self._parts)
            self._parts = [every.rows(slice(int(np.argmax(every.bracket >= cycle * length)), None))]
