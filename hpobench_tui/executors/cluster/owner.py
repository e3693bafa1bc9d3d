"""The owner's side of a Dask cluster (``executors.contract.Executor``).

Each task is a Dask task that is pinned to a worker which was asked first whether it is fit: so a lost worker never has
its tasks started elsewhere behind the owner's back, and a death is told as that of a local process is. What tasks tell
comes through a queue of the scheduler (:mod:`.wire`); pauses and stops go to the workers at once.

Workers may come and go. While tasks are short, several go to a worker at once, in one Dask task, which hides the way
there and back and divides what a Dask task costs; one that waits for long behind another goes to a worker with room.
A scheduler that is gone takes all tasks with it; it is looked for again for a while.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Generic, cast

from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.cluster.address import Address
from hpobench_tui.executors.cluster.allotment import MOST_STEAL_SECONDS, NOWHERE, Allotment, Held, Place
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
LOOK_SECONDS = 3.0
"""Between looks at who is there, beside what is told of them."""
SILENT_SECONDS = 15.0
"""Between the end of a Dask task and the last that its worker sends of it, at most."""


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
        self._work, self._address, self._watch, self._name = work, address, watch, name
        self._check, self._what, self._needs_gpu, self._say = check, what, needs_gpu, say
        self._allotment: Allotment[Task] = Allotment(most)
        self._held = self._allotment.held
        self._early: list[Message | Death[Task]] = []
        self._had_gpus = False
        self._processes: dict[str, str] = {}  # their Dask workers; one of another machine may have the same name
        self._paused, self._changes = False, 0
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

    @property
    def free(self) -> int:
        return sum(room for _, room in self._allotment.rooms(self._fit()))

    @property
    def stood_still(self) -> float:
        return self._standstill.seconds

    def grow(self, places: int, watch: Watch) -> None:
        self._watch = watch
        self._allotment.grow(places)

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
        rooms = [(place, room) for place, room in self._allotment.rooms(self._fit()) if place.gpus or not on_gpu]
        fit = [place for place, room in rooms if room] or [place for place, _ in rooms]
        if not fit and on_gpu and not self._had_gpus:
            self._early.append(_unbegun(task, "no worker of the cluster has a GPU"))
            return None
        if not fit:
            self._allotment.hold(task, NOWHERE, on_gpu, place)
            return None
        known = [p for p in fit if p.address == self._processes.get(place) and self._allotment.used(p) < p.slots]
        loads = self._allotment.loads()
        chosen = known[0] if known else min(fit, key=lambda p: loads[p.address] / p.slots)
        self._allotment.hold(task, chosen, on_gpu, place)
        return None

    def answer(self, task: Task, answer: object) -> None:
        for token, held in self._held.items():
            if held.task is task:
                self._control("answer", token, [held.place.address], answer)

    def _submit(self) -> None:
        """Send off what was handed out."""
        for address, on_gpu, tokens in self._allotment.outgoing():
            tasks = tuple((token, self._held[token].process, self._held[token].task) for token in tokens)
            order = Order(self._link.session, tasks, self._watch, on_gpu, self._paused, self._changes)
            self._allotment.sent(tokens, self._link.send(order, address), order.paused)

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
            if (held := self._allotment.drop(token))
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
                self._control("pause" if self._paused else "unpause", None, [held.place.address], self._changes)
            held.begun = True
            if message.place:
                self._processes[message.place] = held.place.address
            now = time.monotonic()
            held.activity = Activity(message.phase, message.number, now - message.seconds)
            if message.over:
                self._allotment.drop(message.token)
                self._allotment.took(message.seconds)
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
        number = self._allotment.number()
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
            for place, room in self._allotment.rooms(self._fit())
            if self._allotment.used(place) < place.slots
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
            self._allotment.drop(token)
            patience = min(2 * held.patience, MOST_STEAL_SECONDS)
            self._allotment.hold(held.task, place, held.on_gpu, held.process, patience)
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
        dead = [held for token in going if (held := self._allotment.drop(token))]
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
            self._paused, self._changes = paused, self._changes + 1
            self._control(verb, None, [place.address for place in self._fit()], self._changes)
            return
        for token, held in self._held.items():
            if held.task is task:
                self._allotment.put_aside(token, paused)
                self._control(verb, token, [held.place.address])

    def stop(self, task: Task) -> None:
        for token, held in list(self._held.items()):
            if held.task is not task:
                continue
            self._control("stop", token, [held.place.address])
            if not held.begun:
                self._allotment.drop(token)
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
        left = [held for token in list(self._held) if (held := self._allotment.drop(token))]
        self._link.close()
        return [*reports, *(Death(held.task, held.activity, CANCELLED, Cause.OUTSIDE) for held in left)]


def _whole(report: Any, task: Task, now: float) -> Any:
    if not isinstance(report, Death):
        return report
    activity = replace(report.activity, since=now + report.activity.since)
    return cast("Death[Task]", replace(report, task=task, activity=activity))


def _unbegun(task: Task, reason: str) -> Death[Task]:
    return Death(task, Activity(Phase.IDLE, -1, time.monotonic()), reason, Cause.OUTSIDE)
