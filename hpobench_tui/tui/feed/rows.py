"""Trials of a run in full, read when somebody looks at them: those whose rows are on the screen."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, TrialRow
from hpobench_tui.tui.feed.trials import OfTrials

PIECE = 16
"""Trials that are read in one go; each of them may have a hundred hyperparameters."""
MOST = 1000
"""That are kept: more than any screen shows."""


class Rows(OfTrials[Mapping[int, TrialRow | None]]):
    """Key: a run's id. The picture is number to trial, of those that were asked for; None: it is not recorded."""

    def __init__(self, feed: object, run: int) -> None:
        super().__init__(feed, run)
        self._known: OrderedDict[int, TrialRow | None] = OrderedDict()
        self._asked: dict[int, None] = {}
        self._lock = Lock()
        self._epoch = -1
        self.picture = {}

    def ask(self, numbers: Iterable[int]) -> None:
        """[by the screen] Read these, if they are not known."""
        known = self.picture or {}
        with self._lock:
            before = len(self._asked)
            self._asked |= dict.fromkeys(number for number in numbers if number not in known)
            self.total = self.done + len(self._asked)
            more = len(self._asked) > before
        if more:
            self.feed.wake()

    def step(self, reader: Reader, live: Live) -> bool:
        numbers = self.trials.picture
        if numbers is not None and numbers.epoch != self._epoch:
            self._epoch = numbers.epoch
            if self._known:
                self._known.clear()
                self.publish({})
        with self._lock:
            now = list(self._asked)[:PIECE]
        for number in now:
            found = reader.trial_rows(self.run, number - 1, 1)
            self._known[number] = found[0] if found and found[0].number == number else None
        for number in list(self._known)[: max(len(self._known) - MOST, 0)]:
            del self._known[number]
        if now:
            self.publish(dict(self._known))
        with self._lock:
            for number in now:
                del self._asked[number]
            self.done += len(now)
            self.total = self.done + len(self._asked)
            return bool(self._asked)
