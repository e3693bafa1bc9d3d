"""How long a process was stopped is what its thread missed just before it went on, and nothing older."""

import os
import signal
from collections.abc import Iterator

import pytest

from hpobench_tui.engine.running import stillness
from hpobench_tui.engine.running.stillness import RECENT_SECONDS, Stillness


class Clock:
    """Seconds that pass when they are told to."""

    now = worked = 0.0

    def monotonic(self) -> float:
        return self.now

    def process_time(self) -> float:
        return self.worked


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    before = signal.getsignal(signal.SIGCONT)
    monkeypatch.setattr(stillness, "time", clock := Clock())
    yield clock
    signal.signal(signal.SIGCONT, before)


def go_on() -> None:
    os.kill(os.getpid(), signal.SIGCONT)


@pytest.mark.parametrize("thread_first", [False, True])
def test_a_stop_is_told_once(clock: Clock, thread_first: bool) -> None:
    told: list[float] = []
    still = Stillness(0.1, told.append)
    clock.now += 4.1
    if thread_first:
        still.beat()
    go_on()
    go_on()
    assert told == [pytest.approx(4)]


def test_work_is_no_stop_and_neither_is_what_was_long_ago(clock: Clock) -> None:
    told: list[float] = []
    still = Stillness(0.1, told.append)
    clock.now += 4.1
    clock.worked += 4
    go_on()
    clock.now += 3.1
    still.beat()
    while clock.now < 4.1 + 3.1 + RECENT_SECONDS:
        clock.now += 0.1
        still.beat()
    go_on()
    assert told == []
