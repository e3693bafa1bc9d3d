"""Readings of one run: its trials as numbers and in full, what charts show of them, learning curves, values."""

import json
import math
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from factories import Row, account, change, history, insert, opened, run_row, store, trial_row
from feeds import PATIENCE, read
from hpobench_tui.tui.feed import Feed, learning, matters, trials, values, whole
from hpobench_tui.tui.feed.learning import Learning
from hpobench_tui.tui.feed.matters import Matters
from hpobench_tui.tui.feed.rows import Rows
from hpobench_tui.tui.feed.story import Story, rows_until, trials_until
from hpobench_tui.tui.feed.thinned import Thinned, extremes, part_end
from hpobench_tui.tui.feed.trials import FAILED, Trials
from hpobench_tui.tui.feed.values import Values
from hpobench_tui.tui.feed.whole import OneTrial, RunError

NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
LOSSES = [0.9, None, 0.5, 0.7, 1e308, 0.2, 0.3, -1.0]


def write(folder: Path, rows: list[Row], reports: list[Row] = [], **columns: Any) -> Path:  # noqa: B006
    store(
        folder, [run_row(trials=len(rows), **columns), run_row(1, label="b", trials=0)], rows, reports=reports,
        status="running",
    ).close()  # fmt: skip
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, history(0, LOSSES))


@pytest.fixture
def feed(folder: Path) -> Iterator[Feed]:
    with closing(Feed(folder)) as feed:
        yield feed


def more(folder: Path, *rows: Row) -> None:
    """A commit that adds trials."""
    with opened(folder) as connection:
        insert(connection, "trial", rows)
        insert(connection, "progress", account(list(rows)))
        connection.execute(
            f"UPDATE run SET trials = (SELECT max(number) + 1 FROM trial WHERE run = 0), revision = {NEXT} WHERE id = 0"
        )


def test_what_only_later_trials_have_is_absent_in_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PIECE", 2)
    rows = [trial_row(0, i, truth=0.5 if i == 3 else None, fidelity=9 if i == 4 else None) for i in range(5)]
    with closing(Feed(write(tmp_path, rows))) as feed:
        own = feed.get(Trials, 0)
        read(feed, own)
        assert own.picture is not None
        assert own.picture.truth is not None
        assert own.picture.fidelity is not None
        assert np.isnan(own.picture.truth).tolist() == [True, True, True, False, True]
        assert own.picture.fidelity.tolist() == [-1, -1, -1, -1, 9]
        cut = own.picture.before(3)
        assert (cut.number.tolist(), cut.seconds.tolist(), cut.cost.tolist()) == ([0, 1, 2], [1, 1, 1], [1, 1, 1])


