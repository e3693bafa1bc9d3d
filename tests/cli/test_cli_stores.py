"""Every command that reads a store says what is wrong with a bad one; `list` shows the good ones beside it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factories import change, history, run_row, store
from hpobench_tui.cli.app import app
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures import regret as figures

COMMANDS = ("show", "best", "audit", "export", "resume", "cancel", "pause", "unpause")


def spoil(path: Path, how: str) -> None:
    match how:
        case "text":
            path.write_text("somebody's notes\n" * 9)
        case "cut":
            path.write_bytes(path.read_bytes()[:-1])
        case "foreign":
            path.unlink()
            change(path.parent, "CREATE TABLE bookmarks (url TEXT)")
        case "no runs":
            change(path.parent, "DROP TABLE experiment")


@pytest.mark.parametrize("how", ["text", "cut", "foreign", "no runs"])
def test_bad_stores(tmp_path: Path, how: str) -> None:
    for name in ("good", "bad"):
        store(tmp_path / name, [run_row(trials=2)], history(0, [0.5, 0.4])).close()
    spoil(tmp_path / "bad" / "experiment.sqlite", how)
    for command in COMMANDS:
        result = CliRunner().invoke(app, [command, "bad", "-o", str(tmp_path)])
        assert isinstance(result.exception, HpobenchError), command
        assert str(tmp_path / "bad" / "experiment.sqlite") in str(result.exception)
    listed = {
        row["experiment"]: row
        for row in json.loads(CliRunner().invoke(app, ["list", "-o", str(tmp_path), "--json"]).stdout)
    }
    assert listed["good"]["status"] == "finished"
    assert str(tmp_path / "bad") in listed["bad"].get("error", "")


def test_an_export_that_leaves_something_out_says_so_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **named: object) -> None:
        raise OverflowError("too large to be drawn")

    store(tmp_path / "one", [run_row(trials=2)], history(0, [0.5, 0.4])).close()
    monkeypatch.setattr(figures, "regret_figure", fail)
    result = CliRunner().invoke(
        app, ["export", "one", "-o", str(tmp_path), "--formats", "csv,svg", "--figures", "regret"]
    )
    assert result.exit_code == 1
    assert "left out: regret-toy-one.svg: OverflowError: too large to be drawn" in result.stderr
    assert [Path(line).name for line in result.stdout.splitlines()] == [
        "table.csv",
        "anytime.csv",
        "runs.csv",
        "captions.md",
        "captions.tex",
    ]
