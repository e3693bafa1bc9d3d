"""Comparisons of labels and experiments: who is better, what cannot be compared; and the groups of winners."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wilcoxon

from factories import Row, history, run_row, store
from hpobench_tui.analysis.compare import FEW, compare, pairs_against, pairs_between
from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.statistics.equivalence import Verdict
from hpobench_tui.analysis.winners import winners
from hpobench_tui.cli import main
from hpobench_tui.core import HpobenchError, Measure

SEEDS = np.random.default_rng(11)


def scores_of(values: np.ndarray, tolerance: float = 0.0, labels: tuple[str, ...] = ()) -> Scores:
    """Of an array of shape (problems, labels, repetitions)."""
    problems, count, repetitions = values.shape
    return Scores(
        tuple(f"toy/{n}" for n in range(problems)),
        labels or tuple("abcdefghij"[:count]),
        tuple(range(repetitions)),
        values,
        np.full(problems, tolerance),
        (Measure.SIMPLE,) * problems,
        np.zeros((problems, repetitions), dtype=np.int64),
        0,
        0,
    )


def test_better_worse_equivalent_undecided() -> None:
    base = SEEDS.normal(5, 1, 20)
    values = np.array([[base, base - 1 + SEEDS.normal(0, 0.1, 20), base + 1, base, SEEDS.permutation(base)]])
    found = compare(scores_of(values), pairs_against(tuple("abcde"), "a"))
    assert [line.verdict for line in found.problems] == [
        Verdict.BETTER, Verdict.WORSE, Verdict.EQUIVALENT, Verdict.UNDECIDED,
    ]  # fmt: skip
    assert [bool(line.seeds) for line in found.problems] == [False, False, False, True]
    better, worse, same, _ = found.problems
    assert better.difference is not None
    assert better.difference.upper < 0 < worse.difference.lower  # type: ignore[union-attr]
    assert (same.wins, same.ties, same.losses, same.p) == (0, 20, 0, 1.0)
    assert better.before_median == np.median(base)
    assert [line.verdict for line in found.over[:2]] == [Verdict.BETTER, Verdict.WORSE]


def test_p_is_scipys_and_holms() -> None:
    values = SEEDS.normal(0, 1, (6, 2, 9))
    found = compare(scores_of(values), [("a", "b")])
    own = [wilcoxon(block[1], block[0]).pvalue for block in values]
    np.testing.assert_allclose([line.p for line in found.problems], own)
    order = np.argsort(own)
    corrected = np.minimum(np.maximum.accumulate(np.array(own)[order] * np.arange(6, 0, -1)), 1.0)
    np.testing.assert_allclose(np.array([line.corrected for line in found.problems])[order], corrected)


def test_equal_experiments_are_seldom_told_apart() -> None:
    """200 A/A comparisons of one pair on three problems: the rate of a verdict over all is at most the level + 2 %."""
    told = 0
    for _ in range(200):
        found = compare(scores_of(SEEDS.exponential(1, (3, 2, 10))), [("a", "b")], seeds=False)
        told += found.over[0].verdict in (Verdict.BETTER, Verdict.WORSE)
    assert told <= 200 * 0.07


def test_repetitions_that_one_lacks_are_left_out() -> None:
    values = np.arange(12.0).reshape(1, 2, 6)
    values[0, 0, :2] = np.nan
    values[0, 1, 5] = np.nan
    (line,) = compare(scores_of(values), [("a", "b")]).problems
    assert (line.n, line.before_median, line.after_median) == (3, 3.0, 9.0)


def test_few_pairs_are_said_to_tell_nothing() -> None:
    found = compare(scores_of(np.array([[[1.0, 2, 3, 4, 5], [0.0, 1, 2, 3, 4]]])), [("a", "b")])
    assert found.problems[0].verdict is Verdict.UNDECIDED
    assert found.notes == (
        "of 5 pairs no test can tell a difference at the level of 0.05: it takes at least 6 that differ",
    )


def test_seeds_are_worked_out_where_there_are_few_lines() -> None:
    values = SEEDS.normal(0, 1, (FEW + 1, 2, 8))
    found = compare(scores_of(values), [("a", "b")])
    assert not any(line.seeds for line in found.problems)
    assert found.over[0].seeds or found.over[0].verdict is not Verdict.UNDECIDED
    assert f"as there are {FEW + 1} lines" in found.notes[-1]
    assert any(line.seeds for line in compare(scores_of(values[:3]), [("a", "b")]).problems)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[[1.0], [2.0]]], "there is one repetition to compare"),
        ([[[1.0, np.nan], [np.nan, 2.0]]], "nothing can be compared: a and b share no finished repetition"),
        ([[[np.nan, np.nan], [np.nan, np.nan]]], "nothing can be compared"),
    ],
)
def test_what_leaves_nothing_to_compare(values: list[list[list[float]]], message: str) -> None:
    with pytest.raises(HpobenchError, match=message):
        compare(scores_of(np.array(values)), [("a", "b")])


def test_pairs() -> None:
    assert pairs_between(("x@one", "y", "x@two"), ("one", "two")) == [("x@one", "x@two")]
    with pytest.raises(HpobenchError, match="one and two have no optimizer in common; there: x, y"):
        pairs_between(("x", "y"), ("one", "two"))
    with pytest.raises(HpobenchError, match=r"no optimizer is called 'ranom' there\. Did you mean 'random'"):
        pairs_against(("random", "tpe"), "ranom")
    with pytest.raises(HpobenchError, match="it is the only optimizer"):
        pairs_against(("random",), "random")


def test_winners_are_all_that_are_not_shown_to_be_worse() -> None:
    base = SEEDS.normal(0, 1, 20)
    values = np.array([[base, base + SEEDS.normal(0, 0.01, 20), base + 3], [base, base + 3, base + 4]])
    first, second, over = winners(scores_of(values))
    assert set(first.group) == {"a", "b"}
    assert second.group == ("a",)
    assert (second.labels, second.n, second.told) == (3, 20, True)
    assert second.next_p is not None
    assert second.next_p < 0.05
    assert (over.problem, over.group) == (None, ("a",))
    (few,) = winners(scores_of(values[:1, :, :3]))
    assert (few.told, few.words) == (False, "all 3 (so few seeds cannot tell)")
    assert winners(scores_of(np.full((1, 2, 3), np.nan))) == []


def written(folder: Path, shift: float, **columns: object) -> Path:
    runs, trials = [], []
    for repetition in range(12):
        for problem in ("toy/one", "toy/two"):
            for label in ("a", "b"):
                id, loss = len(runs), repetition + shift * (label == "b")
                values: Row = {"problem": problem, "label": label, "repetition": repetition, "budget": 1, "spent": 1}
                runs.append(run_row(id, trials=1, problem_seed=repetition, **values | columns))
                trials += history(id, [float(loss)])
    store(folder, runs, trials, sealed=True).close()
    return folder


def called(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[object, str]:
    monkeypatch.setattr("sys.argv", ["hpobench", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        main()
    output = capsys.readouterr()
    return caught.value.code or 0, output.out + output.err


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = written(tmp_path / "before", 0.5), written(tmp_path / "after", -0.5)
    code, text = called(capsys, monkeypatch, "compare", before, after, "--json")
    assert code == 0
    found = json.loads(text)
    by_label = {line["after"].partition("@")[0]: line["verdict"] for line in found["over_all"]}
    assert by_label == {"a": "equivalent", "b": "better"}
    assert len(found["problems"]) == 4
    code, text = called(capsys, monkeypatch, "compare", before, "--baseline", "a")
    assert code == 0
    assert "a → b" in text
    assert "worse" in text
    for words, message in (
        (("compare", before), "compare takes two experiments, BEFORE and AFTER, not 1"),
        (("compare", before, after, "--problems", "nope"), "no problem is called 'nope' there"),
        (("compare", before, "--baseline", "c"), "no optimizer is called 'c' there"),
        (("compare", before, after, "--repetitions", "0"), "there is one repetition to compare"),
        (("compare", before, before), "named twice: before"),
        (("compare", before, after, "--measure", "nope"), "unknown measure 'nope'"),
        (("compare", before, after, "--at", "x"), "--at: must be a number in units of the budget"),
        (("compare", before, after, "--failed", "x"), "unknown way to count failed runs 'x'"),
    ):
        code, text = called(capsys, monkeypatch, *words)
        assert (code, message in text, "Traceback" in text) == (2, True, False), text


def test_other_budgets_or_units_are_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = written(tmp_path / "one", 0.0), written(tmp_path / "other", 0.0, unit="seconds")
    code, text = called(capsys, monkeypatch, "compare", one, other)
    assert code == 2
    assert "another unit in one than in other: evaluations and seconds" in text
    failed = written(tmp_path / "failed", 0.0, status="failed", error="ValueError: no")
    code, text = called(capsys, monkeypatch, "compare", one, failed)
    assert code == 2
    assert "nothing can be compared" in text
    assert "failed or have no value" in text


def test_show_says_who_wins_and_what_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "one", 2.0)
    code, text = called(capsys, monkeypatch, "show", folder, "--everything")
    assert code == 0
    for words in (
        "winners: all that are not",
        "average ranks over 2",
        "share of targets reached",
        "better than",
        "AOCC",
    ):
        assert words in " ".join(text.split())
    code, text = called(capsys, monkeypatch, "show", folder, "--everything", "--json")
    found = json.loads(text)
    assert [line["group"] for line in found["winners"]] == [["a"], ["a"], ["a"]]
    assert found["ranks"]["ranks"] == {"a": 1.0, "b": 2.0}
    assert found["pairs"]["wins"] == [[0, 2], [0, 0]]
    assert {row["label"] for row in found["ecdf"]} == {"a", "b"}


def test_ranks_are_over_a_block_that_has_the_label_of_ones_choice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four labels on two problems, of which one has a third problem beside a fifth: the largest block is without it."""
    runs, trials = [], []
    pairs = [(problem, label) for problem in ("toy/one", "toy/two") for label in "abcd"]
    for problem, label in [*pairs, ("toy/three", "e"), ("toy/three", "a")]:
        id = len(runs)
        runs.append(run_row(id, problem=problem, label=label, budget=1, spent=1, trials=1))
        trials += history(id, [float(id)])
    store(tmp_path, runs, trials).close()
    found = json.loads(called(capsys, monkeypatch, "show", tmp_path, "--ranks", "--json")[1])
    assert found["ranks"]["problems"] == ["toy/one", "toy/two"]
    assert found["ranks"]["left_out"] == found["not_ranked"] == ["e"]
    found = json.loads(called(capsys, monkeypatch, "show", tmp_path, "--ranks", "--keep", "e", "--json")[1])
    assert found["ranks"]["problems"] == ["toy/three"]
    assert found["ranks"]["ranks"] == {"e": 1.0, "a": 2.0}
    code, text = called(capsys, monkeypatch, "show", tmp_path, "--keep", "f")
    assert (code, "unknown optimizer 'f'" in text) == (2, True)


