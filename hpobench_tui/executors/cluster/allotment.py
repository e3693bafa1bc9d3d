"""Which tasks are with which Dask worker, and how many more go where: what the owner of a cluster reckons with."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic

from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.contract import Task

AHEAD_SECONDS, MOST_AHEAD = 0.5, 128
"""How much work goes to a place at once, while tasks are shorter than that on average; and how many at most.

Those are refilled when half are done: in less time than a worker lets its messages wait, and they travel."""
STEAL_SECONDS, MOST_STEAL_SECONDS = 1.0, 60.0
"""That one waits behind another while there is room elsewhere; each time twice as long, so that one that is slow to
begin everywhere is not sent around for ever."""
REMEMBERED = 0.2
"""Weight of the last task in the average."""
LONG_SECONDS = 60.0
"""Longer ones count as that, or one of hours would be remembered for long."""


@dataclass
class Place:
    """A Dask worker: how many tasks at a time, and how many that need a GPU. Unfit ones are known, and not used."""

    address: str
    slots: int
    gpus: int
    fit: bool = False
    against: str = ""


NOWHERE = Place("", 0, 0)
"""Of tasks that wait for a worker, while there is none."""


@dataclass
class Held(Generic[Task]):
    """A task that was handed out.

    Attributes:
        order: Of the Dask task that it was sent in; -1 before.
        paused: Whether all were to stand still when it was sent off.
        patience: After which it is taken elsewhere, if it has not begun.
    """

    task: Task
    place: Place
    handed: float
    on_gpu: bool
    process: str
    patience: float = STEAL_SECONDS
    order: int = -1
    future: Any = None
    begun: bool = False
    aside: bool = False
    paused: bool = False
    activity: Activity = field(default_factory=lambda: Activity(Phase.IDLE, -1, time.monotonic()))

    @property
    def busy(self) -> bool:
        """Whether it takes up a place."""
        return not (self.aside and self.activity.phase is Phase.PAUSED)


class Allotment(Generic[Task]):
    """What was handed out, by its token.

    Args:
        most: Tasks at a time at most; None: as many as the cluster has places.

    Attributes:
        held: What has not ended.
    """

    def __init__(self, most: int | None) -> None:
        self.held: dict[int, Held[Task]] = {}
        self._most = most
        self._numbers = count()
        self._seconds = 2 * AHEAD_SECONDS
        self._load: Counter[str] = Counter()  # by worker
        self._orders: defaultdict[str, Counter[int]] = defaultdict(Counter)  # how many of each have not ended, likewise
        self._aside: set[int] = set()
        self._outgoing: list[int] = []
        self._going: Counter[str] = Counter()  # of which so many, by worker

    def number(self) -> int:
        """One that nothing else has."""
        return next(self._numbers)

    def grow(self, most: int) -> None:
        """Allow for that many, if there is a limit."""
        if self._most is not None:
            self._most = max(most, self._most)

    def took(self, seconds: float) -> None:
        """A task took so long, which says how many go to a worker at once."""
        self._seconds += REMEMBERED * (min(seconds, LONG_SECONDS) - self._seconds)

    def loads(self) -> Counter[str]:
        """How many tasks take up places, by worker."""
        loads = Counter(self._load)
        for held in map(self.held.__getitem__, self._aside):
            loads[held.place.address] -= not held.busy
        return loads

    def used(self, place: Place) -> int:
        """How many threads of a worker are taken: by what is sent in one Dask task, one, however much waits there."""
        aside = {self.held[token].order for token in self._aside if not self.held[token].busy}
        orders = self._orders[place.address]
        return min(place.slots, len(orders) - len(aside & orders.keys()) + self._going[place.address])

    def rooms(self, fit: Sequence[Place]) -> list[tuple[Place, int]]:
        """Fit workers, and how many more tasks go to each: several at once, or none, while tasks are short.

        A worker of which not all threads may be used gets none ahead, as another thread would take them on.
        """
        ahead = max(1, min(MOST_AHEAD, int(AHEAD_SECONDS / max(self._seconds, 1e-3))))
        loads = self.loads()
        used = {place.address: self.used(place) for place in fit}
        spare = sum(place.slots for place in fit) if self._most is None else self._most - sum(used.values())
        rooms = []
        for place in fit:
            load, room = loads[place.address], min(place.slots - used[place.address], max(0, spare))
            spare -= room
            before = load - self._going[place.address]
            if used[place.address] + room == place.slots and before <= (most := ahead * place.slots) // 2:
                room = max(room, most - load)
            rooms.append((place, room))
        return rooms

    def hold(self, task: Task, place: Place, on_gpu: bool, process: str = "", patience: float = STEAL_SECONDS) -> None:
        """Note that a task is handed out."""
        token = self.number()
        self.held[token] = Held(task, place, time.monotonic(), on_gpu, process, patience)
        self._load[place.address] += 1
        if place is not NOWHERE:
            self._outgoing.append(token)
            self._going[place.address] += 1

    def drop(self, token: int) -> Held[Task] | None:
        """Let go of what was handed out, if it still is."""
        if held := self.held.pop(token, None):
            address = held.place.address
            self._load[address] -= 1
            self._aside.discard(token)
            if held.order >= 0:
                self._orders[address][held.order] -= 1
                if not self._orders[address][held.order]:
                    del self._orders[address][held.order]
            elif held.place is not NOWHERE:
                self._going[address] -= 1
        return held

    def outgoing(self) -> list[tuple[str, bool, list[int]]]:
        """What is to be sent off now: a worker's address, whether on a GPU, and tokens, for a Dask task each.

        What goes to a worker goes in as many as it has places.
        """
        going: dict[tuple[str, bool], list[int]] = {}
        for token in self._outgoing:
            if held := self.held.get(token):
                going.setdefault((held.place.address, held.on_gpu), []).append(token)
        self._outgoing.clear()
        self._going.clear()
        found = []
        for (address, on_gpu), tokens in going.items():
            place = self.held[tokens[0]].place
            parts = place.gpus if on_gpu else place.slots
            found += [(address, on_gpu, tokens[part::parts]) for part in range(min(parts, len(tokens)))]
        return found

    def sent(self, tokens: Sequence[int], future: Any, paused: bool) -> None:
        """They went off in one Dask task."""
        self._orders[self.held[tokens[0]].place.address][tokens[0]] = len(tokens)
        for token in tokens:
            held = self.held[token]
            held.order, held.future, held.paused = tokens[0], future, paused

    def put_aside(self, token: int, aside: bool) -> None:
        """It alone is to stand still, or goes on."""
        self.held[token].aside = aside
        (self._aside.add if aside else self._aside.discard)(token)
