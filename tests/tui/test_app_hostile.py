"""Nothing that somebody else wrote reaches the terminal from the app as it is, whatever screen shows it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from tui_hands import LARGE, SMALL, press, settle, settled, text

from hostile import complaints, hostile_store, nasty
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import spec
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.panels.problem import PANELS
from hpobench_tui.tui.screens.report import ReportScreen


class Eyes:
    """Looks at all that the terminal is given, and keeps it."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot
        self.seen = ""

    def look(self) -> None:
        for strip in self._pilot.app.screen._compositor.render_strips():
            assert not complaints(strip.text), complaints(strip.text)
            assert not set("\n\t\r") & set(strip.text)
            assert strip.cell_length == self._pilot.app.size.width
            self.seen += f"{strip.text}\n"

    async def after(self, *keys: str) -> None:
        await press(self._pilot, *keys)
        self.look()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("status", ["finished", "running"])
async def test_a_hostile_store_is_only_text(
    size: tuple[int, int], status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = hostile_store(Path("outputs") / "stored\x1b[2J\u202e[bold]", status)
    broken = Path("outputs") / os.fsdecode(b"bytes\xff\x1b")
    broken.mkdir()
    (broken / "experiment.sqlite").write_text("no store")
    app = HpobenchApp(folder, Path("outputs"))
    async with settled(app, size) as pilot:
        eyes = Eyes(pilot)
        eyes.look()
        for number in range(1, len(PANELS) + 1):
            await eyes.after(str(number))
        for key in ("0", "right_square_bracket", "n", "N", "m", "a", "X", "left", "t", "c", "escape", "question_mark"):
            await eyes.after(key)
        await eyes.after("escape", "e")
        await eyes.after("escape", "ctrl+o")
        for key in ("down", "r", "enter", "escape", "e"):
            await eyes.after(key)
        assert r"\x1b[2J" in eyes.seen
        assert "[bold]" in eyes.seen


async def test_a_report_that_a_store_names_is_one_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ReportScreen, "_make", lambda self: pytest.fail(f"{self._command} was called"))
    for name in (nasty(9), "list", "run quick", "hostile report --output /"):
        async with settled(HpobenchApp(None, Path("outputs")), LARGE) as pilot:
            pilot.app.push_screen(ReportScreen(name, tmp_path))
            await settle(pilot)
            assert text(pilot.app, "state").startswith("No report: unknown report")


async def test_hostile_plugins_are_only_text(
    install_plugins: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_plugins("hostile")
    monkeypatch.chdir(tmp_path)
    async with settled(HpobenchApp(None, Path("outputs")), LARGE) as pilot:
        eyes = Eyes(pilot)
        eyes.look()
        await eyes.after("slash", *"hostile", "enter")
        await eyes.after("space", "down", "space", "tab")
        await eyes.after("slash", *"hostile/varied[size=2]", "enter")
        await eyes.after("ctrl+r")
        assert r"\x1b[2J" in eyes.seen


async def test_what_a_report_says_is_only_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "passed": False, "notes": [nasty(1)], "files": [nasty(2)],
        "tables": [{"title": nasty(3), "rows": [{nasty(4): nasty(5), nasty(6): 1.5, nasty(7): None}]}],
    }  # fmt: skip
    monkeypatch.setattr(ReportScreen, "_make", lambda self: self._show(said, nasty(8)))
    monkeypatch.setattr(spec, "report", str)
    monkeypatch.chdir(tmp_path)
    async with settled(HpobenchApp(None, Path("outputs")), LARGE) as pilot:
        pilot.app.push_screen(ReportScreen(f"hostile {nasty(9)}", tmp_path))
        await settle(pilot)
        eyes = Eyes(pilot)
        eyes.look()
        monkeypatch.setattr(ReportScreen, "_make", lambda self: self._show(None, nasty(8)))
        pilot.app.push_screen(ReportScreen("hostile report", tmp_path))
        await settle(pilot)
        eyes.look()
        assert r"\x1b[2J" in eyes.seen


def test_a_name_that_no_experiment_may_have_is_refused() -> None:
    with pytest.raises(Exception, match="letters, digits"):
        Experiment(nasty(0), (), (), {}, 1, 0)
