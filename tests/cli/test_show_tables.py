"""What ``show`` and ``audit`` print of stores that were written by hand."""

import io
import json
import sys
from pathlib import Path

import pytest
import typer

from factories import Row, account, history, run_row, store
from hpobench_tui.analysis.union import Union
from hpobench_tui.cli.audit import audit
from hpobench_tui.cli.show import Sections, print_results, print_union, show
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store.reader import Reader


def bandit(folder: Path, record: int | None = None) -> Path:
    """Two policies with two runs each on two arms of means 0.2 and 0.5, and a problem without a best arm to find."""
    runs: list[Row] = []
    trials: list[Row] = []
    for label, truths in (("ucb1", (0.5, 0.2)), ("uniform", (0.5, 0.5))):
        for repetition, truth in enumerate(truths):
            number = len(runs)
            about: Row = {"problem": "toy/arms[K=2]", "label": label, "repetition": repetition, "reference": 0.2}
            runs.append(run_row(number, budget=2, spent=2, trials=2, **about))
            trials += history(number, [0.0, 1.0], truth=truth)
    runs.append(run_row(4, problem="toy/smooth", label="ucb1", trials=2, budget=2, spent=2))
    trials += history(4, [0.4, 0.5])
    progress = [row for i in range(5) for row in account([t for t in trials if t["run"] == i], runs[i]["reference"])]
    kept = [t for t in trials if record is None or t["number"] < record]
    store(folder, runs, kept, progress, record=record).close()
    return folder


def test_the_probability_of_the_best_arm_is_shown_where_somebody_found_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_results(bandit(tmp_path), "pseudo")
    arms, smooth = capsys.readouterr().out.split("toy/smooth")
    assert "P(best)" in arms
    rows = {line.split()[0]: line for line in arms.splitlines() if line.strip().startswith(("ucb1", "uniform"))}
    assert " 0.5 " in rows["ucb1"].split("]")[1]
    assert " 0 " in rows["uniform"].split("]")[1]
    assert "P(best)" not in smooth.split("median [quartiles]")[0]
    assert "P(best) is the share of the runs" in smooth


def test_found_is_always_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_results(bandit(tmp_path), as_json=True)
    final = json.loads(capsys.readouterr().out)["final"]
    assert [(row["label"], row["found"]) for row in final] == [("ucb1", 0.5), ("uniform", 0.0), ("ucb1", 0.0)]


def test_long_numbers_of_long_names_fit_eighty_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ("explore-then-commit", "worse")
    runs = [run_row(i, label=labels[i], trials=2, budget=2, spent=2, reference=0.2) for i in range(2)]
    good, worse = (history(i, [0.4123456, loss], truth=loss) for i, loss in enumerate((0.2123456, 0.3123456)))
    store(tmp_path, runs, good + worse, account(good, 0.2) + account(worse, 0.2)).close()
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    print_results(tmp_path)
    row = next(line for line in terminal.getvalue().splitlines() if "explore-then-commit" in line)
    assert "0.01235 [0.0123, 0.0123] *" in row


def test_ranks_stand_in_a_line_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_results(bandit(tmp_path), "pseudo")
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("average ranks over 1 of 2 problems") + 1] == "ucb1 1.00, uniform 2.00"


def test_showing_reads_no_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a million trials take seconds to read")

    monkeypatch.setattr(Reader, "trials", forbidden)
    monkeypatch.setattr(Reader, "trial_rows", forbidden)
    print_results(bandit(tmp_path), anytime=True)


def test_the_audit_says_how_much_was_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit([str(bandit(tmp_path / "thin", record=1))])
    assert "✓ progress = ledger = budget; 1 of 2 trials recorded" in capsys.readouterr().out
    audit([str(bandit(tmp_path / "whole"))])
    assert "recorded" not in capsys.readouterr().out
    (tmp_path / "cooked").mkdir()
    with pytest.raises(typer.Exit):
        audit([str(store(tmp_path / "cooked", [run_row(trials=1, spent=1, budget=2)], history(0, [0.5])).folder)])
    assert "✗ 1 of 2 is unspent" in capsys.readouterr().out


def test_without_a_reference_nothing_is_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        run_row(0, problem="toy/known", trials=2, budget=2, spent=2),
        run_row(1, problem="toy/bare", trials=2, budget=2, spent=2, measure="incumbent loss"),
    ]
    trials = history(0, [5.0, 4.0]) + history(1, [-5.0, -6.0])
    progress = [row for i in range(2) for row in account([t for t in trials if t["run"] == i], 0.0)]
    store(tmp_path, runs, trials, progress).close()
    with Union([tmp_path]) as union:
        print_union(union, wanted=Sections(ecdf=True, break_even=0.1), as_json=True)
        found = json.loads(capsys.readouterr().out)
        print_union(union, wanted=Sections(ecdf=True, break_even=0.1))
    assert [(row["problems"], row["n"]) for row in found["ecdf"]] == [(1, 1)]
    assert [row["problem"] for row in found["break_even"]] == ["toy/known"]
    assert found["without_reference"] == ["toy/bare"]
    assert "no reference is known of toy/bare" in capsys.readouterr().out


def test_sections_of_what_has_not_begun_are_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path, [run_row(0, trials=0, spent=0, status="waiting")], [], []).close()
    with Union([tmp_path]) as union:
        print_union(union, wanted=Sections(True, True, True, True, break_even=0.1))
    assert "who reaches a regret first: no problem has" in capsys.readouterr().out


def test_an_endless_regret_is_refused() -> None:
    with pytest.raises(HpobenchError, match="--break-even: must be a regret"):
        show(["latest"], break_even=float("inf"))
