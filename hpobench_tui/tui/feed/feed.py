"""Reads an experiment in a thread of its own, for the screens that show it.

The thread looks for news five times a second (twice over SSH), tells the readings which runs have changed, and steps
those that are wanted in time boxes; after each it tells the screen, which looks at pictures alone. Where everything has
ended and is read it looks every other second whether somebody has taken the experiment up again. If no screen wants
anything, it rests.
"""

import ctypes
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from hpobench_tui.core.describe import describe
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.live import Live
from hpobench_tui.store.presence import Presence, TakenError
from hpobench_tui.store.reader import EventRow, Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading
from hpobench_tui.tui.feed.state import State, Sums

KEPT_EVENTS = 500
LOCAL_PERIOD, SSH_PERIOD = 0.2, 0.5
IDLE_PERIOD = 2.0
BOX = 0.1
"""Seconds of stepping before the screen is told."""
MOST = 12_000_000
"""Bytes of readings that are kept though nobody looks at them."""

_ARENA_MAX = -8
"""glibc's number of that setting (malloc.h)."""

R = TypeVar("R", bound=Reading[Any])


class Feed:
    """An experiment being watched.

    Attributes:
        state: How it stands.
        events: The latest lines of its log.
        trouble: Why nothing can be read any more, if so; with it ``gone`` says whether the file is.
        remark: What of the store is no longer as it was written.
        interrupted: It has not ended, and nobody goes on with it.

    Raises:
        HpobenchError: (on construction) no store there.
    """

    def __init__(self, folder: Path, period: float = LOCAL_PERIOD) -> None:
        with Reader(folder) as reader:
            self.path = reader.path
            row = reader.experiment()
        self.folder = folder
        self.period = period
        self.state = State.before(row)
        self.landmarks: dict[str, Any] = {}
        self.events: list[EventRow] = []
        self.trouble: str | None = None
        self.remark: str | None = None
        self.alive = lifecycle.supervised(folder)
        self.told: Callable[[], None] = lambda: None
        """Called in the thread whenever there is something new to look at."""
        self.said: dict[str, object] = {}
        """What screens have told of it: once is enough, however many of them show it."""
        self.pulse = 0
        """Grows whenever that is so."""
        self._readings: OrderedDict[tuple[type[Reading[Any]], tuple[Hashable, ...]], Reading[Any]] = OrderedDict()
        self._fresh: list[Reading[Any]] = []
        self._wanted: tuple[Reading[Any], ...] = ()
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closed = False
        self._asked = 0
        self._answered = -1
        self._thread = threading.Thread(target=self._run, name=f"feed of {folder.name}", daemon=True)
        self._thread.start()

    # What screens call

    @property
    def gone(self) -> bool:
        return self.trouble is not None and not self.path.exists()

    @property
    def interrupted(self) -> bool:
        return not self.state.row.status.ended and not self.alive

    @property
    def simulated(self) -> bool:
        """Whether the runs' clocks are simulated."""
        return self.state.row.experiment.simulation is not None

    @property
    def settled(self) -> bool:
        """Whether all that is wanted was read, as of what was asked for last."""
        return self.trouble is not None or (
            self._answered == self._asked and self.state.loaded and all(r.complete or r.trouble for r in self._wanted)
        )

    def get(self, kind: type[R], *key: Hashable) -> R:
        """The reading of that key; made if there is none."""
        with self._lock:
            known = self._readings.get((kind, key))
            if known is None:
                known = kind(self, *key)
                known.trouble = self.trouble  # nothing will be read now
                self._readings[kind, key] = known
                self._fresh.append(known)
            self._readings.move_to_end((kind, key))
            return known  # type: ignore[return-value]

    def want(self, readings: Sequence[Reading[Any]]) -> None:
        """Step those, in that order; the others rest. With none the feed rests."""
        with self._lock:
            self._wanted = tuple(dict.fromkeys(readings))
            self._asked += 1
        self._wake.set()

    def wake(self) -> None:
        """Look at once: something was set going."""
        self.want(self._wanted)

    def close(self) -> None:
        """Stop reading."""
        self._closed = True
        self._wake.set()

    def join(self, seconds: float = 5.0) -> None:
        """Wait until the thread has let go of the store."""
        self._thread.join(seconds)

    def look(self, label: str) -> int:
        """The number of an optimizer's colour and marker, the same in every panel."""
        try:
            return self.state.labels.index(label)
        except ValueError:
            return len(self.state.labels)

    # The thread

    def _run(self) -> None:
        while not self._closed:
            try:
                presence = Presence(self.path)
                with Reader(self.folder) as reader:
                    self._begin()
                    self._watch(reader, presence)
            except HpobenchError as error:
                self._halt(str(error))
            except Exception as error:  # noqa: BLE001 - said in place of the experiment
                self._halt(describe(error))
            if not self._closed:
                self._wake.wait()
                self._wake.clear()

    def _begin(self) -> None:
        with self._lock:
            if self.trouble is not None:
                self._readings.clear()  # they are of another connection
            self.trouble = None

    def _halt(self, reason: str) -> None:
        """What was read stays to be seen; what has not even begun to be says why it never will."""
        with self._lock:
            for reading in self._readings.values():
                if reading.picture is None and reading.trouble is None:
                    reading.trouble = reason
            self._answered = self._asked
            self.trouble = reason
        self._tell()

    def _tell(self) -> None:
        self.pulse += 1
        if not self._closed:
            self.told()

    def _watch(self, reader: Reader, presence: Presence) -> None:
        live = Live(reader)
        sums = Sums(live)
        self.landmarks = reader.landmarks()
        self.state, self.events = sums.state, reader.events(0, KEPT_EVENTS)
        with self._lock:
            self._fresh = list(self._readings.values())
        self._tell()
        checked = False
        while not self._closed:
            began = time.monotonic()
            news = self._poll(reader, presence, live, sums)
            stepped, more = self._step(reader, live, began + BOX)
            if news or stepped:
                self._tell()
            if more:
                time.sleep(0)
                continue
            if not checked and self._wanted and self.settled:
                checked = True
                self.remark = reader.remark(whole=False)
                if self.remark:
                    self._tell()
            idle = IDLE_PERIOD if self._at_rest(live) else max(self.period - (time.monotonic() - began), 0.01)
            self._wake.wait(idle if self._wanted else None)
            self._wake.clear()

    def _at_rest(self, live: Live) -> bool:
        ended = live.row.status.ended and live.totals.at_rest == len(live.runs)
        return ended or not self.alive

    def _poll(self, reader: Reader, presence: Presence, live: Live, sums: Sums) -> bool:
        try:
            presence.check()
        except TakenError as error:
            raise HpobenchError(f"{error} What is shown was read before.") from error
        alive = lifecycle.supervised(self.folder)
        news = alive != self.alive
        self.alive = alive
        before, known = live.row, live.runs
        changed = live.poll()
        if changed is None:
            return news
        fresh = reader.events(self.events[-1].id if self.events else 0, KEPT_EVENTS)
        if fresh:
            self.events = [*self.events, *fresh][-KEPT_EVENTS:]
        if live.runs is not known:  # another experiment, as after an extension
            sums.reload()
            self.landmarks = reader.landmarks()
            self._note(live, None)
        elif changed or live.row is not before:
            sums.take(changed)
            self._note(live, changed)
        self.state = sums.state
        return news or bool(changed) or bool(fresh) or live.row is not before

    def _note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        with self._lock:
            readings = list(self._readings.values())
        for reading in readings:
            if reading not in self._fresh:
                self._contained(reading, lambda reading=reading: reading.note(live, changed))  # type: ignore[misc]

    def _step(self, reader: Reader, live: Live, deadline: float) -> tuple[bool, bool]:
        """Whether any picture changed, and whether there is more to do."""
        with self._lock:
            asked, wanted = self._asked, self._wanted
        versions = {id(r): (r.version, r.done) for r in wanted}
        more = False
        for reading in _with_bases(wanted):  # when time is up, each of the others still has one step
            self._introduce(live)
            while self._contained(reading, lambda reading=reading: reading.step(reader, live)):  # type: ignore[misc]
                if time.monotonic() >= deadline or self._asked != asked:
                    more = True
                    break
        self._forget(wanted)
        answered = not more and self._answered != asked
        if answered:
            self._answered = asked
        return answered or any(versions[id(r)] != (r.version, r.done) for r in wanted), more

    def _introduce(self, live: Live) -> None:
        """New readings hear of everything first."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        for reading in fresh:
            self._contained(reading, lambda reading=reading: reading.note(live, None))  # type: ignore[misc]

    def _contained(self, reading: Reading[Any], act: Callable[[], Any]) -> bool:
        """What a reading raises is said where it is shown, and takes neither the others nor the feed down."""
        if reading.trouble is not None:
            return False
        try:
            return bool(act())
        except HpobenchError as error:
            reading.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - said in its panel
            reading.trouble = describe(error)
        return False

    def _forget(self, wanted: Sequence[Reading[Any]]) -> None:
        """Give up what was not looked at for the longest time, where all of it is too much."""
        with self._lock:
            kept = set(map(id, _with_bases(wanted)))
            total = sum(reading.weight for reading in self._readings.values())
            for key, reading in list(self._readings.items()):
                if total <= MOST:
                    break
                if id(reading) not in kept:
                    total -= reading.weight
                    del self._readings[key]


def _with_bases(readings: Sequence[Reading[Any]]) -> list[Reading[Any]]:
    """The readings, each after those that it is made of."""
    found: dict[int, Reading[Any]] = {}

    def add(reading: Reading[Any]) -> None:
        for base in reading.bases():
            add(base)
        found.setdefault(id(reading), reading)

    for reading in readings:
        add(reading)
    return list(found.values())


def quicken() -> None:
    """Let the thread that draws have its turn sooner than Python would: a key is answered while stores are read."""
    sys.setswitchinterval(0.001)


def one_heap() -> None:
    """Let threads share one heap where the C library would give each its own: what one frees another can use."""
    with suppress(AttributeError, OSError):  # a system with another C library
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
