"""What an executor promises, of the local processes; another executor has to pass the same."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Death, Executor, Limit, Place, Watch
from hpobench_tui.executors.local import LocalExecutor

pytestmark = pytest.mark.e2e
LIMITS = {Phase.EVALUATING: Limit(1.5, "it took too long")}


def work(place: Place[str, str]) -> None:
    """Tell a task's words, or do what they say."""
    for task in place.tasks():
        place.phase(Phase.EVALUATING, len(task))
        for word in task.split():
            place.tell(word)
            if word == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            while word == "hangs" or (word == "pauses" and not place.paused):
                time.sleep(0.01)
        place.end(f"paused: {place.stand_still() > 0.1}" if place.paused else "end")
        if word == "leaves":
            place.leave()


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor[str, str]]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    executor: LocalExecutor[str, str] = LocalExecutor(f"{Path(__file__).stem}:work", 1, ["7"], Watch(LIMITS, 4096))
    yield executor
    executor.close()


def reports(executor: Executor[str, str], task: str) -> list[str | Death[str]]:
    """Of one task, from when it is handed out to its end."""
    assert executor.free
    assert executor.hand_out(task) == "7"
    assert not executor.free
    found: list[str | Death[str]] = []
    while executor.activities():
        found += executor.reports(1)
    return found


def test_a_task_ends_once_whatever_happens_and_its_messages_come_before(executor: Executor[str, str]) -> None:
    assert reports(executor, "a b c") == ["a", "b", "c", "end"]
    for word, reason in (("dies", "its process was killed by SIGKILL"), ("hangs", "it took too long")):
        *told, death = reports(executor, f"a {word} b")
        assert told == ["a", word]
        assert isinstance(death, Death)
        assert (death.task, death.reason, death.sudden) == (f"a {word} b", reason, word == "dies")
        assert (death.activity.phase, death.activity.number, death.begun) == (Phase.EVALUATING, len(death.task), True)
        assert reports(executor, "d") == ["d", "end"], "another process has taken its place"


def test_the_next_task_of_a_place_that_leaves_has_not_begun(executor: Executor[str, str]) -> None:
    assert reports(executor, "leaves") == ["leaves", "end"]
    (death,) = reports(executor, "a")
    assert isinstance(death, Death)
    assert not death.begun
    assert reports(executor, "a") == ["a", "end"]


def test_a_pause_lasts_until_it_is_over(executor: Executor[str, str]) -> None:
    executor.hand_out("pauses")
    executor.pause(True)
    while all(activity.phase is not Phase.PAUSED for _, activity in executor.activities()):
        time.sleep(0.01)
    time.sleep(0.2)
    executor.pause(False)
    assert [*executor.reports(5), *executor.reports(5)] == ["pauses", "paused: True"]


def test_what_has_not_ended_is_cancelled_when_all_is_closed(executor: Executor[str, str]) -> None:
    executor.hand_out("a hangs")
    assert executor.reports(5)[0] == "a"
    *_, death = executor.close()
    assert isinstance(death, Death)
    assert (death.task, death.sudden) == ("a hangs", False)
    assert (executor.free, executor.activities(), executor.close(1)) == (1, [], [])
