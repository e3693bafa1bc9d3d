"""What a shell offers when Tab is pressed: the right words, at once, and never an error."""

import os
import resource
from pathlib import Path

import pytest

from calls import commands
from hpobench_tui import plugins
from hpobench_tui.cli import completion
from hpobench_tui.cli.options import named
from hpobench_tui.core.measure import Measure
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.front import presets as shipped
from hpobench_tui.export.formats import FORMATS
from hpobench_tui.store.reader import FILE
from program import hpobench, python

MUST = {"experiment", "experiments", "measure", "problems", "problem", "optimizers", "optimizer", "spec", "axis",
        "formats", "variant", "device", "failed", "baseline", "importance"}  # fmt: skip
"""Arguments and options of which a shell must offer the words; by their names here, of every command but plug-ins'."""
HEAVY = ("torch", "ConfigSpace", "textual", "optuna", "sklearn", "numpy", "scipy", "matplotlib", "polars", "pandas")
LIMIT = 0.5
"""Seconds of CPU."""


def offered(*words: str, cwd: Path, **environment: str) -> list[str]:
    """What bash would offer for the last word."""
    done = hpobench(
        cwd=cwd, _HPOBENCH_COMPLETE="complete_bash", COMP_WORDS=" ".join(("hpobench", *words)),
        COMP_CWORD=str(len(words)), **environment,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HPOBENCH_OUTPUTS", str(tmp_path))
    for place, name in enumerate(("quick-20260101-000000", "mine-20260102-000000", "odd name", "bad\x1b[2J", "$(ls)")):
        (tmp_path / name).mkdir()
        (tmp_path / name / FILE).write_text("not even a store")
        os.utime(tmp_path / name / FILE, (place, place))
    (tmp_path / "no-experiment").mkdir()
    return tmp_path


class Context:
    """Of a command, as far as functions of completion look at it."""

    def __init__(self, **params: object) -> None:
        self.params = params


def experiments(incomplete: str, **params: object) -> list[str]:
    return completion.experiments(Context(**params), incomplete)  # type: ignore[arg-type]


def test_experiments_by_age_without_what_a_shell_would_take_otherwise(outputs: Path, tmp_path: Path) -> None:
    assert experiments("") == ["latest", "mine-20260102-000000", "quick-20260101-000000"]
    assert experiments("qu") == ["quick-20260101-000000"]
    (tmp_path / "other" / "there").mkdir(parents=True)
    (tmp_path / "other" / "there" / FILE).touch()
    assert experiments("", output=tmp_path / "other") == ["latest", "there"]
    assert experiments("", output=tmp_path / "nowhere") == []


def test_presets_and_files_can_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.toml").touch()
    assert completion.specs("fi") == ["first", "fine.toml"]
    assert completion.specs("sub/") == []
    assert completion.presets("") == shipped.names()


def test_problems_and_optimizers_also_after_a_comma() -> None:
    assert completion.problems("synthetic/bran") == ["synthetic/branin", "synthetic/branin-mf"]
    assert completion.problems("syn")[0] == "synthetic"
    assert completion.problems("bandits,synthetic/branin-") == ["bandits,synthetic/branin-mf"]
    assert completion.problem("syn")[0] != "synthetic"
    assert completion.optimizers("random,optuna") == ["random,optuna-tpe"]
    assert completion.optimizers("") == [info.name for info in plugins.optimizers()]


def test_formats_and_kinds_of_figures_also_after_a_comma(tmp_path: Path) -> None:
    assert set(offered("export", "--format", "", cwd=tmp_path)) == set(FORMATS)
    assert offered("export", "--format", "csv,m", cwd=tmp_path) == ["csv,md"]
    assert offered("export", "--figures", "regret,imp", cwd=tmp_path) == ["regret,importance"]


def test_places_are_those_of_the_program() -> None:
    assert (completion.FILE, completion.ROOT) == (FILE, lifecycle.OUTPUTS_VARIABLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(completion.ROOT, raising=False)
        assert lifecycle.outputs_root() == Path(completion.FOLDER)


def test_every_argument_that_has_words_offers_them() -> None:
    without = [
        (words, parameter.name)
        for words, command in commands()
        if len(words) == 1
        for parameter in command.params  # type: ignore[attr-defined]
        if parameter.name in MUST and parameter._custom_shell_complete is None
    ]
    assert without == []


def test_a_shell_gets_words_at_once_and_nothing_heavy_is_imported(outputs: Path) -> None:
    ways = {
        ("show", "m"): ["mine-20260102-000000"],
        ("show", "latest", "--measure", ""): list(named(Measure)),
        ("run", "fir"): ["first"],
        ("problems", "synthetic/six"): ["synthetic/six-hump-camel"],
        ("optimizers", "optuna-"): ["optuna-tpe"],
        ("export", "latest", "--axis", "b"): ["budget"],
        ("brackets", "--variant", "f"): ["floor"],
    }
    for words, expected in ways.items():
        least = float("inf")
        for _ in range(2):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert offered(*words, cwd=outputs) == expected, words
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            if least < LIMIT:
                break
        assert least < LIMIT, (words, least)


@pytest.mark.parametrize("words", ["show m", "problems syn", "run fi", "optimizers gp"])
def test_nothing_heavy_is_imported(words: str, outputs: Path) -> None:
    code = (
        "import sys\nfrom hpobench_tui.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = python(
        "-c", code, cwd=outputs, _HPOBENCH_COMPLETE="complete_bash", COMP_WORDS=f"hpobench {words}",
        COMP_CWORD=str(len(words.split())),
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_errors_never_reach_the_shell(faulty: Path, tmp_path: Path) -> None:
    """Broken plug-ins, a folder that is none, and words that are no command."""
    (tmp_path / "file").touch()
    assert "synthetic/branin" in offered("problems", "synthetic/br", cwd=tmp_path)
    assert offered("show", "", cwd=tmp_path, HPOBENCH_OUTPUTS=str(tmp_path / "file")) == []
    offered("no-such-command", "x", cwd=tmp_path)
    offered("show", "--no-such-option", "", cwd=tmp_path)
    offered("run", "'", cwd=tmp_path)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_the_shell_is_printed(shell: str, tmp_path: Path) -> None:
    done = hpobench("--show-completion", shell, cwd=tmp_path, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_HPOBENCH_COMPLETE" in done.stdout, done.stderr
