"""Several experiments read as one: labels, filters, cuts, and what cannot be compared."""

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factories import Row, account, history, run_row, store
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.final import final_table
from hpobench_tui.analysis.scores import Failed, scores
from hpobench_tui.analysis.union import Union
from hpobench_tui.core import HpobenchError, Measure
from hpobench_tui.core.patterns import matcher, parse_repetitions
from hpobench_tui.core.progress import position
from hpobench_tui.core.status import RunStatus


def experiment(folder: Path, losses: dict[tuple[str, str, int], list[float | None]], **columns: object) -> Path:
    """Finished runs by (problem, label, repetition); seeds by problem and repetition."""
    runs, trials = [], []
    for id, ((problem, label, repetition), own) in enumerate(losses.items()):
        values: Row = {"problem_seed": 10 + repetition, "optimizer_seed": 100 * repetition + len(label)} | columns
        runs.append(
            run_row(
                id, problem=problem, label=label, repetition=repetition, budget=len(own), spent=len(own),
                trials=len(own), failed_trials=own.count(None), **values,
            )
        )  # fmt: skip
        trials += history(id, own)
    store(folder, runs, trials).close()
    return folder


def two(tmp_path: Path) -> list[Path]:
    one = {("toy/one", "random", 0): [3.0, 2.0], ("toy/one", "tpe", 0): [3.0, 1.0], ("toy/two", "tpe", 0): [1.0, 1.0]}
    other = {("toy/one", "random", 0): [3.0, 2.5], ("toy/one", "cma", 0): [4.0, 0.5]}
    return [experiment(tmp_path / "before-20260101-000000", one), experiment(tmp_path / "after-20260102-000000", other)]


def names(union: Union) -> set[tuple[str, str, int]]:
    return {(run.problem, run.label, run.repetition) for run in union.runs()}


def test_equal_labels_of_two_experiments_are_told_apart(tmp_path: Path) -> None:
    with Union(two(tmp_path)) as union:
        first, second = union.names
        assert names(union) == {
            ("toy/one", f"random@{first}", 0), ("toy/one", "tpe", 0), ("toy/two", "tpe", 0),
            ("toy/one", f"random@{second}", 0), ("toy/one", "cma", 0),
        }  # fmt: skip
        rows = final_table(union.runs(), union.ends())
        assert {(row.problem, row.label): row.median for row in rows}[("toy/one", f"random@{second}")] == 2.5
        assert len({run.id for run in union.runs()}) == 5
        for run in union.runs():
            assert union.progress(run.id).number.tolist() == [0, 1]
            assert union.trial_rows(run.id)[0].run == union.reader_of(run.id)[1]


def test_pooled_a_run_that_both_hold_is_taken_once(tmp_path: Path) -> None:
    with Union(two(tmp_path), pool=True) as union:
        assert names(union) == {
            ("toy/one", "random", 0), ("toy/one", "tpe", 0), ("toy/two", "tpe", 0), ("toy/one", "cma", 0),
        }  # fmt: skip
        assert union.notes() == ["1 runs that several experiments hold are taken once"]


def test_pooled_other_seeds_are_other_repetitions(tmp_path: Path) -> None:
    one, other = ({("toy/one", label, n): [n + 1.0] for label in ("a", "b") for n in range(2)} for _ in range(2))
    first = experiment(tmp_path / "one", one)
    second = experiment(tmp_path / "two", other, problem_seed=7, optimizer_seed=8)
    with Union([first, second], pool=True) as union:
        found = scores(union.runs(), union.ends())
        assert found.labels == ("a", "b")
        assert found.repetitions == (0, 1, 2)  # the third: two runs of one seed that are equal are one
        assert found.seeds.tolist() == [[10, 11, 7]]
        np.testing.assert_array_equal(found.values, [[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]])
        assert "share no randomness" in union.notes()[0]


