"""docs/api.md is typed in, and gives what it says."""

import doctest
import re
from pathlib import Path

import matplotlib
import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "api.md"


def test_the_walk_gives_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried > 30
    assert failed == 0, "what was printed says where"
    assert (tmp_path / "branin.pdf").is_file()


@pytest.mark.parametrize("page", [PAGE, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_five_lines_run_as_they_stand(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(import hpobench_tui as hpo\n.*?)```", page.read_text(encoding="utf-8"), re.S)
    assert len([line for line in program.splitlines() if line]) <= 5
    exec(program, {})
    assert "finished" in capsys.readouterr().out
