"""What an executor promises: of the local processes, and of a Dask cluster as far as it shows no processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import shared_memory
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.cluster import Cluster
from hpobench_tui.executors import family
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.cluster.address import Address
from hpobench_tui.executors.contract import Cause, Death, Executor, Limit, Place, Watch
from hpobench_tui.executors.local import LocalExecutor, sweep
from hpobench_tui.executors.pipe import packed

if TYPE_CHECKING:
    from hpobench_tui.executors.cluster.owner import ClusterExecutor

pytestmark = pytest.mark.e2e
WORK = f"{Path(__file__).stem}:work"
LIMITS = {Phase.EVALUATING: Limit(1.5, "it took too long")}
WATCH = Watch(LIMITS, 250)
SLEEP = "import time; time.sleep(600)"
LEAVE = f"import os\nif not os.fork():\n os.setsid()\n if not os.fork():\n  print(os.getpid(), flush=True)\n  {SLEEP}"


def work(place: Place[str, str]) -> None:
    """Tell a task's words, or do what they say."""
    for task in place.tasks():
        if task == "another's":
            place.leave()
        place.phase(Phase.EVALUATING, len(task))
        for word in task.split():
            place.tell(word)
            if word == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if word == "crashes":
                os.abort()
            if word == "starts":
                own = {} if "bare" in task else None
                place.tell(f"pid {subprocess.Popen([sys.executable, '-c', SLEEP], env=own).pid}")
            if word == "leaves":
                with subprocess.Popen([sys.executable, "-c", LEAVE], stdout=subprocess.PIPE, text=True) as left:
                    place.tell(f"pid {left.stdout.readline().strip() if left.stdout else None}")
            if word == "spoils":
                os.write(place._connection.fileno(), b"\7" * 100)  # type: ignore[attr-defined]
            if word == "halves":  # a message, which its child then keeps from ending
                os.write(place._connection.fileno(), packed((True, "never"))[:12])  # type: ignore[attr-defined]
                if not os.fork():
                    time.sleep(600)
                os.kill(os.getpid(), signal.SIGKILL)
            if word == "forks":
                os.fork()
            if word == "steps":
                place.phase(Phase.EVALUATING, 7)
                place.tell(f"pid {os.getpid()}")
            if word == "shares":
                place.tell(f"shm {shared_memory.SharedMemory(create=True, size=1000).name}")
            if word == "eats":
                place.tell(f"pid {subprocess.Popen([sys.executable, '-c', f'x = bytearray(300 << 20); {SLEEP}']).pid}")
            if word == "asks":
                place.tell(f"heard {place.answer()}")
            if word == "named":
                place.tell(place.name)
            if word == "waits":
                time.sleep(0.7)
            while word in ("hangs", "eats", "spoils") or (word == "pauses" and not place.paused):
                time.sleep(0.01)
        place.end(f"paused: {place.stand_still() > 0}" if place.paused else "end")
        if "late" in task:
            time.sleep(0.1)
            place.tell("later")


def fit(_what: bytes) -> list[str]:
    return []


@pytest.fixture(scope="module")
def found_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
        yield


