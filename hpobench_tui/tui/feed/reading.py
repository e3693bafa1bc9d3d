"""Something that is worked out of a store and kept up to date at the cost of what changed."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow

if TYPE_CHECKING:
    from hpobench_tui.tui.feed.feed import Feed

P = TypeVar("P")


class Reading(Generic[P]):
    """One thing that panels show. Equal keys share one reading (:meth:`Feed.get`).

    The feed's thread calls :meth:`note` and :meth:`step`; the screens read ``picture``, ``done`` and ``total`` at any
    time, and nothing else. What :meth:`step` raises is kept in ``trouble``, and said in the panel.

    Attributes:
        picture: What is known; an immutable value that is replaced as a whole. ``None`` before there is anything.
        done, total: How many of the runs (or pieces) are in it.
        trouble: Why it cannot be worked out, if it cannot.
        weight: About how many bytes it keeps; what is not wanted any more goes when all of it is too much.
    """

    weight: int = 0

    def __init__(self, feed: "Feed", *key: Hashable) -> None:
        self.feed = feed
        self.key = key
        self.picture: P | None = None
        self.done = 0
        self.total = 0
        self.trouble: str | None = None
        self.version = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is missing of what the store had at the last look."""
        return self.picture is not None and self.done >= self.total

    @property
    def words(self) -> str:
        """``reading 130/510`` while that is so."""
        return "" if self.complete else f"reading {self.done}/{self.total}" if self.total else "reading"

    def bases(self) -> Sequence["Reading[Any]"]:
        """Readings that this one is made of: stepped before it."""
        return ()

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        """These runs have changed; None: this is the first call, or everything did. Nothing is read here."""
        raise NotImplementedError  # a subclass says what it will have to read again

    def step(self, reader: Reader, live: Live) -> bool:
        """Do one piece (10 ms at most), and publish a picture if there is a new one worth showing.

        Returns:
            Whether there is more to do.
        """
        raise NotImplementedError  # a subclass says how

    def publish(self, picture: P) -> None:
        """Show this from now on."""
        self.picture = picture
        self.version += 1
