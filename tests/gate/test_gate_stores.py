"""Baselines of stores, and ``hpobench check`` and ``hpobench baseline`` on them: as people call them."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import hpobench_tui as hpo
from calls import call
from factories import change, history, run_row, store
from hpobench_tui.gate.sources import of_folder

PROBLEMS = ("toy/one", "toy/two")


def written(
    folder: Path, factor: float = 1.0, seed: int = 0, slower: float = 1.0, lost: int = 0, failed: int = 0,
    status: str = "done", repetitions: int = 8, **columns: object,
) -> Path:  # fmt: skip
    """An experiment of two problems and two labels, of which ``one`` is as it is told."""
    runs, trials = [], []
    for problem in PROBLEMS:
        for label in ("one", "two"):
            for r in range(repetitions):
                number, mine = len(runs), label == "one"
                best = (1 + r / 20 + len(runs) / 100) * (factor if mine else 1.0)
                losses = [*([None] * (failed if mine else 0)), 9.0, best, 7.0]
                gone = mine and r < lost
                runs.append(
                    run_row(
                        number, problem=problem, label=label, repetition=r, problem_seed=seed + r,
                        optimizer_seed=seed + 100 + number, trials=len(losses), failed_trials=failed if mine else 0,
                        optimizer_seconds=0.01 * len(losses) * (slower if mine else 1.0) * (1 + 0.01 * (r % 3)),
                        status="failed" if gone else status, error="ValueError: no" if gone else None, **columns,
                    )
                )  # fmt: skip
                trials += history(number, losses)
    store(folder, runs, trials, status="finished", sealed=True, manifest={"boot": "b"}).close()
    return folder


@pytest.fixture(autouse=True)
def _streams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back what the program puts around them
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    assert call(monkeypatch, "baseline", "create", written(tmp_path / "old"), "-o", tmp_path / "b.json") == 0
    capsys.readouterr()
    return tmp_path / "b.json"


def test_times_are_no_part_of_a_digest(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")
    change(other, "UPDATE trial SET clock_start = 3.5, clock_end = 4.5, ask_seconds = 9.0, metrics = '{\"s\": 1.0}'")
    assert of_folder(one).runs == of_folder(other).runs


@pytest.mark.parametrize("what", ["loss = loss + 1e-15", "configuration = '{}'", "status = 'pruned'", "fidelity = 1"])
def test_all_else_is(what: str, tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")
    change(other, f"UPDATE trial SET {what} WHERE run = 3 AND number = 1")
    old, new = ([run.digest for own in of_folder(folder).runs.values() for run in own] for folder in (one, other))
    assert [a == b for a, b in zip(old, new, strict=True)].count(False) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"seed": 1000}, 0),
        ({"slower": 9.0}, 0),
        ({"factor": 0.5}, 0),
        ({"factor": 1.05}, 1),
        ({"lost": 1}, 1),
        ({"failed": 2}, 1),
        ({"repetitions": 5}, 1),
        ({"status": "running"}, 2),
        ({"reference": 0.25}, 2),
    ],
    ids=str,
)
def test_exit_codes(
    changed: dict[str, object], code: int, baseline: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    new = written(tmp_path / "new", **changed)  # type: ignore[arg-type]
    assert call(monkeypatch, "check", new, "--against", baseline) == code
    out, err = capsys.readouterr()
    assert ("FAILED" in out) == (code == 1)
    assert (err != "") == (code == 2)
    assert "Traceback" not in err


def test_json_says_all(
    baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new", factor=1.05)
    assert call(monkeypatch, "check", new, "--against", baseline, "--json", "--annotations") == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["passed"] is False
    first = found["findings"][0]
    assert (first["what"], first["came"], first["label"]) == ("loss", "failed", "one")
    assert first["numbers"]["change"] == pytest.approx(0.05)
    assert "::error" in err


def test_reports_are_written(baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = written(tmp_path / "new", factor=1.05)
    files = {kind: tmp_path / f"reports/{kind}" for kind in ("junit", "summary")} | {"badge": tmp_path / "badge.svg"}
    options = [word for kind, path in files.items() for word in (f"--{kind}", path)]
    assert call(monkeypatch, "check", new, "--against", baseline, *options) == 1
    assert ElementTree.parse(files["junit"]).getroot().get("failures") != "0"
    assert all(path.stat().st_size for path in files.values())


def test_a_report_that_cannot_be_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", "nothing", "--against", "b.json", "--badge", tmp_path / "badge.gif") == 2
    assert "badge" in capsys.readouterr().err


def test_an_experiment_is_a_baseline_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = written(tmp_path / "old"), written(tmp_path / "new", slower=1.3)
    assert call(monkeypatch, "check", new, "--against", old) == 0
    assert call(monkeypatch, "check", new, "--against", old, "--time") == 1
    assert call(monkeypatch, "check", new, "--against", old, "--time", "--optimizers", "two") == 0


def test_times_of_a_file_are_of_another_job(
    baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", written(tmp_path / "new", slower=1.3), "--against", baseline, "--time") == 0
    assert "measured in another job" in capsys.readouterr().out.replace("\n", " ")


def test_a_baseline_of_what_has_not_ended_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    half = written(tmp_path / "half")
    change(half, "UPDATE run SET status = 'running' WHERE id < 8")
    assert call(monkeypatch, "baseline", "create", half, "-o", "b.json") == 2
    assert "8 runs" in capsys.readouterr().err
    assert not Path("b.json").exists()
    assert call(monkeypatch, "baseline", "create", half, "-o", "b.json", "--problems", "toy/two") == 0
    assert call(monkeypatch, "check", half, "--against", half) == 0


def test_what_is_not_there_is_said(
    baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", written(tmp_path / "new"), "--against", "none.json") == 2
    assert "hpobench baseline create" in capsys.readouterr().err
    assert call(monkeypatch, "check", tmp_path / "new", "--against", baseline, "--alpha", "7") == 2
    assert "alpha must be from" in capsys.readouterr().err


def test_a_baseline_is_shown(
    baseline: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "baseline", "show", baseline) == 0
    assert "toy/two: simple regret after 10 evaluations" in capsys.readouterr().out
    assert call(monkeypatch, "baseline", "show", baseline, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 4


def test_the_same_from_python(baseline: Path, tmp_path: Path) -> None:
    worse = written(tmp_path / "new", factor=1.05)
    assert hpo.check(worse, baseline, alpha=0.01, power=False).passed is False
    assert hpo.check(hpo.open(worse), worse / "experiment.sqlite").passed
    with pytest.raises(hpo.HpobenchError, match="check takes alpha"):
        hpo.check(worse, baseline, level=0.1)


@pytest.mark.long
def test_real_runs_of_equal_seeds_are_equal(tmp_path: Path) -> None:
    made = [
        hpo.run(
            name="tiny", problems=["synthetic/branin", "bandits/bernoulli-10"], optimizers=["random", "de"], budget=8,
            repetitions=3, seed=seed, output=tmp_path / str(place), progress=False,
        )
        for place, seed in enumerate((1, 1, 2))
    ]  # fmt: skip
    same, other = hpo.check(made[1], made[0]), hpo.check(made[2], made[0])
    (trials,) = [found for found in same.findings if found.what == "trials"]
    assert (trials.came, trials.numbers["equal"]) == ("passed", 12)
    assert same.passed
    assert other.passed, other.findings
    for experiment in made:
        experiment.close()
