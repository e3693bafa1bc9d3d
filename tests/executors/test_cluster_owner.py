"""The owner's side of a Dask cluster, beside a link that sends nothing: what goes where, what is made of what comes."""

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.cluster.address import Address
from hpobench_tui.executors.cluster.wire import Answered, Fence, Letter, Order, Question, Session, Told, sealed
from hpobench_tui.executors.contract import Cause, Death, NowhereError, Watch

pytestmark = pytest.mark.needs("distributed")
SESSION = Session("id", "queue", b"k" * 32, "work", "name")
SHORT = 0.01
"""Seconds of a task."""


@dataclass
class Link:
    """In the place of :class:`hpobench_tui.executors.cluster.link.Link`; ``threads`` are of the workers, by address."""

    threads: dict[str, int]
    session: Session = SESSION
    inbox: deque[tuple[str, Any]] = field(default_factory=deque)
    orders: list[tuple[str, Order]] = field(default_factory=list)
    controls: list[tuple[str, int | None, tuple[str, ...]]] = field(default_factory=list)
    letters: int = 0

    def workers(self) -> dict[str, Any]:
        return {address: {"nthreads": count, "resources": {}} for address, count in self.threads.items()}

    def ask(self, question: Question) -> None:
        self.post(Answered(question.address, ()))

    def post(self, *messages: object, again: bool = False) -> None:
        self.letters += not again
        self.inbox.append(("told", sealed(SESSION.key, Letter("agent", self.letters, messages))))

    def tell(self, message: object) -> None:
        self.inbox.append(("told", sealed(SESSION.key, Letter("", 0, (message,)))))

    def send(self, order: Order, address: str) -> object:
        self.orders.append((address, order))
        return object()

    def heard(self, _seconds: float) -> tuple[str, Any] | None:
        return self.inbox.popleft() if self.inbox else None

    def control(self, verb: str, token: int | None, addresses: Sequence[str], _answer: object = None) -> None:
        self.controls.append((verb, token, tuple(addresses)))

    def cancel(self, sent: Sequence[object]) -> None: ...

    def leave(self, addresses: Sequence[str], seconds: float) -> None: ...

    def close(self) -> None: ...

    def sent(self) -> dict[int, str]:
        """Where each token went."""
        return {token: address for address, order in self.orders for token, *_ in order.tasks}


class Owner:
    """The executor, which has a link of ours, and hears of ends when we say so."""

    def __init__(self, executor: Any, link: Link) -> None:
        self.executor, self.link = executor, link
        self.number = 0

    def fill(self) -> int:
        """Hand out as many as there is room for, as a supervisor does; how many those were."""
        before = self.number
        while self.executor.free:
            self.executor.hand_out(f"task {self.number}")
            self.number += 1
        self.executor.reports(0.0)
        return self.number - before

    def end(self, *tokens: int, seconds: float = SHORT) -> list[object]:
        """They have ended."""
        self.link.post(*(Told(token, (f"end {token}",), Phase.CLOSING, -1, seconds, True, "") for token in tokens))
        return list(self.executor.reports(0.0))


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Owner]:
    from hpobench_tui.executors.cluster import owner

    def made(threads: dict[str, int], most: int | None = None) -> Owner:
        link = Link(dict(threads))
        monkeypatch.setattr(owner, "Link", lambda *_: link)
        executor = owner.ClusterExecutor(
            "work", Address("tcp://head:1"), Watch({}, 0), most, "", "check", b"", lambda _: False, print
        )
        executor.wait_for(1, 0.0)
        return Owner(executor, link)

    return made


def shortened(owner: Owner) -> None:
    """Until it knows that tasks are short: one at a time goes to each thread, until then."""
    for _ in range(40):
        owner.fill()
        owner.end(*owner.link.sent())
        owner.link.orders.clear()


