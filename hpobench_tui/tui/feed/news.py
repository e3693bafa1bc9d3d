"""The news of an experiment."""

import time
from collections.abc import Sequence
from typing import Any

from hpobench_tui.analysis.news import Line
from hpobench_tui.analysis.news import News as Gathered
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.cells import Cells
from hpobench_tui.tui.feed.reading import Reading

PIECE = 500
"""Events that are read in one go."""


class News(Reading[tuple[Line, ...]]):
    """Of the whole experiment: no key. The picture is the lines, the newest last."""

    def __init__(self, feed: object) -> None:
        super().__init__(feed)  # type: ignore[arg-type]
        self._cells = self.feed.get(Cells, None, None)
        self._gathered: Gathered | None = None
        self._changed: list[RunRow] = []
        self._event = 0
        self._judged = -1
        self._now: float | None = None
        self._more = True

    def bases(self) -> Sequence[Reading[Any]]:
        return (self._cells,)

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None:
            self._gathered, self._event, self._judged, self._now = None, 0, -1, None
        self._changed += live.runs if changed is None else changed
        self._more = True
        self.done, self.total = 0, 1

    def step(self, reader: Reader, live: Live) -> bool:
        if self.feed.events and self.feed.events[-1].id > self._event:
            self._more = True
        if self._gathered is None:
            self._gathered = Gathered(live.row.experiment)
        if self._more:
            events = reader.events(self._event, PIECE)
            self._gathered.events(events)
            self._event = events[-1].id if events else self._event
            self._more = len(events) == PIECE
            if self._more:
                return True
        piece, self._changed = self._changed[:PIECE], self._changed[PIECE:]
        if piece:
            self._gathered.runs(piece, self._now)
        if self._changed:
            return True
        cells = self._cells.picture
        if cells is not None and self._cells.complete and self._judged != self._cells.version:
            self._judged = self._cells.version
            self._gathered.leaders(cells.rows, self._now)
            self._now = time.time()
        if cells is not None:
            self._gathered.end(live.row.status, cells.rows, cells.ranking)
        self.done = self.total
        if self._now is not None:
            self._now = time.time()
        lines = self._gathered.lines
        if lines != self.picture:
            self.publish(lines)
        return False
