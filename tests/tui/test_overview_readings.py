"""The numbers of the overview: those of ``hpobench show``, read at the cost of what changed."""

from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factories import Row, change, history, run_row, store
from feeds import read
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.final import FinalRow, final_table
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.feed.cells import Cells, Matrix
from hpobench_tui.tui.feed.pair_curve import SHARES, PairCurve
from hpobench_tui.tui.panels.overview.matrix import spent_by_then

NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
SHOWN = (
    "median", "lower", "upper", "found", "failed", "failed_trials", "finished", "runs", "best_in_problem",
    "tied_in_problem", "provisional", "optimizer_ms",
)  # fmt: skip


def write(folder: Path, seed: int = 0, status: str = "finished") -> Path:
    """Five problems with ties, failures, huge and negative losses, and runs in every state; one pair is missing."""
    rng = np.random.default_rng(seed)
    runs: list[Row] = []
    trials: list[Row] = []
    scales: list[Callable[[], float]] = [
        lambda: float(rng.random()), lambda: float(rng.integers(2)), lambda: float(rng.normal()) * 1e306,
        lambda: -float(rng.random()), lambda: 0.0,
    ]  # fmt: skip
    states = ["done"] * 6 + ["failed", "complete"] + (["running", "waiting"] if status == "running" else [])
    for p, draw in enumerate(scales):
        for label in ("a", "b", "[c]", "d"):
            if (p, label) == (4, "d"):
                continue
            for repetition in range(4):
                number, state = len(runs), str(rng.choice(states))
                trials_made = {"done": 16, "waiting": 0}.get(state, int(rng.integers(1, 16)))
                losses = [None if rng.random() < 0.1 else draw() for _ in range(trials_made)]
                runs.append(
                    run_row(number, problem=f"suite/p{p}", optimizer=label.strip("[]"), label=label, status=state,
                            repetition=repetition, budget=16, spent=trials_made, trials=trials_made,
                            failed_trials=losses.count(None), optimizer_seconds=float(rng.random()),
                            measure=(Measure.CUMULATIVE if p == 1 else Measure.SIMPLE).value,
                            error="ValueError: 3" if state == "failed" else None)
                )  # fmt: skip
                trials += history(number, losses)
    store(folder, runs, trials, status=status).close()
    return folder


def same(matrix: Matrix, rows: list[FinalRow]) -> None:
    assert len(rows) > 10
    assert matrix.rows.keys() == {(row.problem, row.label) for row in rows}
    for row in rows:
        mine = matrix.rows[row.problem, row.label]
        for name in SHOWN:
            assert getattr(mine, name) == getattr(row, name), (row.problem, row.label, name)
    ranking = average_ranks(rows)
    assert matrix.ranking.ranks == ranking.ranks
    assert matrix.ranking.problems == ranking.problems
    assert matrix.wins == {label: sum(r.best_in_problem for r in rows if r.label == label) for label in matrix.wins}


@pytest.mark.parametrize("status", ["finished", "running"])
@pytest.mark.parametrize("measure", [None, Measure.CUMULATIVE, Measure.INCUMBENT])
@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_those_of_show(tmp_path: Path, status: str, measure: Measure | None, seed: int) -> None:
    folder = write(tmp_path / "all", seed, status)
    with closing(Feed(folder)) as feed, Union([folder]) as union:
        cells = feed.get(Cells, measure, None)
        read(feed, cells)
        assert cells.trouble is None
        assert cells.picture is not None
        same(cells.picture, final_table(union.runs(), union.ends(), measure))


@pytest.mark.parametrize("at", [1 / 8, 1 / 4, 1 / 2, 2 ** (-1 / 4)])
@pytest.mark.parametrize("status", ["finished", "running"])
def test_numbers_of_earlier_are_those_of_show_at(tmp_path: Path, status: str, at: float) -> None:
    folder = write(tmp_path / "all", 5, status)
    with closing(Feed(folder)) as feed, Union([folder], Filters(at=Fraction(int(at * 16)))) as union:
        cells = feed.get(Cells, None, at)
        read(feed, cells)
        assert cells.trouble is None
        assert cells.picture is not None
        same(cells.picture, final_table(union.runs(), union.ends()))