@pytest.mark.parametrize("piece", [2, 3, 100])
def test_numbers_are_those_of_the_store_in_whatever_pieces(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(trials, "PIECE", piece)
    own = feed.get(Trials, 0)
    read(feed, own)
    assert own.picture is not None
    assert own.picture.number.tolist() == list(range(8))
    assert [None if math.isnan(x) else x for x in own.picture.loss] == LOSSES
    assert own.picture.status.tolist().count(FAILED) == 1
    assert own.picture.place(3) == 3
    assert own.picture.place(99) is None
    more(folder, trial_row(0, 8, loss=0.1), trial_row(0, 9, loss=0.4))
    before = own.picture
    read(feed, own)
    assert len(before) == 8
    assert own.picture.loss.tolist()[-2:] == [0.1, 0.4]
    assert own.picture.epoch == before.epoch


@pytest.mark.parametrize(
    "rows", [history(0, [0.4]), history(0, [0.4, 0.3] * 4), history(0, [*LOSSES[:-1], 5.0, 6.0]), []]
)
def test_a_run_that_starts_over_is_read_anew(feed: Feed, folder: Path, rows: list[Row]) -> None:
    readings = [feed.get(kind, 0) for kind in (Trials, Story, Thinned, Values, Learning)]
    cells = feed.get(Rows, 0)
    cells.ask([0])
    read(feed, *readings, cells)
    with opened(folder) as connection:
        connection.execute("DELETE FROM trial")
        connection.execute("DELETE FROM progress")
        insert(connection, "trial", rows)
        insert(connection, "progress", account(rows))
        connection.execute(f"UPDATE run SET trials = ?, revision = {NEXT} WHERE id = 0", (len(rows),))
    read(feed, *readings, cells)
    losses = [row["loss"] for row in rows]
    own, story, thinned, configurations = (reading.picture for reading in readings[:4])
    assert [None if math.isnan(x) else x for x in own.loss] == losses  # type: ignore[union-attr]
    assert story.number.tolist() == list(range(len(rows)))  # type: ignore[union-attr]
    assert thinned.tolist() == [i for i, x in enumerate(losses) if x is not None]  # type: ignore[union-attr]
    assert configurations.count == len(rows)  # type: ignore[union-attr]
    assert not cells.picture


def test_an_empty_run_is_complete(feed: Feed) -> None:
    readings = [feed.get(kind, 1) for kind in (Trials, Story, Thinned, Values, Learning)]
    read(feed, *readings)
    assert all(reading.complete for reading in readings)
    assert readings[0].picture is not None
    assert len(readings[0].picture) == 0


def test_a_part_of_the_budget_cuts_trials_and_rows(feed: Feed) -> None:
    story = feed.get(Story, 0)
    read(feed, story)
    run, progress = feed.state.runs[0], story.picture
    assert progress is not None
    assert [trials_until(run, progress, at) for at in (None, 1.0, 0.5, 0.25, 0.01)] == [None, 8, 5, 2, 0]
    assert rows_until(run, progress, 0.5) == 5


def test_a_chart_shows_first_trials_and_extremes_of_later_ones() -> None:
    ends, place = [], 0
    while place < 5000:
        place = part_end(place)
        ends.append(place)
    assert ends[:511] == list(range(1, 512))
    assert all(1 / 512 <= (end - start) / end <= 1 / 255 for start, end in pairwise(ends[512:]))
    losses = np.array([3.0, math.nan, 1.0, 2.0, 9.0, math.nan])
    assert extremes(losses, 0, 6) == [2, 4]
    assert extremes(losses, 5, 6) == []


def test_what_a_chart_shows_does_not_depend_on_when_it_was_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = history(0, [float(x) if x > 0.1 else None for x in rng.random(1500)])
    progress = [{**account([rows[0]])[0], "number": 1499, "spent": 10}]
    for name, first in (("whole", 1500), ("parts", 700)):
        (tmp_path / name).mkdir()
        store(tmp_path / name, [run_row(trials=first)], rows[:first], progress, status="running").close()
    found = []
    for name in ("whole", "parts"):
        with closing(Feed(tmp_path / name)) as feed:
            thinned = feed.get(Thinned, 0)
            read(feed, thinned)
            if name == "parts":
                with opened(tmp_path / name) as connection:
                    insert(connection, "trial", rows[700:])
                change(tmp_path / name, f"UPDATE run SET trials = 1500, revision = {NEXT} WHERE id = 0")
                read(feed, thinned)
            assert thinned.picture is not None
            found.append(thinned.picture.tolist())
    assert found[0] == found[1]
    lowest = min(range(1500), key=lambda i: math.inf if rows[i]["loss"] is None else rows[i]["loss"])
    assert lowest in found[0]
    assert len(found[0]) < 1500


def test_trials_in_full_are_read_when_asked_for(feed: Feed) -> None:
    rows = feed.get(Rows, 0)
    read(feed, rows)
    assert rows.picture == {}
    rows.ask([1, 5, 77])
    read(feed, rows)
    assert rows.picture is not None
    assert rows.picture[5] is not None
    assert rows.picture[5].configuration == {"x": 0.5}
    assert rows.picture[1] is not None
    assert rows.picture[1].error == "ValueError: no good"
    assert rows.picture[77] is None
    version = rows.version
    rows.ask([1, 5, 77])
    read(feed, rows)
    assert rows.version == version


def test_values_of_conditional_mixed_and_odd_hyperparameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "PIECE", 2)
    tried = [{"a": 1}, {"a": 2.5, "b": "adam"}, {"b": "sgd", "c": True}, {"a": "auto", "c": None}, {"c": [1, 2]}]
    rows = [trial_row(0, i, configuration=json.dumps(c)) for i, c in enumerate(tried)]
    with closing(Feed(write(tmp_path, rows))) as feed:
        reading = feed.get(Values, 0)
        read(feed, reading)
        assert reading.picture is not None
        by_name = {column.name: column for column in reading.picture.columns}
    a, b, c = by_name["a"], by_name["b"], by_name["c"]
    assert a.choices == ("1", "2.5", "auto")
    assert [None if math.isnan(v) else a.choices[int(v)] for v in a.values] == ["1", "2.5", None, "auto", None]
    assert b.choices == ("adam", "sgd")
    assert c.choices == ("true", "null", "[1, 2]")