@pytest.fixture
def local(found_here: None) -> Iterator[LocalExecutor[str, str]]:
    executor: LocalExecutor[str, str] = LocalExecutor(WORK, 1, ["7"], WATCH, "test")
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def cluster(found_here: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    made = Cluster(1, tmp_path_factory.mktemp("dask"), threads=3)
    yield made
    made.close()


@pytest.fixture
def remote(cluster: Cluster) -> Iterator[Executor[str, str]]:
    executor = on(cluster)
    yield executor
    executor.close()


def on(cluster: Cluster, say: Callable[[str], None] = print, check: str = "fit") -> "ClusterExecutor[str, str]":
    """An executor for one task at a time, once a worker is fit."""
    from hpobench_tui.executors.cluster.owner import ClusterExecutor

    where = Address(cluster.address)
    made: ClusterExecutor[str, str] = ClusterExecutor(
        WORK, where, WATCH, 1, "test", f"{Path(__file__).stem}:{check}", b"", lambda task: False, say
    )
    deadline = time.monotonic() + 120
    while not made.free and check == "fit":
        made.reports(0.1)
        assert time.monotonic() < deadline
    return made


@pytest.fixture(params=["local", pytest.param("remote", marks=pytest.mark.slow)])
def executor(request: pytest.FixtureRequest) -> Executor[str, str]:
    made: Executor[str, str] = request.getfixturevalue(request.param)
    return made


def reports(executor: Executor[str, str], task: str) -> list[str | Death[str]]:
    """Of one task, from when it is handed out to its end. It is paused for a moment where it waits for that."""
    gpu = "7" if isinstance(executor, LocalExecutor) else None
    assert (executor.free, executor.hand_out(task), executor.free) == (1, gpu, 0)
    return rest(executor, task)


def rest(executor: Executor[str, str], task: str) -> list[str | Death[str]]:
    executor.pause("pauses" in task)
    found: list[str | Death[str]] = []
    while doing := executor.activities():
        executor.pause(doing[0][1].phase is not Phase.PAUSED and "pauses" in task)
        found += executor.reports(0.2)
    return found


def death(found: list[str | Death[str]]) -> Death[str]:
    last = found[-1]
    assert isinstance(last, Death)
    return last


def started(found: list[str | Death[str]]) -> list[int]:
    """The processes that a task said it had started."""
    return [int(word.removeprefix("pid ")) for word in found if isinstance(word, str) and word.startswith("pid ")]


def test_a_copy_of_the_process_that_goes_on_is_not_heard(executor: Executor[str, str]) -> None:
    assert reports(executor, "forks and waits") == ["forks", "and", "waits", "end"]
    *_, step, end = reports(executor, "forks steps")
    assert (len(started([step])), end) == (1, "end")
    assert reports(executor, "a b") == ["a", "b", "end"]


@pytest.mark.parametrize(
    ("word", "reason", "cause"),
    [
        ("dies", "its process was killed by SIGKILL", Cause.OUTSIDE),
        ("crashes", "its process crashed: SIGABRT", Cause.CRASH),
        ("hangs", "it took too long", Cause.LIMIT),
    ],
)
def test_a_death_comes_after_what_was_told_and_says_whose_doing_it_was(
    executor: Executor[str, str], word: str, reason: str, cause: Cause
) -> None:
    *told, end = reports(executor, f"a {word}")
    assert told == ["a", word]
    assert isinstance(end, Death)
    assert (end.task, end.reason, end.cause, end.begun) == (f"a {word}", reason, cause, True)
    assert (end.activity.phase, end.activity.number) == (Phase.EVALUATING, len(end.task))
    assert reports(executor, "a") == ["a", "end"], "another process has taken its place"


def test_a_task_ends_once(executor: Executor[str, str]) -> None:
    assert reports(executor, "a pauses") == ["a", "pauses", "paused: True"]
    assert not death(reports(executor, "another's")).begun
    executor.hand_out("hangs")
    assert death([*executor.close()]).task == "hangs"
    assert (executor.free, [*executor.close(1)]) == (1, [])


def test_a_task_that_stands_still_alone_takes_up_no_place(executor: Executor[str, str]) -> None:
    executor.hand_out("pauses first")
    ((first, _),) = executor.activities()
    executor.pause(True, first)
    found: list[str | Death[str]] = []
    while not executor.free:
        found += executor.reports(0.1)
    executor.hand_out("pauses")
    executor.pause(True)
    while not found.count("paused: True"):  # let go on once it stands still: else it may never have noticed
        phases = [activity.phase for task, activity in executor.activities() if task == "pauses"]
        executor.pause(Phase.PAUSED not in phases)
        found += executor.reports(0.1)
    executor.pause(True)
    assert [task for task, _ in executor.activities()] == ["pauses first"], "what the others do leaves it alone"
    executor.pause(False)
    executor.hand_out("a")
    executor.pause(False, first)
    assert executor.free < 1
    while executor.activities():
        found += executor.reports(0.1)
    assert found.count("paused: True") == 2
    assert "end" in found


def test_a_task_that_is_stopped_is_reported_as_a_death(executor: Executor[str, str]) -> None:
    executor.hand_out("a pauses")
    while not executor.reports(0.1):
        pass
    ((task, _),) = executor.activities()
    executor.stop(task)
    assert death(rest(executor, "")).task == task
    assert reports(executor, "b") == ["b", "end"]


def test_a_task_is_answered(executor: Executor[str, str]) -> None:
    executor.hand_out("b asks")
    executor.answer("another", "nobody's")
    found: list[str | Death[str]] = []
    while "asks" not in found:
        found += executor.reports(0.1)
    executor.answer("b asks", "so be it")
    assert rest(executor, "") == ["heard so be it", "end"]
    executor.answer("b asks", "too late")
    assert reports(executor, "c") == ["c", "end"]


def test_a_task_goes_to_the_place_that_is_named_if_that_is_free(executor: Executor[str, str]) -> None:
    executor.grow(3, Watch(LIMITS, 250))
    tasks = ["named waits", "named waits ", "named waits  "]
    for task in tasks:
        executor.hand_out(task)
    names = [word for word in rest(executor, "") if isinstance(word, str) and word.isdigit()]
    assert len(set(names)) == 3
    for name in names:
        executor.hand_out("named", name)
        assert rest(executor, "") == ["named", name, "end"]
    executor.hand_out("waits", names[2])
    executor.hand_out("named", names[2])
    assert names[2] not in rest(executor, ""), "it is busy"


def test_what_a_worker_hands_out_has_its_mark_and_leaves_its_children_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv(family.MARK, "outer-0-")
    monkeypatch.setattr(family, "adopts", lambda: True)
    with subprocess.Popen([sys.executable, "-c", SLEEP], env={}) as mine:
        within: LocalExecutor[str, str] = LocalExecutor(
            f"{Path(__file__).stem}:work", 1, [], Watch({}, 250), within=True
        )
        try:
            within.hand_out("a pauses")
            pid = within._workers[0].pid
            assert pid in family.marked("outer-0-")
            os.kill(pid, signal.SIGKILL)
            assert death(rest(within, "")).cause is Cause.OUTSIDE
            assert mine.poll() is None
        finally:
            within.close()
            mine.kill()


def test_what_is_told_after_the_end_is_not_lost(executor: Executor[str, str]) -> None:
    """Not even if the next task is handed out before."""
    assert reports(executor, "late") == ["late", "end"]
    time.sleep(0.3)
    assert reports(executor, "b") == ["later", "b", "end"]


def test_a_worker_that_died_idle_is_not_handed_anything(local: LocalExecutor[str, str]) -> None:
    assert reports(local, "a") == ["a", "end"]
    os.kill(worker := local._workers[0].pid, signal.SIGKILL)
    while family.is_running(worker):
        time.sleep(0.001)
    assert reports(local, "b") == ["b", "end"]
    os.kill(local._workers[0].pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while local._workers:  # it goes, whether or not there is something to do
        local.reports(0.1)
        assert time.monotonic() < deadline


def until(executor: Executor[str, str], over: Callable[[list[str | Death[str]]], bool]) -> list[str | Death[str]]:
    """What is reported until that is over."""
    found: list[str | Death[str]] = []
    deadline = time.monotonic() + 120
    while not over(found):
        found += executor.reports(0.1)
        assert time.monotonic() < deadline, (found, executor.activities())
    return found


def test_what_was_handed_out_with_one_that_is_put_aside_does_not_wait_for_it(remote: Executor[str, str]) -> None:
    """It was sent along with others, to save ways."""
    aside = "pauses first"
    remote.hand_out(aside)
    for number in range(5):
        remote.hand_out(f"a {number}")
    remote.pause(True, aside)
    until(remote, lambda found: found.count("end") == 5)
    assert [task for task, _ in remote.activities()] == [aside]


def test_a_pause_that_was_over_before_a_task_began_does_not_hold_it(remote: Executor[str, str]) -> None:
    for number in range(3):
        remote.hand_out(f"waits {number}")
    until(remote, lambda found: found.count("waits") == 3)
    remote.pause(True)
    remote.hand_out("b")
    remote.reports(0.0)
    remote.pause(False)
    until(remote, lambda found: not remote.activities())


@pytest.mark.slow
def test_workers_that_come_and_go_unheard_are_noticed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpobench_tui.executors.cluster.link._of_workers", lambda inbox, event: None)
    executor = on(cluster)
    try:
        before, deadline = executor.places, time.monotonic() + 40
        cluster.start_worker()
        while executor.places == before:
            executor.reports(0.1)
            assert time.monotonic() < deadline
        cluster.workers.pop().kill()
        while executor.places != before:
            executor.reports(0.1)
            assert time.monotonic() < deadline
    finally:
        executor.close()


def test_the_scheduler_keeps_nothing_of_those_that_are_closed(cluster: Cluster, remote: Executor[str, str]) -> None:
    from distributed import Client

    def queues(dask_scheduler: object) -> list[str]:
        return [*dask_scheduler.extensions["queues"].queues]  # type: ignore[attr-defined]

    assert reports(remote, "a") == ["a", "end"]
    name = remote._link.session.queue  # type: ignore[attr-defined]
    with Client(cluster.address, set_as_default=False) as client:
        assert name in client.run_on_scheduler(queues)
        remote.close()
        deadline = time.monotonic() + 20
        while name in client.run_on_scheduler(queues):
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize("way", ["starts", "leaves", "leaves starts"])
@pytest.mark.parametrize("end", ["dies", "crashes", "hangs", ""])
def test_with_a_place_ends_what_it_has_started(executor: Executor[str, str], way: str, end: str) -> None:
    found = reports(executor, f"{way} {end}")
    if not end:
        assert all(map(family.is_running, started(found))), "that is between the code and its tasks"
        executor.close()
    assert len(started(found)) == len(way.split())
    assert not any(map(family.is_running, started(found)))


def test_the_memory_of_what_a_place_has_started_counts(executor: Executor[str, str]) -> None:
    found = reports(executor, "eats")
    assert death(found).cause is Cause.LIMIT
    assert "the limit is 250 MB" in death(found).reason
    assert not any(map(family.is_running, started(found)))


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="shared memory is not in files here")
def test_shared_memory_is_given_back(executor: Executor[str, str]) -> None:
    """By Python's own tracker, a process that has to live a little longer than the place."""
    _, told, *_ = reports(executor, "shares dies")
    assert isinstance(told, str)
    assert not Path("/dev/shm", told.removeprefix("shm ")).exists()


@pytest.mark.parametrize("word", ["spoils", "halves"])
def test_what_is_no_message_ends_its_own_place(executor: Executor[str, str], word: str) -> None:
    found = reports(executor, f"a {word}")
    assert found[:2] == ["a", word]
    assert death(found).cause is (Cause.CRASH if word == "spoils" else Cause.OUTSIDE)
    assert reports(executor, "b") == ["b", "end"]


def test_no_limit_runs_out_while_all_stand_still(local: LocalExecutor[str, str]) -> None:
    local.hand_out("a waits")
    while not local.reports(0.1):
        pass
    worker = local._workers[0].pid
    os.kill(worker, signal.SIGSTOP)
    time.sleep(2.5)
    os.kill(worker, signal.SIGCONT)
    assert rest(local, "a waits")[-1] == "end"
    assert local.stood_still > 1


def test_a_place_that_somebody_stopped_is_not_computing(local: LocalExecutor[str, str]) -> None:
    local.hand_out("a waits")
    while not local.reports(0.1):
        pass
    worker = local._workers[0].pid
    os.kill(worker, signal.SIGSTOP)
    for _ in range(12):
        assert not local.reports(0.1)
    os.kill(worker, signal.SIGCONT)
    assert rest(local, "a waits")[-1] == "end", "1.2 s of standing still and 0.7 s of work are below 1.5 s of work"
    local.hand_out("a hangs")
    while not local.reports(0.1):
        pass
    os.kill(local._workers[0].pid, signal.SIGSTOP)
    end = death(rest(local, "a hangs"))
    assert (end.cause, end.reason) == (Cause.OUTSIDE, "its process was stopped for more than 1.5 s")


@pytest.mark.usefixtures("found_here")
def test_a_place_that_never_begins_is_given_up() -> None:
    """It is stopped before it has said anything at all."""
    watch = Watch({Phase.IDLE: Limit(1.5, "it did not begin")}, 4096)
    executor: LocalExecutor[str, str] = LocalExecutor("test_executor_contract:work", 1, [], watch)
    try:
        executor.hand_out("a")
        os.kill(executor._workers[0].pid, signal.SIGSTOP)
        deadline = time.monotonic() + 20
        while not (found := executor.reports(0.1)):
            assert time.monotonic() < deadline
        assert not death(found).begun
    finally:
        executor.close()


OWNER = """
import sys, time
from hpobench_tui.executors.contract import Watch
from hpobench_tui.executors.local import LocalExecutor
executor = LocalExecutor("test_executor_contract:work", 1, [], Watch({}, 4096), "orphans")
executor.hand_out(sys.argv[1])
while True:
    for report in executor.reports(0.1):
        print(report, executor._workers[0].pid, executor._keeper.pid, flush=True)
"""


@pytest.mark.usefixtures("found_here")
@pytest.mark.parametrize("everything", [False, True])
def test_nothing_goes_on_without_its_executor(everything: bool) -> None:
    """A place that holds the interpreter's lock, or is stopped, hears of nothing."""
    command = [sys.executable, "-c", OWNER, "starts leaves hangs"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        words = [owner.stdout.readline().split() for _ in range(5)]
        worker, keeper = map(int, words[-1][-2:])
        pids = {worker, *(int(line[1]) for line in words if line[0] == "pid")}
        assert len(pids) == 3
        apart = {pid for pid in pids if os.getpgid(pid) != os.getpgid(worker)}
        assert apart, "of a stopped group that lost its leader's parent, the kernel ends the rest (SIGHUP)"
        os.kill(worker, signal.SIGSTOP)
        for pid in (owner.pid, *([worker, keeper] if everything else [])):
            os.kill(pid, signal.SIGKILL)
    if everything:
        assert sweep("orphan") == 0
        assert all(map(family.is_running, apart))
        assert sweep("orphans") >= len(apart)
        assert not any(map(family.is_running, apart))
    deadline = time.monotonic() + 10
    while any(map(family.is_running, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_frozen_worker_holds_up_nobody_but_its_tasks(cluster: Cluster, remote: Executor[str, str]) -> None:
    (frozen,) = cluster.workers
    frozen.send_signal(signal.SIGSTOP)
    threading.Timer(5.0, frozen.send_signal, [signal.SIGCONT]).start()
    began = time.monotonic()
    remote.hand_out("pauses")
    for paused in (True, False, True):
        remote.pause(paused)
        remote.reports(0.1)
    assert time.monotonic() - began < 4
    deadline = time.monotonic() + 60
    while not any(activity.phase is Phase.PAUSED for _, activity in remote.activities()):
        remote.reports(0.1)
        assert time.monotonic() < deadline, "what it was told meanwhile comes in order"
    remote.pause(False)
    until(remote, lambda found: "paused: True" in found)
