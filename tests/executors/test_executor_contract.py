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
        if task == "another's":
            place.leave()
        place.phase(Phase.EVALUATING, len(task))
        for word in task.split():
            place.tell(word)
            if word == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            while word == "hangs" or (word == "pauses" and not place.paused):
                time.sleep(0.01)
        place.end(f"paused: {place.stand_still() > 0}" if place.paused else "end")


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor[str, str]]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    executor: LocalExecutor[str, str] = LocalExecutor(f"{Path(__file__).stem}:work", 1, ["7"], Watch(LIMITS, 4096))
    yield executor
    executor.close()


def reports(executor: Executor[str, str], task: str) -> list[str | Death[str]]:
    """Of one task, from when it is handed out to its end. It is paused for a moment where it waits for that."""
    assert (executor.free, executor.hand_out(task), executor.free) == (1, "7", 0)
    executor.pause("pauses" in task)
    found: list[str | Death[str]] = []
    while doing := executor.activities():
        executor.pause(doing[0][1].phase is not Phase.PAUSED and "pauses" in task)
        found += executor.reports(0.2)
    return found


def test_a_task_ends_once_and_what_it_told_comes_before(executor: Executor[str, str]) -> None:
    assert reports(executor, "a pauses") == ["a", "pauses", "paused: True"]
    for word, reason in (("dies", "its process was killed by SIGKILL"), ("hangs", "it took too long")):
        *told, death = reports(executor, f"a {word}")
        assert told == ["a", word]
        assert isinstance(death, Death)
        assert (death.task, death.reason, death.sudden) == (f"a {word}", reason, word == "dies")
        assert (death.activity.phase, death.activity.number, death.begun) == (Phase.EVALUATING, len(death.task), True)
    assert reports(executor, "a") == ["a", "end"], "another process has taken its place"
    (death,) = reports(executor, "another's")
    assert isinstance(death, Death)
    assert not death.begun
    executor.hand_out("hangs")
    (death,) = [report for report in executor.close() if isinstance(report, Death)]
    assert (death.task, death.sudden, executor.free, [*executor.close(1)]) == ("hangs", False, 1, [])
