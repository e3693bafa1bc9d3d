"""What optimizers believed, asked of a process that repeats runs (``engine.front.looks``)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from weakref import WeakKeyDictionary, finalize

from hpobench_tui.engine.front.looks import (
    AskedAgainError,
    Bounds,
    Held,
    Looks,
    Pulls,
    Slice,
    as_bounds,
    as_pulls,
    as_slice,
)
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading

if TYPE_CHECKING:
    from hpobench_tui.tui.feed.feed import Feed

WAIT = 0.008
"""Seconds that a step waits for an answer."""
P = TypeVar("P")
_LOOKS: "WeakKeyDictionary[Feed, Looks]" = WeakKeyDictionary()


def looks_of(feed: "Feed") -> Looks:
    """The process that looks into this experiment: one for all readings; it ends when nobody reads any more."""
    if (looks := _LOOKS.get(feed)) is None:
        looks = _LOOKS[feed] = Looks(feed.folder)
        finalize(feed, looks.close)
    return looks


class Asked(Reading[P], Generic[P]):
    """An answer of that process. ``done`` of ``total`` questions were repeated."""

    what: Literal["slice", "bounds", "pulls"]

    def __init__(self, feed: "Feed", *key: Any) -> None:
        super().__init__(feed, *key)
        self._request: int | None = None
        self._stale = True

    def given(self) -> Mapping[str, Any]:
        """The arguments of the request."""
        raise NotImplementedError  # a subclass says what it asks

    def read(self, answer: Mapping[str, Any]) -> P:
        """The answer as a picture."""
        raise NotImplementedError  # likewise

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        """What was believed then does not change."""

    def step(self, reader: Reader, live: Live) -> bool:
        if not self._stale:
            return False
        looks = looks_of(self.feed)
        if self._request is None:
            self._request = looks.ask(self.what, **self.given())
        try:
            answer = looks.heard(self._request, WAIT)
        except AskedAgainError:
            self._request = None
            return True
        if answer is None:
            self.done, self.total = looks.progress.get(self._request, (self.done, max(self.total, self.done + 1)))
            return True
        self._request, self._stale = None, False
        self.done = self.total = 1
        self.publish(self.read(answer))
        return False


class SliceReading(Asked[Slice]):
    """Key: run, trial, hyperparameters, points, where the others are held."""

    what = "slice"

    def __init__(self, feed: "Feed", run: int, trial: int, along: tuple[str, ...], points: int, held: Held) -> None:
        super().__init__(feed, run, trial, along, points, held)
        self._given = {"run": run, "trial": trial, "along": along, "points": points, "held": held}

    def given(self) -> Mapping[str, Any]:
        return self._given

    def read(self, answer: Mapping[str, Any]) -> Slice:
        found = as_slice(answer)
        self.weight = 200 * (len(found.data) + len(found.acquisition or found.middle or ()))
        return found


class BoundsReading(Asked[Bounds]):
    """Key: run, trial."""

    what = "bounds"

    def __init__(self, feed: "Feed", run: int, trial: int) -> None:
        super().__init__(feed, run, trial)
        self._given = {"run": run, "trial": trial}

    def given(self) -> Mapping[str, Any]:
        return self._given

    def read(self, answer: Mapping[str, Any]) -> Bounds:
        found = as_bounds(answer)
        self.weight = 1000 * len(found.arms)
        return found


class PullsReading(Asked[Pulls]):
    """Key: run. Counted anew when the run has gone on, as soon as the last count is in."""

    what = "pulls"

    def __init__(self, feed: "Feed", run: int) -> None:
        super().__init__(feed, run)
        self._run = run

    def given(self) -> Mapping[str, Any]:
        return {"run": self._run}

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None or any(run.id == self._run for run in changed):
            self._stale = True

    def read(self, answer: Mapping[str, Any]) -> Pulls:
        found = as_pulls(answer)
        self.weight = 40 * len(found.positions) * (len(found.arms) + 2)
        return found