def test_learning_curves_follow_continuations_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "PIECE", 2)
    rows = [
        trial_row(0, 0, fidelity=3, target=3, loss=0.9),
        trial_row(0, 1, fidelity=3, target=3, loss=0.8),
        trial_row(0, 2, fidelity=2, target=9, loss=0.95, status="pruned"),
        trial_row(0, 3, fidelity=9, target=9, loss=0.4, continues=1),
        trial_row(0, 4, fidelity=None, target=9, loss=None, status="failed", error="E"),
    ]
    reports = [
        {"run": 0, "trial": 2, "fidelity": 1, "loss": 0.99, "metrics": None},
        {"run": 0, "trial": 2, "fidelity": 2, "loss": 0.95, "metrics": None},
        {"run": 0, "trial": 3, "fidelity": 6, "loss": None, "metrics": None},
        {"run": 0, "trial": 3, "fidelity": 7, "loss": 0.5, "metrics": None},
    ]
    with closing(Feed(write(tmp_path, rows, reports, fidelity="epochs"))) as feed:
        reading = feed.get(Learning, 0)
        read(feed, reading)
        picture = reading.picture
        assert picture is not None
    first, promoted, pruned, failed = picture.every
    assert picture.of[3] is promoted is picture.of[1]
    assert promoted.until(None)[0].tolist() == [3, 7, 9]
    assert promoted.until(3)[1].tolist() == [0.8]
    assert pruned.until(None)[1].tolist() == [0.99, 0.95]
    assert [picture.stopped(t) for t in (first, promoted, pruned)] == [True, False, True]
    assert not failed.points


def test_one_trial_has_its_traceback_and_who_went_on_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "PIECE", 2)
    rows = [
        trial_row(0, 0, fidelity=1, target=1),
        trial_row(0, 1, fidelity=1, target=1, status="failed", loss=None, error="E: no\nTraceback\n  line"),
        *(trial_row(0, i, fidelity=1, target=1) for i in (2, 3, 4, 5)),
        trial_row(0, 6, fidelity=3, target=3, continues=0),
    ]
    with closing(Feed(write(tmp_path, rows, fidelity="epochs"))) as feed:
        zero, one, none = (feed.get(OneTrial, 0, number) for number in (0, 1, 99))
        read(feed, zero, one, none)
        assert zero.picture is not None
        assert zero.picture.continued_by == (6,)
        assert one.picture is not None
        assert one.picture.error == "E: no\nTraceback\n  line"
        assert none.picture is not None
        assert none.picture.row is None
        more(tmp_path, trial_row(0, 7, fidelity=3, target=3, continues=0))
        read(feed, zero)
        assert zero.picture.continued_by == (6, 7)


def test_why_a_run_failed_is_there_in_full(tmp_path: Path) -> None:
    runs = [
        run_row(0, status="failed", error="E: first\nTraceback one"), run_row(1, label="b"),
        run_row(2, label="c", status="failed", error="E: third\nTraceback three"),
    ]  # fmt: skip
    store(tmp_path, runs, history(0, [None])).close()
    with closing(Feed(tmp_path)) as feed:
        errors = [feed.get(RunError, run) for run in range(3)]
        read(feed, *errors)
        assert [error.picture for error in errors] == ["E: first\nTraceback one", "", "E: third\nTraceback three"]


def test_importance_is_worked_out_elsewhere_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    tried = rng.random((200, 2))
    rows = [
        trial_row(0, i, loss=float(x**2), configuration=json.dumps({"x": float(x), "y": float(y)}))
        for i, (x, y) in enumerate(tried)
    ]
    store(tmp_path, [run_row(trials=200, spent=10)], rows).close()
    started = []
    real = matters.subprocess.Popen

    def spy(*arguments: Any, **more: Any) -> Any:
        started.append(arguments)
        return real(*arguments, **more)

    monkeypatch.setattr(matters.subprocess, "Popen", spy)
    with closing(Feed(tmp_path)) as feed:
        importance = feed.get(Matters, "toy/one")
        read(feed, importance, patience=60)
        assert importance.picture is not None
        assert importance.picture.why_not == ""
        assert [one.name for one in importance.picture.single] == ["x", "y"]
        assert importance.picture.single[0].share > 0.9
        read(feed, importance)
        assert len(started) == 1


def test_importance_says_why_there_is_none_and_can_be_stopped(folder: Path) -> None:
    with closing(Feed(folder)) as feed:
        importance = feed.get(Matters, "toy/one")
        read(feed, importance, patience=60)
        assert importance.picture is not None
        assert "too few" in importance.picture.why_not
        other = feed.get(Matters, "toy/none")
        feed.want([other])
        deadline = time.monotonic() + PATIENCE
        while other._process is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process = other._process
        other.stop()
        assert process.wait(PATIENCE) != 0
