"""``hpobench import``, and what other commands say of an experiment that was imported."""

import json
from pathlib import Path

import pytest

from calls import call
from factories import history, run_row, store
from hpobench_tui.analysis.audit import IMPORTED
from hpobench_tui.cli.audit import NOTHING_TOLD
from hpobench_tui.store.reader import Reader
from imports import table

LINES = (
    "task,method,seed,step,error",
    *(f"t{t},{m},{s},{n},{n + s}" for t in (1, 2) for m in "ab" for s in (0, 1) for n in (1, 2)),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where outputs land, with an experiment of ours and a table of others beside them."""
    import sys

    monkeypatch.setenv("HPOBENCH_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    runs = [run_row(i, problem="suite/p", label="mine", repetition=i, budget=2, spent=2, trials=2) for i in range(2)]
    store(
        tmp_path / "outputs" / "ours", runs, [r for i in range(2) for r in history(i, [3.0, 2.0])], sealed=True
    ).close()
    table(tmp_path / "their results.csv", *LINES)
    return tmp_path


def the_import(place: Path) -> Path:
    (folder,) = (place / "outputs").glob("their-results-*")
    return folder


def test_it_stands_beside_ours_and_is_marked(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = place / "their results.csv"
    assert call(monkeypatch, "import", file, "--like", "ours", "--problem", "t1=suite/p", "--label", "a=theirs") == 0
    said = capsys.readouterr().out
    assert "8 runs with 16 trials on record" in said
    assert "no problem t2" in said
    assert call(monkeypatch, "show", "ours", the_import(place), "--problems", "suite/p", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {row["label"] for row in shown["final"]} == {"mine", "theirs", "b"}
    mine, theirs = (state["imported"] for state in shown["experiments"])
    assert mine is None
    assert "their results.csv" in theirs
    assert any("imported from their results.csv (csv)" in note for note in shown["notes"])
    assert call(monkeypatch, "compare", "ours", the_import(place), "--problems", "suite/p", "--baseline", "mine") == 0
    assert "theirs" in capsys.readouterr().out
    assert call(monkeypatch, "list") == 0
    assert "imported (csv)" in capsys.readouterr().out
    assert call(monkeypatch, "export", the_import(place), "--formats", "md,tex,csv,trials,rows,pdf") == 0
    exported = "".join(path.read_text() for path in (the_import(place) / "exports").glob("*.md"))
    assert "imported from their results" in exported


def test_audit_claims_nothing(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    call(monkeypatch, "import", place / "their results.csv")
    capsys.readouterr()
    assert call(monkeypatch, "audit", the_import(place)) == NOTHING_TOLD
    said = capsys.readouterr().out
    assert "✓" not in said
    assert "kept their budget" not in said
    assert "cannot be audited; none changed since it was read" in " ".join(said.split())
    assert call(monkeypatch, "audit", the_import(place), "--json") == NOTHING_TOLD
    rows = json.loads(capsys.readouterr().out)
    assert {(row["holds"], row["text"]) for row in rows} == {(None, IMPORTED)}


def test_what_was_changed_since_is_seen(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3
    from contextlib import closing

    call(monkeypatch, "import", place / "their results.csv")
    with closing(sqlite3.connect(the_import(place) / "experiment.sqlite")) as connection, connection:
        connection.execute("UPDATE trial SET loss = 0 WHERE run = 3")
    capsys.readouterr()
    assert call(monkeypatch, "audit", the_import(place)) == 1
    assert "1 of 8 runs changed since it was read" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "command",
    [["resume", "--detach"], ["retry"], ["extend", "--repetitions", "9"], ["repair"], ["resume", "--retry-failed"]],
)
def test_it_is_not_gone_on_with(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    call(monkeypatch, "import", place / "their results.csv")
    name, *more = command
    assert call(monkeypatch, name, the_import(place), *more) == 2
    assert "was imported from their results.csv (csv)" in capsys.readouterr().err
    assert call(monkeypatch, "merge", "ours", the_import(place), "-o", place / "merged") == 2
    assert "so one cannot merge it" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "import", place / "their results.csv", "--dry-run", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["experiment"], made["format"], made["trials"]) == (None, "csv", 16)
    assert [path.name for path in (place / "outputs").iterdir()] == ["ours"]


def test_options_are_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--columns", "loss=error", "--reference", "t1=0.5", "--reference", "0", "--name", "other"]
    assert call(monkeypatch, "import", place / "their results.csv", *options) == 0
    (folder,) = (place / "outputs").glob("other-*")
    with Reader(folder) as reader:
        assert {run.problem: run.reference for run in reader.runs()} == {"t1": 0.5, "t2": 0.0}
        was = reader.imported
    assert was is not None
    assert was.options == ("columns=loss=error", "reference=t1=0.5", "reference=0")
    assert len(was.sources[0].sha256) == 64


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["nothing.csv"], "there is no"),
        (["{table}", "--from", "cvs"], "unknown import format 'cvs'. Did you mean 'csv'?"),
        (["{table}", "--like", "nobody"], "no experiment 'nobody'"),
        (["{table}", "--like", "ours"], "none of its problems is in the experiment"),
        (["{table}", "--problem", "t1"], "must read THEIRS=OURS"),
        (["{table}", "--problem", "t1=a", "--problem", "t1=b"], "there are two names for 't1'"),
        (["{table}", "--problem", "t1=t2"], "is there twice"),
        (["{table}", "--reference", "nan"], "must be a finite loss"),
        (["{table}", "--name", "a/b"], "--name: use letters"),
        (["{table}", "{table}"], "is there twice"),
        (["{ours}"], "an experiment of hpobench already"),
        (["{folder}"], "nothing that can be imported. Known: "),
    ],
)  # fmt: skip
def test_bad_input_is_said_and_nothing_is_left(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    (place / "empty").mkdir()
    places = {"{table}": place / "their results.csv", "{ours}": place / "outputs" / "ours", "{folder}": place / "empty"}
    assert call(monkeypatch, "import", *(places.get(word, word) for word in options)) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in (place / "outputs").iterdir()] == ["ours"]
