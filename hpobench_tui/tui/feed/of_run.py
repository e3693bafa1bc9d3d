"""What readings of one run share: when they have to look again."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed.reading import Reading

P = TypeVar("P")


class OfRun(Reading[P]):
    """Key: a run's id, and what a subclass adds. ``stale`` once the run has changed, until the subclass has looked."""

    def __init__(self, feed: object, run: int, *more: Hashable) -> None:
        super().__init__(feed, run, *more)  # type: ignore[arg-type]
        self.run = run
        self.stale = False

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None or any(run.id == self.run for run in changed):
            self.stale, self.done, self.total = True, 0, 1
