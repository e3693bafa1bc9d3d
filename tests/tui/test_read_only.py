"""An app that is read only: no key is offered that changes something, none does, and what was forgotten is refused."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from tui_hands import LARGE, SMALL, press, settle
from tui_stores import write_experiment

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.tui import read_only, settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.screens.trial import TrialScreen
from hpobench_tui.tui.widgets.keybar import KeyBar
from program import python

WRITING = ("c", "F", "A", "e", "R", "M", "D", "U", "X")
"""Keys that change something, where p pauses."""


def tree(folder: Path) -> dict[str, bytes]:
    """Everything below it, but what SQLite's readers leave beside a database."""
    files = [path for path in sorted(folder.rglob("*")) if not path.name.endswith(("-shm", "-wal"))]
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in files}


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the second fence has refused in this process, which it surrounds until the test ends."""
    found: list[str] = []
    judge = read_only._refused

    def heard(event: str, arguments: tuple[object, ...]) -> str | None:
        if (what := judge(event, arguments)) is not None:
            found.append(what)
        return what

    monkeypatch.setattr(read_only, "_refused", heard)
    read_only.hold()
    yield found
    read_only.release()


@pytest.fixture
def app(folder: Path) -> HpobenchApp:
    """On an experiment that has ended; another one is beside it."""
    write_experiment(folder.parent, "other-2", status="cancelled")
    return HpobenchApp(folder, folder.parent, read_only=True)


AWAY = {"escape", "ctrl+c", "ctrl+q", "ctrl+o", "ctrl+z"}
ELSEWHERE = {"up", "back", "results", "quit", "replay", "app.results"}
"""Actions that leave a screen, or travel through it for ever."""


async def every_key(pilot: Pilot[None]) -> list[str]:
    """Press each key that is bound on the screen in front, coming back to it each time; those keys.

    But for those of tables and charts, which know no experiment.
    """
    app = pilot.app
    screen = app.screen
    chain = [
        (key, binding.action)
        for node, bindings in screen._modal_binding_chain
        if not type(node).__module__.startswith("hpobench_tui.tui.widgets")
        for key, binding in bindings
    ]
    keys = [key for key, action in dict.fromkeys(chain) if action not in ELSEWHERE and key not in AWAY]
    for key in keys:
        await press(pilot, key)
        for _ in range(5):
            if app.screen is screen:
                break
            await press(pilot, "escape")
        assert app.screen is screen, key
    return keys


async def test_no_key_of_any_screen_gets_as_far_as_to_change_something(
    app: HpobenchApp, folder: Path, refused: list[str]
) -> None:
    before = tree(folder.parent)
    pressed: set[str] = set()
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        for further in ({"problem": "toy/one"}, {"run": 1}, {"trial": 3}, {}):
            level = app.screen
            assert isinstance(level, Level)
            pressed |= set(await every_key(pilot))
            level.down(level.view.but(**further))
            await settle(pilot)
        assert isinstance(app.screen, TrialScreen)
        await press(pilot, "ctrl+o")
        assert isinstance(app.screen, ResultsScreen)
        pressed |= set(await every_key(pilot))
        assert {*WRITING, "p"} <= pressed
    assert refused == []
    assert tree(folder.parent) == before
    assert not settings.path().exists()


async def test_what_nobody_has_marked_is_refused_behind_it(
    app: HpobenchApp, folder: Path, refused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpobench_tui.tui.app.is_writing", lambda target, name: False)
    before = tree(folder.parent)
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+o")
        await press(pilot, "D", "y")
        assert any("read only" in notice.message for notice in app._notifications)
        await press(pilot, "home", "down", "R")
        await press(pilot, "e", "ctrl+r")
    assert refused
    assert tree(folder.parent) == before


async def test_it_says_so_and_offers_only_what_looks(app: HpobenchApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        for way in ((), ("ctrl+o",)):
            await press(pilot, *way)
            screen = app.screen
            bar = screen.query_one(KeyBar)
            assert bar.render_line(0).text.endswith(" read only ")
            offered = {offer.what for offer in bar._offers}
            assert not offered & {"Pause", "Cancel", "Export", "Resume", "Merge", "Delete", "Report"}
            assert {"Help", "Quit"} <= offered
            assert not {key for key in WRITING if key in screen.active_bindings}
            keys = app.keys()
            listed = {what for _, what in keys}
            assert not listed & {"Retry failed", "Add seeds or optimizers", "Empty the trash"}
        await press(pilot, "D")
        assert any("read only" in notice.message for notice in app._notifications)
        await press(pilot, "escape", "escape", "escape")
        assert isinstance(app.screen, ResultsScreen), "there is no set-up below"


async def test_a_replay_can_be_paused(app: HpobenchApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        level = app.screen
        assert isinstance(level, Level)
        assert "p" not in level.active_bindings
        await press(pilot, "r")
        assert level._replay.on
        assert "p" in level.active_bindings
        await press(pilot, "p")
        assert not any("read only" in notice.message for notice in app._notifications)


async def test_one_that_may_write_says_nothing(folder: Path) -> None:
    app = HpobenchApp(folder, folder.parent)
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "read only" not in app.screen.query_one(KeyBar).render_line(0).text
        assert {"p", "c", "e"} <= set(app.screen.active_bindings)


# The second fence alone, in a process of its own: it cannot be taken away again

TRIES = """
import os, shutil, sqlite3, subprocess, sys
from pathlib import Path
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle, trash
from hpobench_tui.engine.front.presets import load
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import Writer
from hpobench_tui.tui import read_only
folder = Path(sys.argv[1])
quick = load("quick")
read_only.hold()
tries = {
    "start": lambda: lifecycle.start(quick, folder.parent),
    "resume": lambda: lifecycle.resume(folder),
    "launch": lambda: lifecycle.launch(folder),
    "delete": lambda: trash.delete([folder]),
    "store": lambda: Writer(folder),
    "database": lambda: sqlite3.connect(folder / "experiment.sqlite"),
    "file": lambda: open(folder / "new", "w"),
    "append": lambda: open(folder / "experiment.sqlite", "ab"),
    "descriptor": lambda: os.open(folder / "new", os.O_CREAT | os.O_WRONLY),
    "text": lambda: (folder / "new").write_text("x"),
    "touch": lambda: (folder / "new").touch(),
    "folder": lambda: (folder / "new").mkdir(),
    "remove": lambda: (folder / "experiment.sqlite").unlink(),
    "rename": lambda: folder.rename(folder.parent / "x"),
    "tree": lambda: shutil.rmtree(folder),
    "copy": lambda: shutil.copy(folder / "experiment.sqlite", folder / "new"),
    "link": lambda: os.symlink("a", folder / "new"),
    "mode": lambda: (folder / "experiment.sqlite").chmod(0o600),
    "program": lambda: subprocess.run(["touch", str(folder / "new")]),
    "module": lambda: subprocess.run([sys.executable, "-m", "hpobench_tui", "cancel", str(folder)]),
    "shell": lambda: os.system("touch new"),
}
for name, attempt in tries.items():
    try:
        attempt()
    except (HpobenchError, OSError) as error:
        print(name, type(error).__name__)
    else:
        print(name, "WAS DONE")
