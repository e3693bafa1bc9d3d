"""The walk through the whole app by keys alone, in a terminal of 80×24 that is kept by tmux: what a person does who was
told that there is an app, from a preset to a replay."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import experiments

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is no Python package"),
]


class Terminal:
    """One app in one tmux session."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux")
        environment = {
            "HPOBENCH_APP_SETTINGS": str(folder / "app.json"),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "LC_ALL": "C.UTF-8",
        }
        given = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        self._tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(folder), *given,
                   f"{sys.executable} -P -m hpobench_tui; sleep 60")  # fmt: skip

    def _tmux(self, *words: str) -> str:
        call = ["tmux", "-S", self._socket, "-f", "/dev/null", *words]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout

    def press(self, *keys: str) -> None:
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.15)

    @property
    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, *words: str, seconds: float = 60.0, gone: str = "") -> str:
        deadline = time.monotonic() + seconds
        while not all(word in self.text for word in words) or (gone and gone in self.text):
            assert time.monotonic() < deadline, f"{words} did not come within {seconds} s:\n{self.text}"
            time.sleep(0.1)
        lines = self.text.splitlines()
        assert len(lines) <= 24
        return self.text

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    yield opened
    opened.close()
    for folder in experiments(tmp_path / "outputs"):
        if lifecycle.supervised(folder):
            lifecycle.send(folder, "cancel")


def test_the_walk(terminal: Terminal, tmp_path: Path) -> None:
    terminal.until("Problems", "Optimizers")
    terminal.press("C-d")  # a preset
    terminal.until("runs, about")
    terminal.press("C-r")
    terminal.until("first", "running", "optimizer", "rank")  # the overview
    terminal.until("finished", "100%", seconds=240, gone="reading")
    terminal.press("Home", "Enter")  # the best optimizer's cell, down to its problem
    terminal.until("first ›", "quartiles")
    terminal.press("Home", "Enter")  # its run
    terminal.until("#", "trials")
    terminal.press("Home", "Enter")  # a trial
    terminal.until("trial", "configuration")
    terminal.press("y")
    terminal.until("Copied")
    terminal.press("Escape")
    terminal.until("#", "trials")
    terminal.press("Escape")
    terminal.until("quartiles")
    terminal.press("Escape")
    terminal.until("rank")
    terminal.press("f")  # failures first
    (folder,) = experiments(tmp_path / "outputs")
    shutil.copytree(folder, folder.with_name("again-20261128-000000"))
    terminal.press("C-o")
    terminal.until("2 experiments", "again", "first")
    time.sleep(2)  # the order is that of their dates, which are read one after the other
    terminal.press("Home", "Space", "Down", "Space", "C")
    terminal.until("compare", "P(better)", "equivalent", gone="reading")
    terminal.press("Escape")
    terminal.until("2 experiments")
    terminal.press("Enter")
    terminal.until("rank", gone="reading")
    terminal.press("e")
    terminal.until("Export")
    terminal.press("C-r")
    terminal.until("Written")
    terminal.press("Escape")
    terminal.until("rank", gone="Written")
    terminal.press("r")
    terminal.until("replay")
    terminal.press("p", ".", ".")
    terminal.until("replay", "% of the budget")
    terminal.press("Escape")
    terminal.until("rank", gone="replay ")
    terminal.press("q")
    terminal.until("", gone="rank of")
    assert (tmp_path / "outputs").is_dir()
    written = [file for each in experiments(tmp_path / "outputs") for file in (each / "exports").glob("*")]
    assert written, "the export is there"
