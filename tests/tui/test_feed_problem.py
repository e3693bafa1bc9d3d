"""What the problem's panels are made of: numbers equal those of `hpobench show`, also where runs are cut."""

from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tui_stores import add_trial, write_experiment

from factories import account, change, history, insert, opened, run_row, store
from feeds import read
from hpobench_tui.analysis.anytime import anytime_table, bands
from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.final import final_table
from hpobench_tui.analysis.scores import scores
from hpobench_tui.analysis.union import Union
from hpobench_tui.analysis.winners import winners
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.feed import feed as feed_module
from hpobench_tui.tui.feed.bands import POINTS, Bands
from hpobench_tui.tui.feed.rungs import Rungs
from hpobench_tui.tui.feed.standings import Ranking, Standings
from hpobench_tui.tui.feed.workers import Workers

NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
STATUSES = {"done": 8, "failed": 3, "running": 5, "waiting": 0}


def varied(folder: Path, labels: int = 6, repetitions: int = 7, seed: int = 0) -> Path:
    """Finished, failed, running and waiting runs; equal, negative, huge and missing losses."""
    rng = np.random.default_rng(seed)
    runs, trials = [], []
    for label in range(labels):
        for repetition in range(repetitions):
            number = len(runs)
            status = "done" if label < 2 else str(rng.choice(list(STATUSES), p=[0.6, 0.15, 0.15, 0.1]))
            count = STATUSES[status]
            losses: list[float | None] = [float(v) for v in rng.normal(label / 2, 1, count)]
            if label == 1:
                losses = [0.5] * count
            if label == 4:
                losses = [None] * count
            if label == 5:
                losses = [v * 1e307 if v is not None else None for v in losses]
            runs.append(run_row(number, label=f"o{label}", optimizer=f"o{label}", repetition=repetition, budget=8,
                                spent=count, trials=count, status=status, reference=-1.0, problem_seed=repetition,
                                failed_trials=losses.count(None)))  # fmt: skip
            trials += history(number, losses)
    store(folder, runs, trials, status="running").close()
    return folder


def ranking(folder: Path, axis: Axis, measure: Measure, at: float | None = None) -> Ranking:
    with closing(Feed(folder)) as feed:
        standings = feed.get(Standings, "toy/one", axis, measure, at)
        read(feed, standings)
        assert standings.trouble is None
        assert standings.picture is not None
        assert not standings.picture.left
        return standings.picture


@pytest.mark.parametrize("axis", [Axis.BUDGET, Axis.SECONDS])
@pytest.mark.parametrize("measure", list(Measure))
def test_standings_are_the_numbers_of_show(tmp_path: Path, axis: Axis, measure: Measure) -> None:
    found = ranking(varied(tmp_path), axis, measure)
    with Reader(tmp_path) as reader:
        runs, ends = reader.runs(), reader.ends()
        curves = read_curves(reader, runs, axis, measure)
    finals = {row.label: row for row in final_table(runs, ends, measure)}
    table = anytime_table("toy/one", runs, curves, axis, measure)
    own = found.by_label
    assert own.keys() == finals.keys()
    assert found.marks == table.marks
    for label, final in finals.items():
        row = own[label]
        assert (row.median, row.lower, row.upper) == (final.median, final.lower, final.upper), label
        assert (row.best, row.tied) == (final.best_in_problem, final.tied_in_problem), label
        assert (row.runs, row.failed, row.provisional) == (final.runs, final.failed, final.provisional), label
        assert (row.rank is None) == (final.median is None or final.provisional), label
    for row in table.rows:
        assert own[row.label].at_marks == row.medians
        assert (own[row.label].best_at, own[row.label].tied_at) == (row.best, row.tied)
    (won,) = winners(scores(runs, ends, measure))
    assert found.winners == won
    assert {row.label for row in found.rows if row.wins} == set(won.group)
    ranks = [row.rank for row in found.rows if row.rank is not None]
    assert ranks == sorted(ranks)
    assert sum(ranks) == len(ranks) * (len(ranks) + 1) / 2