@pytest.mark.parametrize("most", [None, 3, 4])
def test_short_tasks_go_several_at_once(owned: Callable[..., Owner], most: int | None) -> None:
    owner = owned({"a": 1, "b": 1, "c": 1, "d": 1}, most)
    used = most or 4
    assert owner.fill() == used, "of unknown length: one a thread"
    assert Counter(owner.link.sent().values()) == Counter(list("abcd"[:used]))
    owner.end(*owner.link.sent())
    owner.link.orders.clear()
    shortened(owner)
    count = owner.fill()
    assert count >= 20 * used
    assert len(owner.link.orders) == used, "in one Dask task a thread"
    assert {address for address, _ in owner.link.orders} == set("abcd"[:used]), "and no more threads than are allowed"
    per = count // used
    tokens = [token for token, address in owner.link.sent().items() if address == "a"]
    assert len(tokens) == per
    owner.link.orders.clear()
    owner.end(*tokens[: per // 2 - 1])
    assert owner.fill() == 0, "not before half are done"
    owner.end(*tokens[per // 2 - 1 : per // 2 + 1])
    assert owner.fill() == per // 2 + 1
    assert set(owner.link.sent().values()) == {"a"}
    owner.end(*owner.link.sent(), seconds=30.0)
    owner.link.orders.clear()
    assert owner.fill() == 0, "they are long now: nothing goes behind others"


def test_of_a_worker_that_is_used_in_part_no_other_thread_takes_more(owned: Callable[..., Owner]) -> None:
    owner = owned({"a": 4, "b": 4}, 6)
    shortened(owner)
    owner.fill()
    by_worker = Counter(owner.link.sent().values())
    assert by_worker["a"] >= 40
    assert by_worker["b"] == 2, "two of its four threads, and nothing ahead, which the other two would take on"
    assert len([1 for address, _ in owner.link.orders if address == "a"]) == 4
    held = [token for token, address in owner.link.sent().items() if address == "b"]
    owner.executor.pause(True, "task 0")  # of long ago
    owner.end(held[0])
    owner.link.orders.clear()
    assert owner.fill() == 1
    assert set(owner.link.sent().values()) == {"b"}


def test_a_letter_that_comes_again_is_heard_once(owned: Callable[..., Owner]) -> None:
    owner = owned({"a": 2})
    assert owner.fill() == 2
    first, second = owner.link.sent()
    told = Told(first, ("said",), Phase.EVALUATING, 0, 0.0, False, "")
    owner.link.post(told)
    owner.link.post(told, again=True)
    assert owner.executor.reports(0.0) == ["said"]
    owner.link.post(told)
    assert owner.executor.reports(0.0) == ["said"], "the next one is another"
    assert owner.end(second) == [f"end {second}"]


def test_what_was_over_and_never_told_its_end_has_died(
    owned: Callable[..., Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = owned({"a": 2})
    owner.fill()
    first, second = owner.link.sent()
    monkeypatch.setattr("hpobench_tui.executors.cluster.owner.SILENT_SECONDS", -1.0)
    owner.link.inbox.append(("over", ([first, second], object())))
    assert owner.executor.reports(0.0) == [], "what is on its way comes before the fence"
    assert [type(told) for _, told in owner.link.inbox] == [bytes]
    fence = owner.link.inbox.pop()
    owner.link.post(Told(second, ("late",), Phase.CLOSING, -1, SHORT, True, ""))
    owner.link.inbox.append(fence)
    late, death = owner.executor.reports(0.0)
    assert late == "late"
    assert isinstance(death, Death)
    assert (death.task, death.reason) == ("task 0", "its Dask worker at a does not say what became of it")
    assert owner.executor.free == 2


def test_a_worker_that_left_takes_its_tasks_with_it_once(owned: Callable[..., Owner]) -> None:
    owner = owned({"a": 1, "b": 1})
    owner.fill()
    del owner.link.threads["a"]
    owner.link.inbox += [("left", "a"), ("left", "a")]
    deaths = [*owner.executor.reports(0.0), *owner.executor.reports(0.0)]
    assert [(death.task, death.reason) for death in deaths] == [("task 0", "its Dask worker at a was lost")]
    assert owner.executor.free == 0
    owner.link.tell(Fence(10**6))  # of nobody
    assert owner.executor.reports(0.0) == []


def test_without_anybody_fit_the_work_can_go_on_later(
    owned: Callable[..., Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Link, "ask", lambda link, question: link.post(Answered(question.address, ("too old",))))
    with pytest.raises(NowhereError, match=r"no worker of the Dask cluster at tcp://head:1 is fit: too old"):
        owned({"a": 1})


def told(token: int, seconds: float = 0.0) -> Told:
    """It has begun."""
    return Told(token, (), Phase.EVALUATING, 0, seconds, False, "")


def one_behind_which_the_rest_waits(owner: Owner) -> tuple[int, list[int]]:
    """A long task, and those that were sent with it; all others have ended."""
    shortened(owner)
    owner.fill()
    long, *behind = [token for token, *_ in owner.link.orders[0][1].tasks]
    others = owner.link.sent().keys() - {long, *behind}
    owner.link.orders.clear()
    owner.link.post(told(long))
    owner.end(*others)
    assert len(behind) > 20
    return long, behind


def test_threads_beside_a_long_task_are_used_however_many_wait_behind_it(owned: Callable[..., Owner]) -> None:
    owner = owned({"a": 4})
    one_behind_which_the_rest_waits(owner)
    for _ in range(30):  # as when others of this kind have ended
        owner.executor._allotment.took(10.0)
    assert owner.executor.free == 3
    assert owner.fill() == 3
    assert len(owner.link.orders) == 3


def test_what_waits_behind_a_long_task_goes_to_another_thread_of_the_same_worker(
    owned: Callable[..., Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = owned({"a": 2})
    _, behind = one_behind_which_the_rest_waits(owner)
    late = time.monotonic() + 1.5
    monkeypatch.setattr("time.monotonic", lambda: late)
    owner.executor.reports(0.0)
    owner.executor.reports(0.0)
    assert {("stop", token, ("a",)) for token in behind} == set(owner.link.controls)
    tasks = [task for _, order in owner.link.orders for _, _, task in order.tasks]
    assert len(tasks) == len(set(tasks)) == len(behind)


def test_what_is_slow_to_begin_everywhere_is_sent_around_less_and_less(
    owned: Callable[..., Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = owned({"a": 1, "b": 1})
    owner.executor.hand_out("slow")
    began = now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now)
    while now < began + 300:
        owner.executor.reports(0.0)
        now += 0.5
    assert 2 <= len(owner.link.controls) < 12


class Erred:
    """A Dask task that raised."""

    def exception(self) -> OSError:
        return OSError("no more processes")


def test_an_end_that_is_still_on_its_way_counts_where_the_next_in_line_cannot_begin(
    owned: Callable[..., Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = owned({"a": 2})
    owner.fill()
    first, second = owner.link.sent()
    owner.link.post(told(first))
    owner.link.inbox.append(("erred", ([first, second], Erred())))
    (death,) = owner.executor.reports(0.0)
    assert (death.task, death.reason) == ("task 1", "its Dask worker at a cannot run it: no more processes")
    assert owner.end(first) == [f"end {first}"], "that it came to is no fault of the next one"
    owner.fill()
    first, second = [*owner.link.sent()][-2:]
    owner.link.post(told(first))
    owner.link.inbox.append(("erred", ([first], Erred())))
    monkeypatch.setattr("hpobench_tui.executors.cluster.owner.SILENT_SECONDS", -1.0)
    (death,) = [*owner.executor.reports(0.0), *owner.executor.reports(0.0)]
    assert (death.task, death.cause) == ("task 2", Cause.OUTSIDE), "what it did has not killed it"


def test_what_is_left_at_the_end_is_let_go_and_an_end_of_our_own_is_no_loss(
    owned: Callable[..., Owner], capsys: pytest.CaptureFixture[str]
) -> None:
    owner = owned({"a": 2})
    owner.fill()
    assert [death.task for death in owner.executor.close()] == ["task 0", "task 1"]
    owner.link.inbox.append(("lost", "closed by ourselves"))
    assert (owner.executor.free, owner.executor.close()) == (2, [])
    assert not capsys.readouterr().out


def test_what_comes_faster_than_it_is_heard_waits_at_the_scheduler() -> None:
    from hpobench_tui.executors.cluster.link import WAITING, _receive

    letters = iter(range(5 * WAITING))

    class Source:
        def get(self, batch: bool = False) -> Any:
            if batch:
                return []
            if (found := next(letters, None)) is None:
                raise RuntimeError("the queue is gone")
            return found

    inbox: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    receiving = threading.Thread(target=_receive, args=(Source(), inbox, threading.Event()), daemon=True)
    receiving.start()
    deadline = time.monotonic() + 30.0
    while inbox.qsize() <= WAITING and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    assert inbox.qsize() <= WAITING + 2
    heard = [inbox.get(timeout=30.0) for _ in range(5 * WAITING + 1)]
    assert heard == [*(("told", number) for number in range(5 * WAITING)), ("lost", "RuntimeError: the queue is gone")]
    receiving.join(30.0)
    assert not receiving.is_alive()