def test_the_smallest_part_of_a_small_budget_has_no_numbers(tmp_path: Path) -> None:
    folder = write(tmp_path / "all")
    with closing(Feed(folder)) as feed:
        cells = feed.get(Cells, None, 1 / 1024)
        read(feed, cells)
        assert cells.trouble is None
        assert cells.picture is not None
        assert cells.picture.rows
        assert all(row.median is None for row in cells.picture.rows.values())


def test_ranks_are_by_median_within_a_problem_and_equal_ones_share_the_mean(tmp_path: Path) -> None:
    runs, trials = [], []
    for number, (label, loss) in enumerate([("a", 2.0), ("b", 1.0), ("c", 1.0), ("d", 5.0)]):
        state = "running" if label == "d" else "done"
        runs.append(run_row(number, label=label, optimizer=label, status=state))
        trials += history(number, [loss])
    store(tmp_path / "ties", runs, trials, status="running").close()
    with closing(Feed(tmp_path / "ties")) as feed:
        cells = feed.get(Cells, None, None)
        read(feed, cells)
        assert cells.picture is not None
        assert {label: rank for (_, label), rank in cells.picture.ranks.items()} == {"a": 3.0, "b": 1.5, "c": 1.5}
        assert {label: rank for (_, label), rank in cells.picture.so_far.items()} == {"d": 4.0}


def test_only_runs_that_changed_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "all", 1, "running")
    with closing(Feed(folder)) as feed:
        cells = feed.get(Cells, None, None)
        read(feed, cells)
        calls: list[int] = []
        real = Reader.end

        def spy(self: Reader, run: int, spent: int) -> object:
            calls.append(run)
            return real(self, run, spent)

        monkeypatch.setattr(Reader, "end", spy)
        known = next(run for run in feed.state.runs if run.status.finished and run.trials)
        change(folder, f"UPDATE run SET status = 'failed', error = 'gone', revision = {NEXT} WHERE id = ?", known.id)
        read(feed, cells)
        assert calls == [known.id]
        with Union([folder]) as union:
            assert cells.picture is not None
            same(cells.picture, final_table(union.runs(), union.ends()))


def test_a_curve_of_a_pair_ends_at_its_median_and_unfinished_runs_go_no_further_than_they_came(tmp_path: Path) -> None:
    runs = [run_row(0), run_row(1, repetition=1), run_row(2, label="b", status="running", spent=4, trials=4)]
    trials = [*history(0, [8.0] * 9 + [2.0]), *history(1, [6.0] * 9 + [4.0]), *history(2, [1.0] * 4)]
    store(tmp_path / "two", runs, trials, status="running").close()
    with closing(Feed(tmp_path / "two")) as feed:
        whole = feed.get(PairCurve, "toy/one", "random", Measure.SIMPLE)
        part = feed.get(PairCurve, "toy/one", "b", Measure.SIMPLE)
        read(feed, whole, part)
        assert whole.picture is not None
        assert part.picture is not None
        assert whole.picture[-2:].tolist() == [7.0, 3.0]
        assert np.isnan(whole.picture[SHARES < 0.1]).all(), "before the first trial there is no value"
        assert np.isnan(part.picture[SHARES > 0.4]).all()
        assert (part.picture[(SHARES >= 0.1) & (SHARES <= 0.4)] == 1.0).all()


def test_progress_at_a_part_of_the_budget_is_that_of_then(tmp_path: Path) -> None:
    states = {"a": ("done", 10), "b": ("running", 7), "c": ("running", 2), "d": ("waiting", 0)}
    runs, trials = [], []
    for number, (label, (state, count)) in enumerate(states.items()):
        runs.append(run_row(number, label=label, optimizer=label, status=state, trials=count, spent=count))
        trials += history(number, [1.0] * count)
    store(tmp_path / "half", runs, trials, status="running").close()
    with closing(Feed(tmp_path / "half")) as feed:
        cells = feed.get(Cells, None, 0.5)
        read(feed, cells)
        assert cells.picture is not None
        shares = {label: spent_by_then(row) for (_, label), row in cells.picture.rows.items()}
        assert shares == {"a": 1.0, "b": 1.0, "c": 0.4, "d": 0.0}
        assert spent_by_then(None) == 0.0