with Reader(folder) as reader:
    print("read", len(reader.runs()))
show = [sys.executable, "-P", "-m", "hpobench_tui", "show", str(folder), "--json"]
print("shown", subprocess.run(show, stdout=subprocess.PIPE).returncode, open(os.devnull, "w").write("x"))
"""


def test_the_fence_refuses_all_ways_to_change_something(folder: Path) -> None:
    before = tree(folder.parent)
    done = python("-c", TRIES, folder.resolve())
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-2:] == ["read 18", "shown 0 1"], done.stderr
    assert len(lines) == 23
    assert [line for line in lines if "DONE" in line] == []
    assert sum("ReadOnlyError" in line for line in lines) >= 15, lines
    assert tree(folder.parent) == before


def test_a_refusal_is_told_like_any_error_and_can_be_done_without() -> None:
    error = read_only.ReadOnlyError("x")
    assert isinstance(error, HpobenchError)
    assert isinstance(error, OSError)
    assert str(error) == "x"


@pytest.mark.parametrize(("value", "held"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)])
def test_the_environment_says_it(value: str | None, held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(read_only.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(read_only.VARIABLE, value)
    assert read_only.asked() is held


# The other end of the wire

HANGS = """
import subprocess, sys, time
from hpobench_tui.tui import hangup
looks = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
goes_on = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)", "hpobench_tui.engine.supervision.supervisor"],
    start_new_session=True,
)
hangup.watch()
print(looks.pid, goes_on.pid, flush=True)
time.sleep(600)
"""


def test_the_app_ends_with_who_shows_it_and_supervisors_go_on() -> None:
    from hpobench_tui.executors import family

    process = subprocess.Popen(
        [sys.executable, "-c", HANGS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    looks, goes_on = map(int, process.stdout.readline().split())
    try:
        process.stdin.close()
        assert process.wait(20) == 129
        assert not family.is_running(looks)
        assert family.is_running(goes_on)
    finally:
        family.end(lambda: {pid for pid in (looks, goes_on) if family.is_running(pid)})
        process.stdout.close()