def test_speed_up_and_break_even(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``b`` has after 2 evaluations what ``a`` has after 8, and thinks 1 s a trial where ``a`` thinks 0.01 s."""
    runs, trials = [], []
    for repetition in range(4):
        for label, falls, ask in (("a", 8, 0.01), ("b", 2, 1.0)):
            id = len(runs)
            runs.append(run_row(id, label=label, repetition=repetition, optimizer_seconds=10 * ask))
            trials += history(id, [5.0] * (falls - 1) + [0.5] * (11 - falls), ask_seconds=ask)
    store(tmp_path, runs, trials).close()
    found = json.loads(
        called(capsys, monkeypatch, "show", tmp_path, "--speed-up", "a", "--break-even", "1", "--json")[1]
    )
    (row,) = found["speed_up"]
    assert (row["label"], row["factor"], row["at"], row["n"]) == ("b", 4.0, 8.0, 4)
    (cost,) = found["break_even"]
    crossing = (2 * 1.0 - 8 * 0.01) / (8 - 2)  # of 8 c + 0.08 and 2 c + 2
    assert [w["labels"] for w in cost["winners"]] == [["a"], ["b"]]
    assert cost["winners"][1]["from"] == pytest.approx(crossing)
    code, text = called(capsys, monkeypatch, "show", tmp_path, "--speed-up", "a", "--break-even", "1")
    assert code == 0
    assert "above 0.32 s" in text
    code, text = called(capsys, monkeypatch, "show", tmp_path, "--speed-up", "c")
    assert (code, "unknown optimizer 'c'" in text) == (2, True)
    assert called(capsys, monkeypatch, "show", tmp_path, "--break-even", "nan")[0] == 2
