"""Which trials of a store hyperparameters are judged by, and how ``--importance`` shows what they say."""

import io
import json
import re
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from calls import call
from factories import Row, run_row, store, trial_row
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.importance import read
from hpobench_tui.analysis.union import Union
from hpobench_tui.cli.importance import importance_of, print_importance
from hpobench_tui.cli.output import print_json
from hpobench_tui.core import HpobenchError
from hpobench_tui.store.reader import Reader


def trials(run: int, n: int, **columns: object) -> list[Row]:
    """x decides, y does nothing."""
    rng = np.random.default_rng(run)
    rows = []
    for number in range(n):
        x, y = rng.random(2).tolist()
        text = json.dumps({"x": x, "y": y, "k": ["a", (1, 2)][number % 2]})
        rows.append(trial_row(run, number, configuration=text, loss=x**2, **columns))
    return rows


def written(folder: Path, own: list[list[Row]], **columns: object) -> Reader:
    """A store with a run for each list of trials."""
    runs = [
        run_row(i, repetition=i, problem_seed=i, trials=len(rows), budget=max(len(rows), 1), spent=len(rows), **columns)
        for i, rows in enumerate(own)
    ]
    return store(folder, runs, [row for rows in own for row in rows])


def test_all_runs_of_a_problem_are_read(tmp_path: Path) -> None:
    with written(tmp_path, [trials(0, 30), trials(1, 20)]) as reader:
        found = read(reader, "toy/one")
    assert (found.trials, found.failed, found.elsewhere, found.unrecorded, found.fidelity) == (50, 0, 0, 0, None)
    assert np.bincount(found.runs).tolist() == [30, 20]
    assert [one["x"] ** 2 for one in found.configurations] == found.losses.tolist()
    assert found.configurations[1]["k"] == (1, 2)
    assert found.notes == ["from 50 trials of 2 runs, by their losses"]


def test_the_highest_fidelity_that_enough_trials_reached(tmp_path: Path) -> None:
    own = [*trials(0, 40, fidelity=1), *trials(0, 15, fidelity=9), *trials(0, 3, fidelity=27)]
    for number, row in enumerate(own):
        row["number"] = row["asked"] = number
    with written(tmp_path, [own], fidelity="epochs") as reader:
        found = read(reader, "toy/one")
    assert (found.fidelity, found.trials, found.elsewhere) == (9, 15, 43)
    assert found.notes[1] == "left out: trials 43 at other fidelities"


def test_failed_trials_are_left_out_and_counted(tmp_path: Path) -> None:
    own = trials(0, 30)
    for row in own[::3]:
        row.update(status="failed", loss=None, error="ValueError: no good")
    with written(tmp_path, [own]) as reader:
        found = read(reader, "toy/one")
    assert (found.trials, found.failed) == (20, 10)
    assert found.notes[1] == "left out: trials 10 that failed"


def test_noise_free_losses_are_taken_where_all_are_known(tmp_path: Path) -> None:
    known, partly = trials(0, 20, truth=0.5), trials(0, 20, truth=0.5)
    partly[7]["truth"] = None
    with written(tmp_path / "known", [known]) as reader:
        found = read(reader, "toy/one")
        assert found.noise_free
        assert set(found.losses.tolist()) == {0.5}
    with written(tmp_path / "partly", [partly]) as reader:
        assert not read(reader, "toy/one").noise_free


def test_of_many_trials_a_sample_is_read_and_each_stays_with_its_loss(tmp_path: Path) -> None:
    with written(tmp_path, [trials(0, 70), trials(1, 0), trials(2, 50)]) as reader:
        found, again = read(reader, "toy/one", most=40), read(reader, "toy/one", most=40)
    assert (len(found.losses), found.trials) == (40, 120)
    assert [one["x"] ** 2 for one in found.configurations] == found.losses.tolist()
    assert found.configurations == again.configurations
    assert set(found.runs.tolist()) == {0, 2}
    assert "a sample of 40 of the 120 trials there are" in found.notes


