"""Commands of plug-ins: options, tables, JSON, files, failures; reports that end a headless run."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import program
from hpobench_tui.cli import extension, watch
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store.reader import Reader

SPEC = """
name = "reported"
problems = ["tiny/sphere"]
optimizers = ["random", "tiny-hill-climber"]
repetitions = 2
{report}
[budget]
amount = 20
unit = "evaluations"
"""


hpobench = partial(program.hpobench, COLUMNS="80")


@pytest.fixture(autouse=True)
def _tiny(install_plugins: Callable[..., Path]) -> None:
    install_plugins("tiny")


def test_a_command_shows_its_tables() -> None:
    done = hpobench("tiny", "square", "--side", "12", "--unit", "in")
    assert done.returncode == 0, done.stderr
    for text in ("A square", "longer", "in", "12", "18", "–", "✓", "That is all."):
        assert text in done.stdout


def test_json_holds_plain_values() -> None:
    done = hpobench("tiny", "square", "--json")
    found = json.loads(done.stdout)
    assert found["passed"] is True
    assert found["tables"][0]["rows"] == [{"unit": "cm", "side": 2, "longer": 3.0, "none": None, "positive": True}]


def test_files_go_where_a_person_wants_them(tmp_path: Path) -> None:
    done = hpobench("tiny", "square", "--output", tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "square.txt").read_text() == "##"
    assert "written: " in done.stdout


def test_what_does_not_pass_ends_with_1() -> None:
    assert hpobench("tiny", "square", "--strict").returncode == 1
    assert hpobench("tiny", "square", "--strict", "--side", "4").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("square", "--side", "21"), "at most 20"),
        (("square", "--side", "-1"), "at least 0"),
        (("square", "--unit", "ell"), "must be one of cm, in"),
        (("square", "--side", "13"), "13 is not drawn"),
        (("square", "--side", "x"), "--side"),
        (("circle",), "unknown command of"),
        (("report", "no-such-experiment"), "no-such-experiment"),
    ],
)
def test_bad_input_is_one_message(arguments: tuple[str, ...], words: str) -> None:
    done = hpobench("tiny", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_our_own_commands_cannot_be_taken() -> None:
    assert "preset" in hpobench("run", "--help").stdout
    assert "fast" not in hpobench("run", "--help").stdout
    doctor = hpobench("doctor", "--quick", "--json")
    assert "'run' is a command of hpobench's own" in json.loads(doctor.stdout)["broken_plugins"]["run fast"]


@pytest.mark.e2e
def test_a_headless_run_ends_with_its_report(tmp_path: Path) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(SPEC.format(report='report = "tiny report"'))
    done = hpobench("run", spec, "--headless", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Found" in done.stdout
    again = json.loads(hpobench("tiny", "report", "reported", "--output", tmp_path, "--json").stdout)
    rows = again["tables"][0]["rows"]
    assert len(rows) == 4
    best = json.loads(hpobench("best", "reported", "--output", tmp_path, "--json", "--all").stdout)
    assert [row["loss"] for row in rows] == [one["loss"] for one in best] == sorted(row["loss"] for row in rows)
    for one in best:
        configuration = one["configuration"]
        assert one["loss"] == configuration["x"] ** 2 + configuration["y"] ** 2
        assert 1 <= one["spent"] <= 20
    shown = hpobench("best", "reported", "--output", tmp_path).stdout
    assert "tiny/sphere" in shown
    assert shown.count("evaluations") == 2  # the best run of each optimizer
    assert "no such" not in hpobench("best", "reported", "--problem", "tiny/sphere", "--output", tmp_path).stderr
    wrong = hpobench("best", "reported", "--problem", "tiny/cube", "--output", tmp_path)
    assert (wrong.returncode, "tiny/sphere" in wrong.stderr) == (2, True)
    events = hpobench("run", spec, "--json", "--output", tmp_path).stdout.splitlines()
    (report,) = [event for event in map(json.loads, events) if event["event"] == "report"]
    folder = max(tmp_path.glob("reported-*"))
    with Reader(folder) as reader:  # for those who watch in the app
        assert reader.events()[-1].message == f"its report: hpobench tiny report {folder.name}"
    assert len(report["tables"][0]["rows"]) == 4


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HpobenchError("no network."), "no report: no network."),
        (ValueError("oops"), "ValueError: oops\nno report: 'tiny report' is broken"),
        (OSError("disk full"), "OSError: disk full\nno report: 'tiny report' is broken"),
        (KeyboardInterrupt(), "no report: interrupted; `hpobench tiny report {folder}` makes it"),
    ],
)
def test_a_report_that_fails_takes_nothing_back(
    error: BaseException,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(extension, "perform", fail)
    assert not watch._report(tmp_path, "tiny report", True)
    captured = capsys.readouterr()
    assert captured.err.endswith(words.format(folder=tmp_path) + "\n")
    assert captured.out == ""


def test_help_says_what_stands_in_brackets() -> None:
    assert "[default: the file's, or cores]" in " ".join(hpobench("run", "--help", COLUMNS="200").stdout.split())
    assert "[default: no files]" in hpobench("tiny", "square", "--help", COLUMNS="200").stdout
    assert extension.described("A problem, as in a[b=c].", ("x", "y")) == r"A problem, as in a\[b=c]. One of x, y."


def test_an_unknown_report_is_refused_before_anything_runs(tmp_path: Path) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(SPEC.format(report='report = "tiny square"'))
    done = hpobench("run", spec, "--headless", "--output", tmp_path)
    assert done.returncode == 2
    assert "tiny report" in done.stderr
    assert list(tmp_path.glob("reported*")) == []
