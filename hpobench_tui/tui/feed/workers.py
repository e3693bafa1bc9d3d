"""Who does what, since when; and what was done, as far as somebody looked on.

A store says which runs are worked on and for how long they were, not by whom or when. So a lane is one of as many as
ever worked side by side, and a stint that was seen to end began as many seconds before as its run took; the ends of
runs that were over when the experiment was opened are not known.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading

KEPT = 400
"""Stints that are over."""
SLACK = 0.5
"""Seconds by which ends are seen late."""


@dataclass(frozen=True, slots=True)
class Stint:
    """A run that was worked on from ``start`` to ``end`` (Unix time; inf: it still is), in lane ``lane`` from 0."""

    run: RunRow
    lane: int
    start: float
    end: float = inf


@dataclass(frozen=True, slots=True)
class Work:
    """What goes on, by lane; what is over, the latest last; since when somebody has looked on."""

    now: tuple[Stint, ...]
    over: tuple[Stint, ...]
    since: float


class Workers(Reading[Work]):
    """No key: of all runs. At the cost of those that changed."""

    def __init__(self, feed: object) -> None:
        super().__init__(feed)  # type: ignore[arg-type]
        self._since = time.time()
        self._now: dict[int, Stint] = {}
        self._over: list[Stint] = []
        self._changed = True

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        moment = time.time()
        if changed is None:
            self._now.clear()
        runs = live.runs if changed is None else changed
        for run in runs:
            if run.status is RunStatus.RUNNING:
                known = self._now.get(run.id)
                start = known.start if known else moment - run.seconds
                lane = known.lane if known else self._free(start)
                self._now[run.id] = Stint(run, lane, start)
                self._changed = True
            elif changed is not None and (run.id in self._now or (run.status.ended and run.seconds > 0)):
                known = self._now.pop(run.id, None)
                start = known.start if known else max(moment - run.seconds, self._since - run.seconds)
                self._over.append(Stint(run, known.lane if known else self._free(start), start, moment))
                self._changed = True
        del self._over[:-KEPT]
        self.done, self.total = int(not self._changed), 1

    def _free(self, start: float) -> int:
        """The first lane in which nothing goes on, and what was done last had ended by then."""
        taken = {stint.lane for stint in self._now.values()}
        taken |= {stint.lane for stint in self._over if stint.end > start + SLACK}
        return next(lane for lane in range(len(taken) + 1) if lane not in taken)

    def step(self, reader: Reader, live: Live) -> bool:
        if self._changed:
            self._changed, self.done = False, 1
            now = sorted(self._now.values(), key=lambda stint: stint.lane)
            self.publish(Work(tuple(now), tuple(self._over), self._since))
        return False