@pytest.mark.parametrize("at", [0.25, 0.5])
def test_at_a_part_of_the_budget_they_are_those_of_show_there(tmp_path: Path, at: float) -> None:
    varied(tmp_path)
    found = ranking(tmp_path, Axis.BUDGET, Measure.INCUMBENT, at)
    with Union([tmp_path], Filters(at=Fraction(8) * Fraction(at))) as union:
        finals = {row.label: row for row in final_table(union.runs(), union.ends(), Measure.INCUMBENT)}
    for label, final in finals.items():
        row = found.by_label[label]
        assert (row.median, row.lower, row.upper, row.failed) == (
            final.median, final.lower, final.upper, final.failed
        ), label  # fmt: skip


def test_lines_are_the_bands_of_the_curves(tmp_path: Path) -> None:
    varied(tmp_path)
    with closing(Feed(tmp_path)) as feed:
        lines = feed.get(Bands, "toy/one", Axis.BUDGET, Measure.SIMPLE, None, True)
        read(feed, lines)
        assert lines.picture is not None
        runs = feed.state.runs_of("toy/one")
    with Reader(tmp_path) as reader:
        curves = read_curves(reader, runs, Axis.BUDGET, Measure.SIMPLE)
    for expected in bands(runs, curves, Axis.BUDGET, POINTS):
        band = lines.picture.bands[expected.label]
        assert np.array_equal(band.median, expected.median)
        assert np.array_equal(band.upper, expected.upper)


def test_while_it_is_read_no_number_is_of_some_of_the_seeds(tmp_path: Path) -> None:
    varied(tmp_path)
    final = ranking(tmp_path, Axis.BUDGET, Measure.SIMPLE).by_label
    with closing(Feed(tmp_path)) as feed, Reader(tmp_path) as reader:
        read(feed)
        live = Live(reader)
        top = feed.get(Standings, "toy/one", Axis.BUDGET, Measure.SIMPLE, None)
        curves = top._curves
        progress = curves._progress
        for each in (progress, curves, top):
            each.note(live, None)
        seen = 0
        while not top.complete:
            for each in (progress, curves, top):
                each.step(reader, live)
            if top.picture is not None and top.picture.left:
                seen += 1
                assert top.words.startswith("reading ")
                for row in top.picture.rows:
                    assert (row.median, row.counted) == (final[row.label].median, final[row.label].counted)
                    assert (row.rank, row.best, row.tied, row.wins) == (None, False, False, None)
        assert seen
        assert top.picture is not None
        assert top.picture.by_label == final


def test_pictures_stay_when_what_they_were_made_of_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_experiment(tmp_path, "one")
    with closing(Feed(tmp_path / "one")) as feed:
        first = feed.get(Standings, "toy/one", Axis.BUDGET, Measure.SIMPLE, None)
        read(feed, first)
        picture = first.picture
        monkeypatch.setattr(feed_module, "MOST", 100_000)
        read(feed, feed.get(Standings, "toy/zero", Axis.BUDGET, Measure.SIMPLE, None))
        calls: list[object] = []
        real: Callable[..., object] = Reader.progress
        monkeypatch.setattr(Reader, "progress", lambda *a, **k: (calls.append(a), real(*a, **k))[1])
        read(feed, feed.get(Standings, "toy/one", Axis.BUDGET, Measure.SIMPLE, None))
        assert first.picture is picture
        assert calls == []


def test_one_run_that_changes_is_all_that_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_experiment(tmp_path, "one", status="running")
    with closing(Feed(folder)) as feed:
        top = feed.get(Standings, "toy/one", Axis.EVALUATIONS, Measure.INCUMBENT, None)
        read(feed, top)
        calls: list[int] = []
        real: Callable[..., object] = Reader.progress
        monkeypatch.setattr(
            Reader, "progress", lambda self, run, *a, **k: (calls.append(run), real(self, run, *a, **k))[1]
        )
        for run in (0, 1, 2):
            add_trial(folder, run, 60, -1.0)
            change(folder, f"UPDATE run SET trials = 61, revision = {NEXT} WHERE id = ?", run)
        read(feed, top)
        assert sorted(calls) == [0, 1, 2]
        assert top.picture is not None
        assert top.picture.by_label["random"].median == -1.0


