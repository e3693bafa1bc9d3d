"""Calls of the command line that cannot be read: one sentence in our words, exit code 2."""

import sys
from pathlib import Path

import pytest

from factories import run_row, store
from program import hpobench

CALLS = {
    ("rnu",): "unknown command 'rnu'. Did you mean 'run'?",
    ("quintic", "verfy"): "unknown command of 'hpobench quintic' 'verfy'. Did you mean 'verify'?",
    ("show",): "hpobench show: Missing argument 'experiments'.",
    ("cancel", "a", "b"): "unexpected extra argument",
    ("run", "quick", "--headles"): "there is no option --headles. Did you mean --headless?",
    ("run", "quick", "--workers"): "--workers",
    ("run", "quick", "--workers", "0"): "--workers must be at least 1, not '0'",
    ("run", "quick", "--workers", "many"): "--workers must be a whole number, not 'many'",
    ("run", "quick", "--repetitions", "1e5"): "--repetitions must be a whole number",
    ("run", "quick", "--seed", "9" * 5000): "--seed must be",
    ("tabulate", "synthetic/branin", "-n", "5", "--limit", "nan"): "--limit must be",
    ("tabulate", "synthetic/branin"): "Missing option '--configurations'",
    ("brackets", "--variant", "cel"): "unknown variant 'cel'. Did you mean 'ceil'?",
    ("brackets", "--variant", "syne_tune"): "Did you mean 'syne-tune'?",
    ("--verison",): "there is no option --verison. Did you mean --version?",
    ("presets", "Quick"): "Did you mean 'quick'?",
    ("problems", "akley"): "Did you mean 'synthetic/ackley'?",
    ("problems", "synthetic/ackley[dim=3]"): "unknown parameter of problem 'synthetic/ackley' 'dim'",
    ("optimizers", "hyper_band"): "Did you mean 'hyperband'?",
    ("run", "/"): "Is a directory",
    ("run", "/dev/null"): "is empty",
    ("run", sys.executable + "/x.toml"): "Not a directory",
    ("run", "n" * 400 + ".toml"): "has 405 bytes; a file's or folder's has at most 255",
    ("run", "n" * 400): "unknown preset",
}
SPEC = """
name = "x"
problems = ["synthetic/branin"]
optimizers = ["random"]
budget = { amount = 1, unit = "seconds" }
"""
PYDANTIC = ("Input should", "[type=", "pydantic")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call)[:60])
def test_bad_calls_are_one_sentence(call: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    error = refused(list(call), capsys)
    assert CALLS[call] in error, error
    assert len(error.splitlines()[0]) < 500


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a call that must end with exit code 2 says on standard error; in this process, to be quick."""
    from hpobench_tui.cli import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["hpobench", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    error = capsys.readouterr().err
    assert ended.value.code == 2, error
    assert error.startswith("hpobench")
    assert not any(words in error for words in (*PYDANTIC, "Traceback"))
    return error


def test_files_that_are_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(content: bytes) -> str:
        path = tmp_path / "x.toml"
        path.write_bytes(content)
        return refused(["run", str(path), "--dry-run"], capsys)

    assert "is empty" in said(b" \n\t")
    assert "not text in UTF-8 (line 2)" in said(b"a = 1\n\xff\xfe\x00")
    assert "more than 10 MB" in said(b"#" * 10_000_001)
    assert "not valid TOML: line 1" in said(b"\x7fELF\x02\x01\x01")
    (tmp_path / "mine.toml").write_text("")
    assert "Did you mean 'mine.toml'?" in refused(["run", str(tmp_path / "mien.toml")], capsys)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    from hpobench_tui.engine.front import spec

    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    assert spec.load(tmp_path / "x.toml").name == "x"


def test_of_a_folder_with_too_long_a_name_the_name_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.toml"
    path.write_text(SPEC)
    error = refused(["run", str(path), "--headless", "-o", str(tmp_path / ("o" * 400))], capsys)
    assert "has 400 bytes" in error
    assert "Choose another place" not in error


def test_of_the_experiments_folder_the_trouble_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for command in (["list"], ["show", "latest"], ["cancel", ""]):
        assert "is not a folder" in refused([*command, "-o", str(file)], capsys)
        assert "has 300 bytes" in refused([*command, "-o", "o" * 300], capsys)


def test_experiments_are_named_by_their_beginning_not_by_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path / "first-look-20260101-120000", [run_row(0)]).close()
    for name, words in (
        ("", "no experiment ''"),
        ("lates", "Did you mean 'latest'?"),
        ("frist-look", "Did you mean 'first-look'?"),
        ("First_Look", "Did you mean 'first-look'?"),
        ("x" * 400, "(400 characters)"),
    ):
        assert words in refused(["show", name, "-o", str(tmp_path)], capsys)


def test_help_and_groups_without_a_command_still_work() -> None:
    for arguments, code in ((["--help"], 0), (["quintic"], 2), (["--version"], 0)):
        done = hpobench(*arguments)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
