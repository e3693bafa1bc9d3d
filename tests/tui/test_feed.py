"""The feed: what it reads, how often, and what it says while it has not read all."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tui_stores import add_trial, write_experiment

from factories import change, history, run_row, store
from feeds import PATIENCE, read
from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.live import Live, Totals
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed import Feed, Reading
from hpobench_tui.tui.feed import feed as feed_module
from hpobench_tui.tui.feed import rungs as rungs_module
from hpobench_tui.tui.feed.curves import Curves
from hpobench_tui.tui.feed.rungs import Rungs

NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
"""As a writer's next commit marks what it changes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_experiment(tmp_path, status="running")


def resumed(folder: Path, run: int) -> None:
    change(folder, f"UPDATE run SET status = 'running', revision = {NEXT} WHERE id = ?", run)


def spied(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[object, ...]]:
    """The calls of a reader's method from now on."""
    calls: list[tuple[object, ...]] = []
    real: Callable[..., object] = getattr(Reader, name)

    def spy(self: Reader, *arguments: object, **more: object) -> object:
        calls.append(arguments)
        return real(self, *arguments, **more)

    monkeypatch.setattr(Reader, name, spy)
    return calls


def test_curves_are_those_of_the_store_and_only_new_rows_are_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Feed(folder)) as feed:
        curves = feed.get(Curves, "toy/one", Axis.EVALUATIONS, Measure.INCUMBENT)
        read(feed, curves)
        assert (curves.done, curves.total) == (9, 9)
        with Reader(folder) as reader:
            expected = read_curves(reader, feed.state.runs_of("toy/one"), Axis.EVALUATIONS, Measure.INCUMBENT)
        assert curves.picture is not None
        assert curves.picture.keys() == expected.keys()
        for run, curve in expected.items():
            assert np.array_equal(curves.picture[run].y, curve.y)
        calls = spied(monkeypatch, "progress")
        add_trial(folder, 0, 60, 1e-4)
        resumed(folder, 0)
        read(feed, curves)
        assert [call[:2] for call in calls] == [(0, 59)]
        assert (float(curves.picture[0].x[-1]), float(curves.picture[0].y[-1])) == (61.0, 1e-4)


@pytest.mark.parametrize("other", [("toy/zero", Axis.BUDGET, Measure.SIMPLE), ("toy/one", Axis.SECONDS, Measure.SIMPLE),
                                   ("toy/one", Axis.BUDGET, Measure.CUMULATIVE)])  # fmt: skip
def test_coming_back_to_what_was_seen_reads_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, other: tuple[str, Axis, Measure]
) -> None:
    with closing(Feed(folder)) as feed:
        first = feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE)
        read(feed, first)
        read(feed, feed.get(Curves, *other))
        calls = spied(monkeypatch, "progress")
        again = feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE)
        assert again is first
        assert again.complete
        read(feed, again)
        assert calls == []


def test_another_axis_or_measure_is_worked_out_from_what_was_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Feed(folder)) as feed:
        read(feed, feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE))
        calls = spied(monkeypatch, "progress")
        read(feed, feed.get(Curves, "toy/one", Axis.SECONDS, Measure.CUMULATIVE))
        assert calls == []


def test_what_is_looked_at_no_more_goes_where_it_is_too_much(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MOST", 100)
    with closing(Feed(folder)) as feed:
        first = feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE)
        read(feed, first)
        read(feed, feed.get(Curves, "toy/zero", Axis.BUDGET, Measure.SIMPLE))
        again = feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE)
        assert again is not first
        read(feed, again)
        assert again.complete


def test_a_run_that_starts_over_is_read_anew(folder: Path) -> None:
    with closing(Feed(folder)) as feed:
        curves = feed.get(Curves, "toy/one", Axis.EVALUATIONS, Measure.INCUMBENT)
        read(feed, curves)
        change(folder, "DELETE FROM progress WHERE run = 0 AND number > 2")
        change(folder, f"UPDATE run SET status = 'running', trials = 3, spent = 3, revision = {NEXT} WHERE id = 0")
        read(feed, curves)
        assert curves.picture is not None
        assert float(curves.picture[0].x[-1]) == 3.0


