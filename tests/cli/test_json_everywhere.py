"""Every command has ``--json``, and then nothing but JSON is on standard output.

The commands are those that the program has, so that a new one is tried without being named here.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from calls import call, commands
from factories import history, run_row, store
from hpobench_tui.engine.front import lifecycle

FOR_EYES = {("attach",)}
"""What shows itself in the app."""
DEAR = {"quintic", "serve"}
"""Groups of commands that train for minutes, and what goes on till it is stopped (tests/serving has that)."""
SPEC = """
name = "test"
problems = ["synthetic/branin"]
optimizers = ["random"]
[budget]
amount = 6
unit = "evaluations"
"""
WAYS = {
    "run": [["{file}", "--dry-run"], ["{file}", "--detach"], ["{file}", "--shard", "7/7"]],
    "slurm-script": [["{file}", "--shards", "3", "--script", "-"]],
    "resume": [["{store}", "--detach"], ["{store}"], ["{cancelled}", "--detach"]],
    "list": [[], ["--output", "{empty}"]],
    "show": [["{store}"], ["{store}", "--anytime"]],
    "best": [["{store}"], ["{store}", "--all"]],
    "errors": [["{store}"]],
    "audit": [["{store}"]],
    "repair": [["{store}", "--dry-run"], ["{store}"]],
    "export": [["{store}", "--formats", "csv,md"]],
    "presets": [[], ["first"]],
    "problems": [[], ["synthetic"], ["synthetic/ackley[d=10]"]],
    "optimizers": [[], ["gp"]],
    "brackets": [[]],
    "selfcheck": [["synthetic/branin", "--draws", "3"]],
    "doctor": [["--quick"]],
    "pause": [["{store}"]],
}
"""Ways to call commands that must succeed; others are called with what they require."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment that is done, and one that was cancelled."""
    outputs = tmp_path_factory.mktemp("written")
    for name, status in (("done", "finished"), ("cancelled", "cancelled")):
        runs = [
            run_row(i, problem="synthetic/branin", repetition=i, status="done" if status == "finished" else status,
                    failed_trials=1)
            for i in range(2)
        ]  # fmt: skip
        trials = [row for i in range(2) for row in history(i, [None, *(float(n) for n in range(9))])]
        store(outputs / name, runs, trials, status=status, sealed=True).close()
    return outputs


@pytest.fixture
def places(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What stands in curly brackets above."""
    monkeypatch.setenv("HPOBENCH_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setattr(lifecycle, "launch", lambda folder: None)
    monkeypatch.setattr(lifecycle, "send", lambda folder, verb, run=None: None)
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back what the program puts around them
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    shutil.copytree(written, tmp_path / "outputs")
    (tmp_path / "test.toml").write_text(SPEC)
    (tmp_path / "empty").mkdir()
    outputs = tmp_path / "outputs"
    return {
        "file": str(tmp_path / "test.toml"), "empty": str(tmp_path / "empty"), "store": str(outputs / "done"),
        "cancelled": str(outputs / "cancelled"),
    }  # fmt: skip


def documents(text: str) -> list[object]:
    """One JSON document, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def test_every_command_has_json() -> None:
    without = {
        words
        for words, command in commands()
        if not any("--json" in p.opts for p in command.params)  # type: ignore[attr-defined]
    }
    assert without == FOR_EYES


@pytest.mark.parametrize(("name", "way"), [(name, way) for name, ways in WAYS.items() for way in ways])
def test_json_is_all_that_is_printed(
    name: str,
    way: list[str],
    places: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word.format(**places) if word.startswith("{") else word for word in way]
    assert call(monkeypatch, name, *words, "--json") < 2, capsys.readouterr().err
    found = documents(capsys.readouterr().out)
    assert found
    for document in found:
        assert isinstance(document, dict) or all(isinstance(one, dict) for one in document)  # type: ignore[attr-defined]


def test_all_others_print_json_or_refuse(
    places: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, command in commands():
        if words[0] in WAYS or words in FOR_EYES or words[0] in DEAR:
            continue
        required = [p for p in command.params if p.param_type_name == "argument" and (p.required or p.nargs == -1)]  # type: ignore[attr-defined]
        code = call(monkeypatch, *words, *(places["store"] for _ in required), "--json")
        out, err = capsys.readouterr()
        assert code in (0, 1, 2), (words, err)
        if code < 2:
            assert documents(out), words
        else:
            assert out == "", words
            assert err, words


def test_what_is_wrong_is_told_beside_it(
    places: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("show", "best", "errors", "audit", "export", "cancel", "resume", "repair"):
        assert call(monkeypatch, name, "nothing-of-that-name", "--json") == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1), name


def test_presets_say_what_they_lack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    assert call(monkeypatch, "presets", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["name"] == "first"
    assert all(one.keys() == {"name", "description", "missing", "broken"} for one in found)
    assert call(monkeypatch, "presets", "quick", "--json") == 0
    one = json.loads(capsys.readouterr().out)
    assert one["toml"].startswith("#")


def test_an_export_names_files_and_what_it_left_out(
    places: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "export", places["store"], "--formats", "csv", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["left_out"] == []
    assert all(Path(file).is_file() for file in found["files"])
    assert found["files"]