def test_several_experiments_cut_at_a_budget(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        written(folder, [trials(0, 40), trials(1, 40)]).close()
    with Union(folders, Filters(at=Fraction(15))) as union:
        found = read(union, "toy/one")
    assert (found.trials, len(set(found.runs.tolist()))) == (60, 4)
    assert [one["x"] ** 2 for one in found.configurations] == found.losses.tolist()


def test_thinned_trials_are_said(tmp_path: Path) -> None:
    runs = [run_row(0, trials=1000, budget=1000, spent=1000)]
    with store(tmp_path, runs, trials(0, 30), record=30) as reader:
        assert "left out: trials 970 that were not recorded one by one" in read(reader, "toy/one").notes


def test_a_problem_that_is_not_there_and_too_few_trials(tmp_path: Path) -> None:
    with written(tmp_path / "few", [trials(0, 9)]) as reader:
        with pytest.raises(HpobenchError, match=r"unknown problem .* 'toy/on'\. Did you mean 'toy/one'"):
            read(reader, "toy/on")
        with pytest.raises(
            HpobenchError, match=r"toy/one: 9 trials with a loss are too few to tell .* 10 are the least"
        ):
            read(reader, "toy/one")
    with written(tmp_path / "none", [[]]) as reader, pytest.raises(HpobenchError, match="toy/one: 0 trials"):
        read(reader, "toy/one")


# --- the command's part ---


def test_the_table_says_what_matters_and_how_to_read_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with written(tmp_path, [trials(i, 40) for i in range(6)]) as reader:
        print_importance(importance_of(reader, "toy/one"))
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines() if "█" in line]
    assert rows[0][0] == "x"
    assert float(rows[0][1]) > 0.9
    for words in ("the best 24 of 240 trials", "from 240 trials of 6 runs", "bootstrap over runs", "How to read it"):
        assert words in out


def test_json_has_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with written(tmp_path, [trials(i, 40) for i in range(6)]) as reader:
        print_json(importance_of(reader, "toy/one"))
    found = json.loads(capsys.readouterr().out)
    assert (found["problem"], found["trials"], found["runs"], found["best"]) == ("toy/one", 240, 6, 24)
    assert found["sum"] == pytest.approx(1)
    assert found["hyperparameters"][0]["name"] == "x"
    assert {"importance", "low", "high", "of_best", "alone", "by_chance", "n"} <= found["hyperparameters"][0].keys()


def test_another_name_of_a_problem_is_understood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with written(tmp_path, [trials(0, 40)], problem="synthetic/counting-ones") as reader:
        print_importance(importance_of(reader, "synthetic/counting-ones-8-8"))
    assert "synthetic/counting-ones: " in capsys.readouterr().out


def test_a_narrow_terminal_gets_whole_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", stream := io.StringIO())
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with written(tmp_path, [trials(0, 40)]) as reader:
        print_importance(importance_of(reader, "toy/one"))
    plain = re.sub("\x1b\\[[0-9;]*m", "", stream.getvalue())
    assert "hyperparameter" in plain
    assert [line for line in plain.splitlines() if len(line) > 80] == []


def test_what_cannot_be_told_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # put back what the program puts around them
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    equal, fixed = trials(0, 30), trials(0, 30)
    for row in equal:
        row["loss"] = 2.5
    for row in fixed:
        row["configuration"] = '{"x": 1}'
    ways = {
        "equal": (equal, "toy/one: all 30 trials have the same loss, 2.5: nothing matters there."),
        "fixed": (fixed, "toy/one: no hyperparameter has two values in these trials"),
        "few": (trials(0, 5), "toy/one: 5 trials with a loss are too few"),
    }
    for name, (own, words) in ways.items():
        written(tmp_path / name, [own]).close()
        for more in ([], ["--json"]):
            assert call(monkeypatch, "show", tmp_path / name, "--importance", "toy/one", *more) == 2
            out, err = capsys.readouterr()
            assert out == ""
            assert err.startswith(f"hpobench: {words}")
            assert err.count("\n") == 1