def test_brackets_are_read_of_the_run_that_is_wanted_piece_by_piece(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rungs_module, "PIECE", 7)
    with closing(Feed(folder)) as feed:
        calls = spied(monkeypatch, "trials")
        rungs = feed.get(Rungs, 3)
        read(feed, rungs)
        assert {call[0] for call in calls} == {3}
        assert rungs.picture is not None
        assert [[rung.done for rung in bracket.rungs] for bracket in rungs.picture] == [[9, 3, 1], [3, 1], [1]]
        none = feed.get(Rungs, 0)
        read(feed, none)
        assert none.picture == ()


def test_a_run_with_brackets_but_no_plan_tells_by_its_trials(tmp_path: Path) -> None:
    trials = history(0, [0.5] * 3, bracket=0, rung=0)
    store(tmp_path, [run_row(trials=3), run_row(1, label="b", trials=2)], [*trials, *history(1, [0.5] * 2)]).close()
    with closing(Feed(tmp_path)) as feed:
        with_brackets, without = feed.get(Rungs, 0), feed.get(Rungs, 1)
        read(feed, with_brackets, without)
        assert with_brackets.picture
        assert without.picture == ()


def test_it_looks_closer_only_where_something_was_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Feed(folder)) as feed:
        read(feed)
        calls = spied(monkeypatch, "runs_since")
        read(feed)
        assert calls == []
        resumed(folder, 0)
        read(feed)
        assert len(calls) == 1
        assert feed.state.runs[0].status == "running"


def test_sums_are_those_of_all_runs_whatever_changed(folder: Path) -> None:
    def summed(runs: Sequence[RunRow]) -> Totals:
        totals = Totals()
        for run in runs:
            totals.add(run)
        return totals

    with closing(Feed(folder)) as feed:
        read(feed)
        for step, status in enumerate(("running", "failed", "done", "waiting")):
            change(folder, f"UPDATE run SET status = ?, spent = ?, trials = 7, revision = {NEXT} WHERE id % 4 = ?",
                   status, 10 + step, step)  # fmt: skip
            read(feed)
            state = feed.state
            assert state.totals.statuses == +summed(state.runs).statuses
            for pair, ids in state.ids.items():
                kept, own = state.pairs[pair], summed([state.runs[run] for run in ids])
                assert +kept.statuses == +own.statuses
                assert kept.progress == pytest.approx(own.progress)
                assert kept.trials == own.trials


class Broken(Reading[int]):
    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        self.total = 1

    def step(self, reader: Reader, live: Live) -> bool:
        raise ZeroDivisionError("no such number")


class Endless(Reading[int]):
    """Never done: one of 10^9."""

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        self.total = 10**9

    def step(self, reader: Reader, live: Live) -> bool:
        self.done += 1
        time.sleep(0.001)
        self.publish(self.done)
        return True


def test_a_reading_that_fails_says_so_and_takes_no_other_down(folder: Path) -> None:
    with closing(Feed(folder)) as feed:
        broken = feed.get(Broken)
        curves = feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE)
        read(feed, broken, curves)
        assert "ZeroDivisionError: no such number" in (broken.trouble or "")
        assert curves.complete


def test_what_is_not_complete_says_how_far_it_is_and_others_have_their_turn(folder: Path) -> None:
    with closing(Feed(folder)) as feed:
        endless = feed.get(Endless)
        curves = feed.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE)
        feed.want([endless, curves])
        deadline = time.monotonic() + PATIENCE
        while not curves.complete:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not feed.settled
        assert endless.words.startswith("reading ")
        assert endless.words.endswith("/1000000000")
        pulse = feed.pulse
        while feed.pulse == pulse:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def finished(tmp_path: Path) -> Iterator[Feed]:
    with closing(Feed(write_experiment(tmp_path, "over"))) as feed:
        yield feed


def test_what_has_ended_costs_nothing_and_is_still_noticed_to_go_on(
    finished: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "IDLE_PERIOD", 0.3)
    read(finished, finished.get(Curves, "toy/one", Axis.BUDGET, Measure.SIMPLE))
    time.sleep(0.1)
    told: list[float] = []
    finished.told = lambda: told.append(time.monotonic())
    before = time.thread_time()
    time.sleep(0.5)
    assert told == []
    assert time.thread_time() - before < 0.1
    resumed(finished.folder, 0)
    deadline = time.monotonic() + PATIENCE
    while not told:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert finished.state.runs[0].status == "running"


def test_who_wants_nothing_is_not_served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Feed(folder, period=0.01)) as feed:
        read(feed)
        calls = spied(monkeypatch, "changes")
        time.sleep(0.2)
        assert len(calls) <= 1
