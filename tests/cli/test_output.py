"""Tables on terminals of any width."""

from io import StringIO

import pytest

from hpobench_tui.cli.output import print_table


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [10, 60, 80, 200])
@pytest.mark.parametrize("words", ["", "many words that may be folded as there is little room for them"])
def test_numbers_are_never_broken(words: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    numbers = [f"{i}.123456789"[: 4 + i] for i in range(10)]
    rows = [["balanced, k = 1", words, *numbers], ["FS", words, *["–"] * 10]]
    print_table(["metric", "in words", *"abcdefghi", "CPU seconds"], rows, "A title", right=range(2, 12))
    lines = terminal.getvalue().splitlines()
    assert next(line for line in lines if "balanced" in line).split()[-10:] == numbers
    assert any("seconds" in line for line in lines)
