"""What goes wrong for people: odd terminals, damaged and vanished experiments, numbers beyond all bounds, brackets."""

import os
import shutil
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, SelectionList
from tui_hands import LARGE, SMALL, look, press, settle, settled, text
from tui_stores import write_experiment

from factories import change
from feeds import read
from hpobench_tui.cli.attach import open_app
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.parameter import Range
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.front.estimate import progress
from hpobench_tui.store import lock
from hpobench_tui.tui import app as app_module
from hpobench_tui.tui import form, settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.screens.status import status_line
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.table import Table

TINY = (40, 12)


class Stream(StringIO):
    """A standard stream that is a terminal, or is not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_stream_that_leads_elsewhere_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, each, Stream(each != name))
    monkeypatch.setenv("TERM", "xterm")
    called = {"stdin": "input", "stdout": "output", "stderr": "error"}[name]
    with pytest.raises(HpobenchError, match=f"needs a terminal, and standard {called} does not lead to one"):
        open_app(None)


def test_a_terminal_that_cannot_place_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, each, Stream(True))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(app_module, "run", lambda attach: pytest.fail("opened all the same"))
    with pytest.raises(HpobenchError, match="TERM=dumb"):
        open_app(None)


@pytest.mark.parametrize(
    "amount", ["1e30", "1e999999999", "inf", "9" * 30, "9" * 5000, "46116860185/10", "1e-999999999", "0"]
)
@pytest.mark.timeout(10)
def test_amounts_beyond_all_bounds_are_refused_at_once(amount: str) -> None:
    with pytest.raises(HpobenchError, match=r"must be at most|must be positive|must be a finite number") as caught:
        form.Form("x", ("synthetic/branin",), ("random",), amount, "seconds", "1", "0").experiment()
    assert len(str(caught.value)) < 120


def test_a_long_number_does_not_fill_the_screen() -> None:
    with pytest.raises(HpobenchError) as caught:
        form.whole("Seeds", "9" * 4000, Range(1, 10))
    assert len(str(caught.value)) < 80


async def test_a_name_longer_than_folders_may_have(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        fresh_app.screen.query_one("#name", Input).value = "a" * 300
        await settle(pilot)
        fresh_app.screen.query_one("#problems", SelectionList).select("synthetic/branin")
        fresh_app.screen.query_one("#optimizers", SelectionList).select("random")
        await settle(pilot)
        assert text(fresh_app, "verdict") == "Name: at most 100 letters, not 300."


async def test_a_newcomer_is_told_the_shortest_way(fresh_app: HpobenchApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "launch", lambda folder: None)
    async with settled(fresh_app, SMALL) as pilot:
        assert "Ctrl+D fills in half a minute" in text(fresh_app, "verdict")
        await press(pilot, "ctrl+d")
        assert str(fresh_app.screen.query_one("#summary").border_title) == "Experiment, from preset first"
        await press(pilot, "ctrl+r")
        assert isinstance(fresh_app.screen, Level)
        assert fresh_app.screen.feed.state.row.experiment.name == "first"


async def test_what_is_wrong_is_seen_on_a_tiny_terminal(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, TINY) as pilot:
        await press(pilot, "ctrl+r")
        verdict = fresh_app.screen.query_one("#verdict")
        assert verdict.has_class("error")
        assert fresh_app.screen.region.contains_region(verdict.region.grow((0, 0, -verdict.region.height + 1, 0)))


@pytest.mark.parametrize("width", [20, 40, 60, 72, 80, 200])
async def test_keys_in_the_footer_are_whole_and_help_is_among_them(app: HpobenchApp, width: int) -> None:
    async with settled(app, (width, 20)):
        bar = app.screen.query_one(KeyBar)
        line = bar.render_line(0).text
        assert bar.fitting[0].what == "Help"
        assert line.split() == [word for offer in bar.fitting for word in f"{offer.shown} {offer.what}".split()]
        assert cell_len(line) == width


async def test_a_chart_without_room_says_so(app: HpobenchApp) -> None:
    async with settled(app, (40, 8)):
        chart = app.screen.query_one(Chart)
        assert any("too small" in chart.render_line(y).text for y in range(chart.size.height))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM experiment",
        """UPDATE experiment SET spec = '{"nam'""",
        "UPDATE experiment SET spec = '{}'",
        "UPDATE run SET plan = '[1]'",
        "DROP TABLE run",
        "PRAGMA user_version = 99",
    ],
)
async def test_a_damaged_experiment_is_said_to_be_one(folder: Path, damage: str) -> None:
    change(folder, damage)
    app = HpobenchApp(folder, Path("outputs"))
    async with settled(app, SMALL) as pilot:
        assert not isinstance(app.screen, Level)
        first = [n.message for n in app._notifications]
        assert len(first) == 1
        assert str(folder) in first[0]
        await press(pilot, "ctrl+o")
        assert isinstance(app.screen, ResultsScreen)
        assert [row[1].text for row in app.screen.query_one(Table).rows] == ["unreadable"]
        await press(pilot, "enter", "R", "e")
        assert isinstance(app.screen, ResultsScreen)


async def test_an_interrupted_experiment_says_why_and_resume_ends_one_whose_runs_have_ended(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, "going", "running")
    change(folder, "UPDATE run SET status = 'done'")
    descriptor = lock.acquire(folder)
    assert descriptor is not None
    lock.leave(descriptor, "the disk is full [of brackets]")
    os.close(descriptor)
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, SMALL) as pilot:
        assert [note.message for note in app._notifications] == ["Interrupted: the disk is full [of brackets]."]
        assert isinstance(app.screen, Level)
        await look(pilot)
        assert len(app._notifications) == 1, "it is said once"
        await press(pilot, "ctrl+o")
        assert "interrupted: the disk is full [of brackets]" in text(app, "about")
        await press(pilot, "R")
        assert isinstance(app.screen, Level)
        assert "finished" in text(app, "status")


async def test_an_experiment_that_vanishes_is_gone_and_not_interrupted(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, "going", "running")
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, SMALL) as pilot:
        assert isinstance(app.screen, Level)
        assert "interrupted" in text(app, "status")
        shutil.rmtree(folder)
        app.screen.awake()
        for _ in range(200):
            await pilot.pause(0.02)
            if "gone" in text(app, "status"):
                break
        assert "gone" in text(app, "status")
        assert "goes on with it" not in text(app, "status")
        for key in ("p", "c", "e", "ctrl+r"):
            await pilot.press(key)
        await app.workers.wait_for_complete()
        await settle(pilot)
        assert "no experiment at" in text(app, "result")


async def test_of_a_vanished_experiment_what_was_read_stays_and_the_rest_says_why(tmp_path: Path) -> None:
    folder, away = write_experiment(tmp_path, "going"), tmp_path / "elsewhere"
    app = HpobenchApp(folder, tmp_path)

    async def until(pilot: Pilot[None], word: str) -> None:
        for _ in range(300):
            app.screen.awake()  # type: ignore[attr-defined]
            await pilot.pause(0.02)
            if word in text(app, "status"):
                return
        pytest.fail(f"never {word}: {text(app, 'status')}")

    def legend() -> list[list[str]]:
        return [[cell.text for cell in row] for row in app.screen.query_one("#anytime", Table).rows]

    async with settled(app, LARGE) as pilot:
        assert isinstance(app.screen, Level)
        before = legend()
        folder.rename(away)
        await until(pilot, "gone")
        await settle(pilot)
        assert legend() == before
        await press(pilot, "a")  # never asked for, and never to be had
        assert "moved away" in app.screen.query_one("#anytime", Table).hint
        away.rename(folder)
        await until(pilot, "finished")
        await settle(pilot)
        assert len(legend()) == len(before), "by the other axis"


def test_a_cancelled_run_is_not_done(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, "stopped", "cancelled")
    change(folder, "UPDATE run SET status = 'cancelled', spent = 15 WHERE id >= 9")
    with closing(Feed(folder)) as feed:
        read(feed)
        assert progress(feed.state.runs) == pytest.approx((9 + 9 / 4) / 18)
        line = status_line(feed.state, ["stopped"], "cancelled", 80, False)
        assert "62%" in line
        assert "9/18 runs" in line
        assert "p goes on with it" in line


@pytest.mark.parametrize("name", ["odd[b]name", "odd[red", "odd[]"])
async def test_brackets_in_paths_and_labels_are_no_markup(tmp_path: Path, name: str) -> None:
    folder = write_experiment(tmp_path / name)
    change(folder, "UPDATE run SET label = 'hyperband[variant=ceil]' WHERE label = 'hyperband'")
    app = HpobenchApp(folder, tmp_path / name)
    async with settled(app, LARGE) as pilot:
        assert isinstance(app.screen, Level)
        title = app.screen.query_one("#brackets-panel")._border_title
        assert "hyperband[variant=ceil], seed" in str(title)
        app.watch_experiment(tmp_path / name / "nowhere")
        await settle(pilot)
        assert not next(iter(app._notifications)).markup
        await press(pilot, "ctrl+o", "e")


def test_settings_that_cannot_be_kept_hold_for_this_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(settings.VARIABLE, str(tmp_path / "file" / "app.json"))
    settings.put("app", "theme", "nord")
    assert settings.get("app", "theme") == "nord"


def test_whoever_has_no_home_has_settings_for_this_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in (settings.VARIABLE, "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(settings, "_known", {})
    settings.put("app", "theme", "nord")
    assert settings.get("app", "theme") == "nord"
