"""How far it is, where there is a terminal, and where there is none."""

import io

import pytest

from hpobench_tui.api import watch


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_s_line_is_written_over_and_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", "40")
    with watch.showing(True) as show:
        show(0.25, "1/4 runs, evil \x1b[2J, about three hours to go")
        show(1.0, "4/4 runs")
    first, second = screen.getvalue().removesuffix("\n").split("\r")[1:]
    assert all(len(line.removesuffix("\x1b[K")) < 40 for line in (first, second))
    assert "25% 1/4 runs" in first
    assert "\x1b[2J" not in first
    assert second.startswith("━" * watch.WIDTH)


def test_elsewhere_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(watch, "LINE_SECONDS", -1.0)
    with watch.showing(True) as show:
        show(0.5, "2/4 runs")
    with watch.showing(False) as show:
        show(1.0, "4/4 runs")
    out, errors = capsys.readouterr()
    assert (out, errors) == ("", "50% 2/4 runs\n")
