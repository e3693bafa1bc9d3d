"""The app in tests: fixed stores, fixed time zone, nothing that blinks or moves."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_stores import write_experiment

from hpobench_tui.tui import settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.in_turn import InTurn


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No clock, no SSH, no blinking cursor, nobody's settings."""
    monkeypatch.setenv(settings.VARIABLE, str(tmp_path_factory.mktemp("settings") / "app.json"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for name in ("SSH_CONNECTION", "SSH_TTY", "HPOBENCH_ASCII"):
        monkeypatch.delenv(name, raising=False)
    for name in ("LC_ALL", "LANG"):
        monkeypatch.setenv(name, "C.UTF-8")
    blinking = Input.__init__

    def still(self: Input, *args: object, **more: object) -> None:
        blinking(self, *args, **more)  # type: ignore[arg-type]
        self.cursor_blink = False

    monkeypatch.setattr(Input, "__init__", still)
    pressing = Pilot.press

    async def press(self: Pilot[object], *keys: str) -> None:
        """Also till keys that wait for each other are done."""
        await pressing(self, *keys)
        while isinstance(self.app, InTurn) and self.app.typing:
            await asyncio.sleep(0.002)
        await self._wait_for_screen()

    monkeypatch.setattr(Pilot, "press", press)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment that has ended, below ``outputs`` in the working directory."""
    monkeypatch.chdir(tmp_path)
    return write_experiment(Path("outputs"))


@pytest.fixture
def app(folder: Path) -> HpobenchApp:
    """The app on that experiment."""
    return HpobenchApp(folder, Path("outputs"))


@pytest.fixture
def fresh_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HpobenchApp:
    """The app with an empty outputs folder."""
    monkeypatch.chdir(tmp_path)
    return HpobenchApp(None, Path("outputs"))