def test_brackets_at_a_part_of_the_budget_and_what_went_up(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, "one")
    with closing(Feed(folder)) as feed:
        now, then = feed.get(Rungs, 3), feed.get(Rungs, 3, 10 / 60)
        read(feed, now, then)
        assert now.picture is not None
        assert then.picture is not None
        assert [[rung.done for rung in b.rungs] for b in now.picture] == [[9, 3, 1], [3, 1], [1]]
        assert [[rung.promoted for rung in b.rungs] for b in now.picture] == [[3, 1, None], [1, None], [None]]
        assert [[rung.done for rung in b.rungs] for b in then.picture] == [[9, 1, 0], [0, 0], [0]]


def test_who_works_is_known_at_the_cost_of_what_changed(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, "one", status="running")
    with closing(Feed(folder)) as feed:
        workers = feed.get(Workers)
        read(feed, workers)
        assert workers.picture is not None
        assert workers.picture.now == workers.picture.over == ()
        change(
            folder, f"UPDATE run SET status = 'running', activity = 'asking trial 3', revision = {NEXT} WHERE id < 2"
        )
        read(feed, workers)
        assert [(stint.run.id, stint.lane) for stint in workers.picture.now] == [(0, 0), (1, 1)]
        change(folder, f"UPDATE run SET status = 'done', revision = {NEXT} WHERE id = 0")
        read(feed, workers)
        assert [stint.run.id for stint in workers.picture.now] == [1]
        (over,) = workers.picture.over
        assert (over.run.id, over.lane) == (0, 0)
        assert over.start <= over.end


@pytest.mark.parametrize("trials", [2, 3, 6])
def test_another_attempt_that_nobody_saw_begin_takes_the_place_of_the_one_before(tmp_path: Path, trials: int) -> None:
    """As when failed runs are tried again while another problem is shown, or on a simulated clock."""
    rung = {"bracket": 0, "rung": 0, "fidelity": 1, "target": 1}
    own = {"fidelity": "epochs", "measure": Measure.INCUMBENT.value, "budget": 6}
    failed = run_row(trials=3, spent=3, status="failed", error="ValueError: no", **own)
    store(tmp_path, [failed, run_row(1, repetition=1, **own)], history(0, [0.1, 0.2, 0.3], **rung)).close()
    with closing(Feed(tmp_path)) as feed:
        rungs, axis = feed.get(Rungs, 0), Axis.EVALUATIONS
        standings = feed.get(Standings, "toy/one", axis, Measure.INCUMBENT, None)
        read(feed, rungs, standings)
        losses = [0.9 - place / 10 for place in range(trials)]
        rows = history(0, losses, **rung)
        with opened(tmp_path) as connection:
            for table in ("trial", "progress"):
                connection.execute(f"DELETE FROM {table} WHERE run = 0")
            insert(connection, "trial", rows)
            insert(connection, "progress", account(rows))
            connection.execute(
                f"UPDATE run SET status = 'done', attempts = 2, trials = {trials}, spent = {trials}, error = NULL,"
                f" revision = {NEXT} WHERE id = 0"
            )
        read(feed, rungs, standings)
        assert rungs.picture is not None
        assert [(rung.done, rung.best) for bracket in rungs.picture for rung in bracket.rungs] == [(trials, losses[-1])]
        assert standings.picture is not None
        assert standings.picture.by_label["random"].median == losses[-1]


def test_of_less_than_the_smallest_cost_nothing_is_known(tmp_path: Path) -> None:
    """As at the first places of a replay: what the first trial reached is not shown before it has ended."""
    folder = write_experiment(tmp_path, "one")
    with closing(Feed(folder)) as feed:
        rungs = feed.get(Rungs, 3, 1 / 1024)
        standings = feed.get(Standings, "toy/one", Axis.BUDGET, Measure.INCUMBENT, 1 / 1024)
        read(feed, rungs, standings)
        assert rungs.picture is not None
        assert rungs.picture
        assert sum(rung.done for bracket in rungs.picture for rung in bracket.rungs) == 0
        assert standings.picture is not None
        assert standings.picture.rows
        assert [row.median for row in standings.picture.rows] == [None] * len(standings.picture.rows)
