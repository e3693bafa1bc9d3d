"""The owner's side of a Dask cluster (``executors.contract.Executor``).

Each task is a Dask task that is pinned to a worker which was asked first whether it is fit: so a lost worker never has
its tasks started elsewhere behind the owner's back, and a death is told as that of a local process is. What tasks tell
comes through a queue of the scheduler (:mod:`.wire`); pauses and stops go to the workers at once.

Workers may come and go. While tasks are short, several go to a worker at once, in one Dask task, which hides the way
there and back and divides what a Dask task costs; one that waits for long behind another goes to a worker with room.
A scheduler that is gone takes all tasks with it; it is looked for again for a while.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Generic, cast

from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.cluster.address import Address
from hpobench_tui.executors.cluster.link import GPU, Link, error_of
from hpobench_tui.executors.cluster.wire import Answered, Fence, Order, Question, Told, opened
from hpobench_tui.executors.contract import Cause, Death, Message, NowhereError, Task, Watch
from hpobench_tui.executors.local import CANCELLED
from hpobench_tui.executors.standstill import Standstill

CONNECT_SECONDS = 15.0
WAIT_SECONDS = 10.0
"""For more workers, where some are there."""
RETURN_SECONDS = 60.0
"""That a lost scheduler is waited for."""
AHEAD_SECONDS, MOST_AHEAD = 0.5, 128
"""How much work goes to a place at once, while tasks are shorter than that on average; and how many at most.