def test_an_unfinished_copy_gives_way_to_the_finished_one(tmp_path: Path) -> None:
    open_one = experiment(tmp_path / "one", {("toy/one", "a", 0): [2.0]}, status="running")
    done = experiment(tmp_path / "two", {("toy/one", "a", 0): [2.0]})
    for folders in ([open_one, done], [done, open_one]):
        with Union(folders, pool=True) as union:
            assert [run.status for run in union.runs()] == [RunStatus.DONE]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(problems=("toy/two",)), 1),
        (Filters(problems=("toy/*",), optimizers=("tp?",)), 2),
        (Filters(optimizers=("random",)), 2),
        (Filters(optimizers=("random@*", "cma")), 3),
        (Filters(repetitions=parse_repetitions("0-9")), 5),
    ],
)
def test_filters(tmp_path: Path, filters: Filters, expected: int) -> None:
    with Union(two(tmp_path), filters) as union:
        assert len(union.runs()) == expected
        assert set(union.ends()) == {run.id for run in union.runs()}
        assert set(union.landmarks()) <= {run.problem for run in union.runs()}


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(problems=("toy/tow",)), "no problem is called 'toy/tow' there. Did you mean 'toy/two'"),
        (Filters(optimizers=("tpe", "hyperband")), "no optimizer is called 'hyperband' there"),
        (Filters(repetitions=parse_repetitions("5-9")), "no repetition is in 5-9; there are 0-0"),
        (Filters(problems=("toy/two",), optimizers=("cma",)), "the filters take all away"),
        (Filters(at=Fraction(3)), "--at 3: must be above 0 and within all budgets; that of toy/one in "),
        (Filters(at=Fraction(0)), "--at 0: must be above 0"),
    ],
)
def test_filters_that_leave_nothing(tmp_path: Path, filters: Filters, message: str) -> None:
    with pytest.raises(HpobenchError) as caught:
        Union(two(tmp_path), filters)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("reference", -1.0, "another reference in"), ("unit", "seconds", "another unit in"),
        ("noisy", 1, "another noisy in"), ("tolerance", 0.1, "another tolerance in"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared(tmp_path: Path, column: str, value: object, message: str) -> None:
    one = experiment(tmp_path / "one", {("toy/one", "a", 0): [1.0]})
    other = experiment(tmp_path / "two", {("toy/one", "b", 0): [1.0]}, **{column: value})
    with pytest.raises(HpobenchError, match=message):
        Union([one, other])


def test_other_budgets_are_compared_where_both_have_come(tmp_path: Path) -> None:
    one = experiment(tmp_path / "one", {("toy/one", "a", 0): [4.0, 3.0, 2.0, 1.0]})
    other = experiment(tmp_path / "two", {("toy/one", "b", 0): [5.0, 2.5]})
    with pytest.raises(HpobenchError, match=r"4 and 2 evaluations. Compare them where both have come: --at 2\."):
        Union([one, other])
    with Union([one, other], Filters(at=Fraction(2))) as union:
        assert scores(union.runs(), union.ends()).values.tolist() == [[[3.0], [2.5]]]
    with pytest.raises(HpobenchError, match="named twice: one"):
        Union([one, one])


@pytest.mark.parametrize("kept", ["every row", "few rows"])
def test_a_cut_run_is_what_it_was_then(tmp_path: Path, kept: str) -> None:
    """Rows, sums and incumbent of the first trials alone, wherever the cut lies."""
    draw = random.Random(3)
    losses = [None if draw.random() < 0.2 else draw.uniform(0, 9) for _ in range(90)]
    trials = [trial | {"cost": draw.choice([1, 2, 3])} for trial in history(0, losses)]
    spent = sum(trial["cost"] for trial in trials)
    whole = account(trials)
    changes = {row["number"] for i, row in enumerate(whole) if i and row["incumbent"] != whole[i - 1]["incumbent"]}
    rows = [
        row
        for row in whole
        if kept == "every row" or row["number"] in {0, 89, *changes} or position(row["number"] + 1) == row["number"] + 1
    ]
    if kept == "few rows":
        rows = [row for row in rows if row["number"] in {0, 89, *changes} or row["number"] % 8 == 7]
        assert len(rows) < 30
    run = run_row(budget=spent, spent=spent, trials=90, failed_trials=losses.count(None), status="failed", error="x")
    store(tmp_path, [run], trials, rows).close()
    for at in range(1, spent + 1):
        own = [row for row in whole if row["spent"] <= at]
        with Union([tmp_path], Filters(at=Fraction(at))) as union:
            (cut,) = union.runs()
            ends, progress = union.ends(), union.progress(0)
            if not own:
                assert (cut.trials, cut.spent, ends) == (0, 0, {})
                continue
            last = own[-1]
            for table in (ends[0], progress):
                for name in ("number", "spent", "fidelity", "clock", "losses"):
                    assert getattr(table, name)[-1] == last[name]
                assert table.regret[-1] == pytest.approx(last["regret"], rel=1e-13)
                assert table.incumbent[-1] == (-1 if last["incumbent"] is None else last["incumbent"])
            assert (np.diff(progress.number) > 0).all()
            assert (cut.trials, cut.spent, cut.budget) == (last["number"] + 1, last["spent"], at)
            assert cut.failed_trials == losses[: cut.trials].count(None)
            assert cut.status is RunStatus.DONE
            assert len(union.trial_rows(0)) == len(union.trials(0)) == cut.trials


def test_a_cut_where_nothing_is_known_says_where_something_is(tmp_path: Path) -> None:
    trials = history(0, [float(90 - i) if i in (0, 63, 89) else 99.0 for i in range(90)])
    rows = [row for row in account(trials) if row["number"] in (0, 63, 89)]
    run = run_row(budget=90, spent=90, trials=90)
    store(tmp_path, [run], [trials[i] for i in (0, 63, 89)], rows, record=1).close()
    with pytest.raises(HpobenchError, match=r"stood at 80 is not known: .* It is at 64 and 90\."):
        Union([tmp_path], Filters(at=Fraction(80)))
    for at, loss in ((64, 27.0), (90, 1.0)):
        with Union([tmp_path], Filters(at=Fraction(at))) as union:
            assert scores(union.runs(), union.ends()).values.item() == loss


def test_scores_say_what_counts(tmp_path: Path) -> None:
    losses: dict[tuple[str, str, int], list[float | None]] = {
        ("toy/one", "a", 0): [2.0, 1.0], ("toy/one", "a", 1): [None, None], ("toy/one", "b", 1): [0.5, 3.0],
    }  # fmt: skip
    with Union([experiment(tmp_path, losses)]) as union:
        found = scores(union.runs(), union.ends())
        np.testing.assert_array_equal(found.values, [[[1.0, np.nan], [np.nan, 0.5]]])
        assert (found.unfinished, found.failed, found.counts().tolist()) == (0, 1, [[1, 1]])
        worst = scores(union.runs(), union.ends(), Measure.CUMULATIVE, Failed.WORST)
        np.testing.assert_array_equal(worst.values, [[[3.0, np.inf], [np.nan, 3.5]]])
        assert worst.of("toy/one", "b")[1] == 3.5


@pytest.mark.parametrize(
    ("text", "inside", "outside"), [("0-9", [0, 9], [10]), ("3", [3], [2, 4]), ("0, 5-6 ,9", [0, 5, 6, 9], [1, 7])]
)
def test_repetitions_are_read(text: str, inside: list[int], outside: list[int]) -> None:
    spans = parse_repetitions(text)
    assert all(number in spans for number in inside)
    assert not any(number in spans for number in outside)
    assert parse_repetitions(str(spans)) == spans


@pytest.mark.parametrize("text", ["", "a", "9-0", "1-", "-3", "1.5", "1-2-3", "0," + "9" * 30])
def test_other_repetitions_are_refused(text: str) -> None:
    with pytest.raises(HpobenchError, match="numbers from 0 and ranges of them, as in 0-9"):
        parse_repetitions(text)


def test_brackets_are_brackets_in_patterns() -> None:
    assert matcher("synthetic/ackley[d=10]")("synthetic/ackley[d=10]")
    assert matcher("*[d=?0]")("synthetic/ackley[d=20]")
    assert not matcher("synthetic/ackley[d=10]")("synthetic/ackleyd")
    assert not matcher("tpe")("tpe2")
