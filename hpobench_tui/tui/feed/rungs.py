"""How far the brackets of one run are filled."""

from collections.abc import Sequence

from hpobench_tui.analysis import brackets
from hpobench_tui.analysis.brackets import BracketFill
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow, TrialTable
from hpobench_tui.tui.feed.reading import Reading

PIECE = 2000
"""Trials that are read in one go."""


class Rungs(Reading[Sequence[BracketFill]]):
    """Key: a run's id. The picture is empty for a run without brackets."""

    def __init__(self, feed: object, run: int) -> None:
        super().__init__(feed, run)  # type: ignore[arg-type]
        self._run = run
        self._parts: list[TrialTable] = []
        self._read = 0
        self._stale = True

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None or any(run.id == self._run for run in changed):
            self._stale = True
            self.done, self.total = 0, 1

    def step(self, reader: Reader, live: Live) -> bool:
        if not self._stale:
            return False
        run = live.runs[self._run]
        if run.trials < self._read:  # it has started over
            self._parts.clear()
        after = int(self._parts[-1].number[-1]) if self._parts else -1
        new = reader.trials(run.id, after, brackets.COLUMNS, PIECE)
        if len(new):
            self._parts = [TrialTable.joined([*self._parts, new])]
        none = not run.plan and (not self._parts or self._parts[0].bracket[0] < 0)
        more = len(new) == PIECE and not none
        self._read = run.trials
        if not more:
            self._stale, self.done = False, 1
            empty = self._parts[0] if self._parts else new
            self.publish(() if none else tuple(brackets.fill(run, empty)))
        return more