Those are refilled when half are done: in less time than a worker lets its messages wait, and they travel."""
STEAL_SECONDS, MOST_STEAL_SECONDS = 1.0, 60.0
"""That one waits behind another while there is room elsewhere; each time twice as long, so that one that is slow to
begin everywhere is not sent around for ever."""
LOOK_SECONDS = 3.0
"""Between looks at who is there, beside what is told of them."""
SILENT_SECONDS = 15.0
"""Between the end of a Dask task and the last that its worker sends of it, at most."""
REMEMBERED = 0.2
"""Weight of the last task in the average."""


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


class ClusterExecutor(Generic[Task, Message]):
    """An ``executors.contract.Executor`` on a Dask cluster.

    Args:
        work: ``module:function``, called in each process with its place.
        address: Of the cluster.
        watch: When a task is given up; ``memory_mb`` of 0: its share of its Dask worker's.
        most: Tasks at a time at most; None: as many as the cluster has places.
        name: Of the work as a whole.
        check, what: ``module:function`` that says, on a worker, what is against it.
        needs_gpu: Whether a task needs one.
        say: Hears what a person should know.

    Raises:
        NowhereError: there is no such cluster.
    """

    def __init__(
        self,
        work: str,
        address: Address,
        watch: Watch,
        most: int | None,
        name: str,
        check: str,
        what: bytes,
        needs_gpu: Callable[[Task], bool],
        say: Callable[[str], None],
    ) -> None:
        self._work, self._address, self._watch, self._most, self._name = work, address, watch, most, name
        self._check, self._what, self._needs_gpu, self._say = check, what, needs_gpu, say
        self._held: dict[int, Held[Task]] = {}
        self._load: Counter[str] = Counter()  # by worker
        self._orders: defaultdict[str, Counter[int]] = defaultdict(Counter)  # how many of each have not ended, likewise
        self._aside: set[int] = set()
        self._tokens = count()
        self._early: list[Message | Death[Task]] = []
        self._seconds = 2 * AHEAD_SECONDS
        self._had_gpus = False
        self._outgoing: list[int] = []
        self._going: Counter[str] = Counter()  # of which so many, by worker
        self._processes: dict[str, str] = {}  # their Dask workers; one of another machine may have the same name
        self._paused = False
        self._lost_at = 0.0
        self._connect(CONNECT_SECONDS)
        self._standstill = Standstill()

    def _connect(self, seconds: float) -> None:
        """A new session.

        Raises:
            NowhereError: nobody answers.
        """
        self._link = Link(self._address, self._work, self._name, seconds)
        self._places: dict[str, Place] = {}
        self._fences: dict[int, tuple[list[int], str]] = {}
        self._letters: dict[str, int] = {}  # the last of each sender
        self._doubtful: deque[tuple[float, int, str]] = deque()
        self._lost_at = 0.0
        self._look_at_workers()

    def _look_at_workers(self) -> None:
        """Ask those that are new whether they are fit; mourn those that left unheard.

        That they come and go is told, but not while a connection is being made, and who asks may be slow to be heard.
        """
        self._looked = time.monotonic()
        if (found := self._link.workers()) is None:
            return
        for address in [address for address in self._places if address not in found]:
            self._mourn(address)
        for address, info in found.items():
            if address in self._places:
                continue
            gpus = int((info.get("resources") or {}).get(GPU, 0))
            self._places[address] = Place(address, int(info["nthreads"]), gpus)
            self._link.ask(Question(self._link.session, address, self._check, self._what))

    @property
    def has_gpus(self) -> bool:
        """Whether a fit worker has a GPU."""
        return any(place.gpus for place in self._fit())

    @property
    def places(self) -> int:
        """How many tasks fit workers can work on at a time."""
        return sum(place.slots for place in self._fit())

    def _fit(self) -> list[Place]:
        return [place for place in self._places.values() if place.fit]

    def _loads(self) -> Counter[str]:
        """How many tasks take up places, by worker."""
        loads = Counter(self._load)
        for held in map(self._held.__getitem__, self._aside):
            loads[held.place.address] -= not held.busy
        return loads

    def _used(self, place: Place) -> int:
        """How many threads of a worker are taken: by what is sent in one Dask task, one, however much waits there."""
        aside = {self._held[token].order for token in self._aside if not self._held[token].busy}
        orders = self._orders[place.address]
        return min(place.slots, len(orders) - len(aside & orders.keys()) + self._going[place.address])

    def _rooms(self, loads: Counter[str]) -> list[tuple[Place, int]]:
        """Fit workers, and how many more tasks go to each: several at once, or none, while tasks are short.

        A worker of which not all threads may be used gets none ahead, as another thread would take them on.
        """
        ahead = max(1, min(MOST_AHEAD, int(AHEAD_SECONDS / max(self._seconds, 1e-3))))
        fit = self._fit()
        used = {place.address: self._used(place) for place in fit}
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

    @property
    def free(self) -> int:
        return sum(room for _, room in self._rooms(self._loads()))

    @property
    def stood_still(self) -> float:
        return self._standstill.seconds

    def grow(self, places: int, watch: Watch) -> None:
        self._watch = watch
        if self._most is not None:
            self._most = max(places, self._most)

    def wait_for(self, places: int, seconds: float = WAIT_SECONDS) -> None:
        """Return when so many tasks can be worked on, or some and no more have come for as long as that.

        Raises:
            NowhereError: nobody is fit, or the cluster is gone.
        """
        deadline = time.monotonic() + seconds
        while self.free < places and (time.monotonic() < deadline or not self.free):
            came = self.reports(0.1)
            self._early = [*came, *self._early]

    def hand_out(self, task: Task, place: str = "") -> str | None:
        on_gpu = self._needs_gpu(task)
        loads = self._loads()
        rooms = [(place, room) for place, room in self._rooms(loads) if place.gpus or not on_gpu]
        fit = [place for place, room in rooms if room] or [place for place, _ in rooms]
        if not fit and on_gpu and not self._had_gpus:
            self._early.append(_unbegun(task, "no worker of the cluster has a GPU"))
            return None
        if not fit:
            self._hold(task, NOWHERE, on_gpu, place)
            return None
        known = [p for p in fit if p.address == self._processes.get(place) and self._used(p) < p.slots]
        chosen = known[0] if known else min(fit, key=lambda p: loads[p.address] / p.slots)
        self._hold(task, chosen, on_gpu, place)
        return None

    def answer(self, task: Task, answer: object) -> None:
        for token, held in self._held.items():
            if held.task is task:
                self._control("answer", token, [held.place.address], answer)

    def _hold(self, task: Task, place: Place, on_gpu: bool, process: str = "", patience: float = STEAL_SECONDS) -> None:
        token = next(self._tokens)
        self._held[token] = Held(task, place, time.monotonic(), on_gpu, process, patience)
        self._load[place.address] += 1
        if place is not NOWHERE:
            self._outgoing.append(token)
            self._going[place.address] += 1

    def _drop(self, token: int) -> Held[Task] | None:
        """Let go of what was handed out, if it still is."""
        if held := self._held.pop(token, None):
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

    def _submit(self) -> None:
        """Send off what was handed out: what goes to a worker, in as many Dask tasks as it has places."""
        going: dict[tuple[str, bool], list[int]] = {}
        for token in self._outgoing:
            if held := self._held.get(token):
                going.setdefault((held.place.address, held.on_gpu), []).append(token)
        self._outgoing.clear()
        self._going.clear()
        for (address, on_gpu), tokens in going.items():
            place = self._held[tokens[0]].place
            parts = place.gpus if on_gpu else place.slots
            for part in range(min(parts, len(tokens))):
                self._send(address, on_gpu, tokens[part::parts])

    def _send(self, address: str, on_gpu: bool, tokens: list[int]) -> None:
        tasks = tuple((token, self._held[token].process, self._held[token].task) for token in tokens)
        order = Order(self._link.session, tasks, self._watch, on_gpu, self._paused)
        future = self._link.send(order, address)
        self._orders[address][tokens[0]] = len(tokens)
        for token in tokens:
            held = self._held[token]
            held.order, held.future, held.paused = tokens[0], future, order.paused

    def reports(self, seconds: float) -> list[Message | Death[Task]]:
        if not self._lost_at:
            self._submit()
        found, self._early = self._early, []
        waiting = 0.0 if found else seconds
        while (heard := self._link.heard(waiting)) is not None:
            waiting = 0.0
            found += self._take(*heard)
        if self._lost_at:
            found += self._find_again()
        else:
            if time.monotonic() - self._looked > LOOK_SECONDS:
                self._look_at_workers()
            self._steal()
            self._miss()
        self._standstill.looked(seconds)
        return found

    def _take(self, kind: str, what: Any) -> list[Message | Death[Task]]:
        if kind == "told":
            return self._open(what)
        if kind == "joined" and not self._lost_at:
            self._look_at_workers()
        elif kind == "left":
            self._mourn(what)
        elif kind == "checked":
            self._judge(*what)
        elif kind in ("erred", "over"):
            tokens, future = what
            return self._end(tokens, future, kind == "erred")
        elif kind == "lost" and not self._lost_at:
            return self._lose(what)
        return []

    def _end(self, tokens: Sequence[int], future: Any, erred: bool) -> list[Message | Death[Task]]:
        """Dask has done with tasks, of which the ends of those that have begun may still be on their way."""
        now = time.monotonic()
        held = [token for token in tokens if token in self._held]
        gone = [token for token in held if erred and not self._held[token].begun]
        what = f"cannot run it: {error_of(future)}" if held and erred else "does not say what became of it"
        self._doubtful += [(now, token, what) for token in held if token not in gone]
        return self._die(gone, what, Cause.CRASH)

    def _die(self, tokens: Iterable[int], what: str, cause: Cause) -> list[Message | Death[Task]]:
        """Of those that we still have."""
        return [
            Death(held.task, held.activity, f"its Dask worker at {held.place.address} {what}", cause)
            for token in tokens
            if (held := self._drop(token))
        ]

    def _open(self, came: object) -> list[Message | Death[Task]]:
        """Hear all of a letter that is ours and did not come before."""
        letter = opened(self._link.session.key, came)
        if letter is None or (letter.sender and letter.number <= self._letters.get(letter.sender, 0)):
            return []
        self._letters[letter.sender] = letter.number
        return [report for message in letter.messages for report in self._hear(message)]

    def _hear(self, message: object) -> list[Message | Death[Task]]:
        if isinstance(message, Answered) and (place := self._places.get(message.address)):
            place.fit = not message.against
            self._had_gpus = self._had_gpus or (place.fit and place.gpus > 0)
            self._refuse(place, "; ".join(message.against))
        elif isinstance(message, Fence):
            tokens, what = self._fences.pop(message.number, ([], ""))
            return self._die(tokens, what, Cause.OUTSIDE)
        elif isinstance(message, Told) and (held := self._held.get(message.token)):
            if not held.begun and held.paused != self._paused:  # since it was sent off, which its worker overheard
                self._control("pause" if self._paused else "unpause", None, [held.place.address])
            held.begun = True
            if message.place:
                self._processes[message.place] = held.place.address
            now = time.monotonic()
            held.activity = Activity(message.phase, message.number, now - message.seconds)
            if message.over:
                self._drop(message.token)
                self._seconds += REMEMBERED * (min(message.seconds, 60.0) - self._seconds)
            return [_whole(report, held.task, now) for report in message.reports]
        return []

    def _judge(self, address: str, future: Any) -> None:
        """A question came to its end: the answer is told, unless the worker could not even be asked."""
        if future.status == "error" and (place := self._places.get(address)):
            self._refuse(place, error_of(future))

    def _refuse(self, place: Place, against: str) -> None:
        """Do without a worker.

        Raises:
            NowhereError: no other is left.
        """
        if not against:
            return
        place.against = against
        self._say(f"Dask worker {place.address} is not used: {against}")
        if all(place.against for place in self._places.values()):
            reasons = "; ".join(dict.fromkeys(place.against for place in self._places.values()))
            raise NowhereError(
                f"no worker of the Dask cluster at {self._address} is fit: {reasons}. Install the same there, and"
                " `hpobench resume` goes on."
            )

    def _mourn(self, address: str) -> None:
        """A worker left: its tasks have died as soon as all that it told before has come."""
        if self._places.pop(address, None) is None:
            return
        tokens = [token for token, held in self._held.items() if held.place.address == address]
        self._link.cancel(self._futures(map(self._held.__getitem__, tokens)))  # they would wait for that very worker
        if tokens:
            self._fence(tokens, "was lost")

    def _fence(self, tokens: list[int], what: str) -> None:
        """They have died, if nothing else of them came on the way by now."""
        number = next(self._tokens)
        self._fences[number] = (tokens, what)
        self._link.tell(Fence(number))

    def _futures(self, held: Iterable[Held[Task]]) -> list[Any]:
        """The Dask tasks of which they are, each once."""
        return [*{id(each.future): each.future for each in held if each.future is not None}.values()]

    def _steal(self) -> None:
        """Take what waits behind others for long, or for a worker, to where there is a thread for it.

        Behind one that was put aside, it is sent off again: to the same worker, which has a thread for it by now.
        """
        now = time.monotonic()
        late = [
            (token, held)
            for token, held in self._held.items()
            if not held.begun and (held.place is NOWHERE or (not held.on_gpu and now - held.handed > held.patience))
        ]
        if not late or self._paused:
            return
        rooms = {
            place.address: (place, room)
            for place, room in self._rooms(self._loads())
            if self._used(place) < place.slots
        }
        aside = {held.order for held in self._held.values() if not held.busy}
        begun = {held.order for held in self._held.values() if held.begun}
        for token, held in late:
            there = (
                place
                for place, room in rooms.values()
                if room and (place is not held.place or held.order in begun) and (place.gpus or not held.on_gpu)
            )
            if (place := held.place if held.order in aside else next(there, None)) is None:
                continue
            if place.address in rooms:
                rooms[place.address] = place, rooms[place.address][1] - 1
            self._control("stop", token, [held.place.address])
            self._drop(token)
            self._hold(held.task, place, held.on_gpu, held.process, min(2 * held.patience, MOST_STEAL_SECONDS))
            if held.aside:
                self.pause(True, held.task)

    def _miss(self) -> None:
        """What was over for Dask some time ago, and has not sent its end by now, never will."""
        now, silent = time.monotonic(), defaultdict[str, list[int]](list)
        while self._doubtful and now - self._doubtful[0][0] > SILENT_SECONDS:
            _, token, what = self._doubtful.popleft()
            if token in self._held:
                silent[what].append(token)
        for what, tokens in silent.items():
            self._fence(tokens, what)

    def _lose(self, why: str) -> list[Message | Death[Task]]:
        """The scheduler is gone, with all that was under way."""
        self._lost_at = time.monotonic()
        going = [token for token, held in self._held.items() if held.place is not NOWHERE]
        dead = [held for token in going if (held := self._drop(token))]
        self._places = {}
        self._say(f"the Dask scheduler at {self._address} was lost: {why}")
        return [Death(held.task, held.activity, "the Dask scheduler was lost", Cause.OUTSIDE) for held in dead]

    def _find_again(self) -> list[Message | Death[Task]]:
        """Connect anew, if somebody has started a scheduler again.

        Raises:
            NowhereError: not for long.
        """
        lost_at = self._lost_at
        self._link.close()
        try:
            self._connect(1.0)
            self._say(f"the Dask scheduler at {self._address} is there again")
        except NowhereError as error:
            self._lost_at = lost_at
            if time.monotonic() - lost_at > RETURN_SECONDS:
                raise NowhereError(
                    f"the Dask scheduler at {self._address} was lost, and did not come back within"
                    f" {RETURN_SECONDS:g} s; `hpobench resume --dask …` goes on where it stopped."
                ) from error
        return []

    def activities(self) -> list[tuple[Task, Activity]]:
        return [(held.task, held.activity) for held in self._held.values()]

    def pause(self, paused: bool, task: Task | None = None) -> None:
        verb = "pause" if paused else "unpause"
        if task is None:
            self._paused = paused
            self._control(verb, None, [place.address for place in self._fit()])
            return
        for token, held in self._held.items():
            if held.task is task:
                held.aside = paused
                (self._aside.add if paused else self._aside.discard)(token)
                self._control(verb, token, [held.place.address])

    def stop(self, task: Task) -> None:
        for token, held in list(self._held.items()):
            if held.task is not task:
                continue
            self._control("stop", token, [held.place.address])
            if not held.begun:
                self._drop(token)
                self._early.append(_unbegun(task, CANCELLED))

    def _control(self, verb: str, token: int | None, addresses: Sequence[str], answer: object = None) -> None:
        if not self._lost_at:
            self._link.control(verb, token, [address for address in addresses if address], answer)

    def close(self, seconds: float = 0.0) -> list[Message | Death[Task]]:
        reports, self._early = list(self._early), []
        if not self._lost_at:
            self._link.cancel(self._futures(self._held.values()))
            self._link.leave([place.address for place in self._fit()], seconds)
            while (heard := self._link.heard(0.0)) is not None:
                reports += self._take(*heard)
            self._lost_at = time.monotonic()  # by ourselves, of which nobody needs to hear
        left = [held for token in list(self._held) if (held := self._drop(token))]
        self._link.close()
        return [*reports, *(Death(held.task, held.activity, CANCELLED, Cause.OUTSIDE) for held in left)]


def _whole(report: Any, task: Task, now: float) -> Any:
    if not isinstance(report, Death):
        return report
    activity = replace(report.activity, since=now + report.activity.since)
    return cast("Death[Task]", replace(report, task=task, activity=activity))


def _unbegun(task: Task, reason: str) -> Death[Task]:
    return Death(task, Activity(Phase.IDLE, -1, time.monotonic()), reason, Cause.OUTSIDE)
