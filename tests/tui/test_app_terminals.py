"""The app in real terminals: several that look on, some that vanish, and a slow line."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.app import PACED, Terminal
from experiments import trials
from hpobench_tui.core import Budget
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """An experiment that takes some ten seconds, or as many times that as the test asks for; cancelled after it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paced.py").write_text(PACED)
    experiment = spec.build(
        "slow", ["./paced.py:Paced"], ["random", {"name": "random", "label": "another"}],
        Budget.of(400 * getattr(request, "param", 1), "evaluations"), repetitions=4,
    )  # fmt: skip
    folder = lifecycle.start(experiment, tmp_path / "outputs")
    yield folder
    if lifecycle.supervised(folder):
        lifecycle.send(folder, "cancel")
        deadline = time.monotonic() + 20
        while lifecycle.supervised(folder) and time.monotonic() < deadline:
            time.sleep(0.05)


def until(happened: object, what: str, seconds: float = 60.0) -> None:
    assert callable(happened)
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


def test_viewers_come_and_go_and_the_experiment_goes_on(running: Path) -> None:
    one, other = Terminal(running, 80, 24), Terminal(running, 120, 40)
    try:
        until(lambda: one.first and other.first, "both drawing")
        until(lambda: trials(running) > 20, "trials")
        os.kill(one.pid, signal.SIGKILL)
        other.hang_up()
        until(lambda: not other.alive, "the app whose terminal is gone ending")
        before = trials(running)
        assert lifecycle.supervised(running)
        until(lambda: trials(running) > before + 50, "more trials")
        third = Terminal(running, 60, 20)
        try:
            until(lambda: third.first, "a third one drawing")
        finally:
            third.close()
        until(lambda: not lifecycle.supervised(running), "the end")
    finally:
        one.close()
        other.close()
    with Reader(running) as reader:
        assert reader.experiment().status == "finished"
        assert trials(running) == 2 * 4 * 400


@pytest.mark.parametrize("running", [20], indirect=True, ids=["lasts longer than the keys"])
def test_keys_are_answered_over_a_slow_line(running: Path) -> None:
    """10 KB a second, as over a poor mobile line: what a key changes is there within 300 ms, most of the time."""
    app = Terminal(running, 80, 24, rate=10_000, SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22")
    try:
        until(lambda: app.first, "drawing")
        time.sleep(4)
        assert lifecycle.supervised(running)
        written, began = app.bytes, time.monotonic()
        took = app.keys(["n", "N", "a", "n", "\x1b[B", "\x1b[A", "n", "N", "m", "n"], 0.6)
        assert len(took) >= 7, "most keys change something"
        assert sorted(took)[len(took) // 2] < 300, took
        assert (app.bytes - written) / (time.monotonic() - began) < 10_000, "the line is never full"
        assert lifecycle.supervised(running)
    finally:
        app.close()
