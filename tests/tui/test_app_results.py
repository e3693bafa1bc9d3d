"""The list of experiments: read bit by bit, marked, merged, deleted and brought back."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_hands import SMALL, press, settle, settled, text
from tui_stores import write_experiment

import hpobench_tui.tui.catalogue as module
from factories import change
from hpobench_tui.engine.front import trash
from hpobench_tui.store import lock
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.catalogue import Catalogue
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.merge import MergeScreen
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.widgets.table import Table

TINY = (60, 20)


def written(root: Path, *names: str) -> list[Path]:
    """Experiments, each newer than the one before."""
    folders = [write_experiment(root, name) for name in names]
    for place, folder in enumerate(folders):
        change(folder, f"UPDATE experiment SET created = {place * 60}")
    return folders


def column(app: HpobenchApp, number: int) -> list[str]:
    return [row[number].text for row in app.screen.query_one(Table).rows]


def said(app: HpobenchApp) -> str:
    return "\n".join(notice.message for notice in app._notifications)


async def results(pilot: Pilot[None]) -> ResultsScreen:
    await press(pilot, "ctrl+o")
    assert isinstance(pilot.app.screen, ResultsScreen)
    return pilot.app.screen


def read(catalogue: Catalogue, again: bool = True) -> int:
    """How many stores were opened."""
    return sum(1 for _ in catalogue.look(again))


def test_names_come_first_then_how_they_stand_then_who_won(tmp_path: Path) -> None:
    written(tmp_path, "a", "b-20991101-120000")
    catalogue = Catalogue(tmp_path)
    look = catalogue.look()
    next(look)
    assert [(entry.folder.name, entry.status) for entry in catalogue.entries] == [("b-20991101-120000", ""), ("a", "")]
    assert not catalogue.complete
    next(look)
    next(look)
    assert [(entry.status, entry.leader) for entry in catalogue.entries] == [("finished", None)] * 2
    list(look)
    assert {(e.ended, e.runs, e.failed, e.leader) for e in catalogue.entries} == {(18, 18, 1, "bohb")}
    assert catalogue.complete


def test_what_did_not_change_is_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = written(tmp_path, *(f"e{i}" for i in range(5)))
    opened: list[str] = []

    class Counted(Reader):
        def __init__(self, folder: Path) -> None:
            opened.append(folder.name)
            super().__init__(folder)

    monkeypatch.setattr(module, "Reader", Counted)
    catalogue = Catalogue(tmp_path)
    list(catalogue.look())
    assert len(opened) == 10
    opened.clear()
    list(catalogue.look())
    list(catalogue.look(again=False))
    assert opened == []
    change(folders[3], "UPDATE run SET status = 'failed' WHERE id = 0")
    list(catalogue.look(again=False))
    assert opened == [], "it does not run: only who looks again sees it"
    list(catalogue.look())
    assert set(opened) == {"e3"}
    assert next(e.failed for e in catalogue.entries if e.folder.name == "e3") == 2


def test_only_what_runs_and_what_is_new_is_looked_at_again(tmp_path: Path) -> None:
    (folder,) = written(tmp_path, "going")
    change(folder, "UPDATE experiment SET status = 'running'")
    change(folder, "UPDATE run SET status = 'running' WHERE id > 5")
    descriptor = lock.acquire(folder)
    assert descriptor is not None
    catalogue = Catalogue(tmp_path)
    list(catalogue.look())
    assert [(e.status, e.ended, e.lives) for e in catalogue.entries] == [("running", 6, True)]
    change(folder, "UPDATE run SET status = 'done'")
    written(tmp_path, "new")
    list(catalogue.look(again=False))
    assert {(e.folder.name, e.ended) for e in catalogue.entries} == {("going", 18), ("new", 18)}
    os.close(descriptor)
    list(catalogue.look(again=False))
    assert {e.folder.name: e.status for e in catalogue.entries} == {"going": "interrupted", "new": "finished"}


async def test_a_key_is_answered_while_stores_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, *(f"e{i}" for i in range(6)))

    class Slow(Reader):
        def __init__(self, folder: Path) -> None:
            time.sleep(0.3)
            super().__init__(folder)

    monkeypatch.setattr(module, "Reader", Slow)
    app = HpobenchApp(None, tmp_path)
    async with settled(app, SMALL) as pilot:
        await pilot.press("ctrl+o")
        began = time.monotonic()
        while not (app.screen.query(Table) and column(app, 0)):
            await asyncio.sleep(0.01)
        await pilot.press("down", "down", "space")
        assert time.monotonic() - began < 1.5, "all of them take 3.6 s"
        assert "reading" in text(app, "where")
        assert "1 marked" in text(app, "where")
        assert "…" in column(app, 1)
        assert column(app, 0)[2].startswith("●")
        await settle(pilot)
        assert "reading" not in text(app, "where")
        assert column(app, 2) == ["bohb"] * 6
        assert column(app, 0)[2].startswith("●"), "marks and the cursor stay on their things"


@pytest.mark.parametrize("size", [TINY, (80, 24), (200, 50)])
async def test_every_row_and_column_is_reached_whatever_their_number(tmp_path: Path, size: tuple[int, int]) -> None:
    names = [f"{'long' * 15}-{i}" for i in range(20)] + ["宽的名字[b]"]
    written(tmp_path, *names)
    app = HpobenchApp(None, tmp_path)
    async with settled(app, size) as pilot:
        await results(pilot)
        table = app.screen.query_one(Table)
        seen = set()
        for _ in range(21):
            seen.add(table.cursor_key)
            await pilot.press("down")
        assert len(seen) == 21
        heads = set()
        for _ in range(8):
            heads |= {column.title for column in table._columns if column.title in table.render_line(0).text}
            await pilot.press("right")
        assert heads == {"experiment", "status", "winner", "runs", "failed", "started", "time", "size"}
        await press(pilot, "slash", "宽", "enter")
        assert column(app, 0) == ["宽的名字[b]"]


async def test_a_deletion_is_confirmed_and_undone(tmp_path: Path) -> None:
    written(tmp_path, "one", "two", "three")
    app = HpobenchApp(None, tmp_path)
    async with settled(app, SMALL) as pilot:
        await results(pilot)
        assert column(app, 0) == ["three", "two", "one"]
        await press(pilot, "D", "n")
        assert len(column(app, 0)) == 3
        await press(pilot, "D")
        assert isinstance(app.screen, ConfirmScreen)
        await press(pilot, "y")
        assert column(app, 0) == ["two", "one"]
        await press(pilot, "space", "down", "space", "D", "y")
        assert column(app, 0) == []
        assert "no experiments yet" in app.screen.query_one(Table).hint
        await press(pilot, "U")
        assert column(app, 0) == ["two", "one"]
        await press(pilot, "U")
        assert column(app, 0) == ["three", "two", "one"]
        await press(pilot, "U")
        assert "nothing to bring back" in said(app)
        await press(pilot, "D", "y", "X", "y")
        assert "The trash is empty" in said(app)
        assert not (tmp_path / trash.FOLDER).exists()


async def test_what_runs_is_not_deleted(tmp_path: Path) -> None:
    (folder,) = written(tmp_path, "going")
    change(folder, "UPDATE experiment SET status = 'running'")
    descriptor = lock.acquire(folder)
    assert descriptor is not None
    app = HpobenchApp(None, tmp_path)
    async with settled(app, SMALL) as pilot:
        await results(pilot)
        await press(pilot, "D")
        assert isinstance(app.screen, ResultsScreen)
        assert "going is running" in said(app)
    os.close(descriptor)


async def test_marked_ones_are_merged_and_what_stands_against_it_is_said(tmp_path: Path) -> None:
    written(tmp_path, "one", "two")
    app = HpobenchApp(None, tmp_path)
    async with settled(app, SMALL) as pilot:
        await results(pilot)
        await press(pilot, "M")
        assert "Mark two experiments" in said(app)
        await press(pilot, "space", "down", "space", "M")
        assert isinstance(app.screen, MergeScreen)
        assert "18 runs" in text(app, "result")
        app.screen.query_one("#folder", Input).value = str(tmp_path / "one")
        await press(pilot, "ctrl+r")
        assert isinstance(app.screen, MergeScreen), "it is refused in place"
        assert "exists already" in text(app, "result")
        app.screen.query_one("#folder", Input).value = str(tmp_path / "both")
        await press(pilot, "ctrl+r")
        assert isinstance(app.screen, ResultsScreen)
        assert sorted(column(app, 0)) == ["both", "one", "two"]


async def test_marked_ones_are_exported_one_after_the_other(tmp_path: Path) -> None:
    one, two = written(tmp_path, "one", "two")
    app = HpobenchApp(None, tmp_path)
    async with settled(app, SMALL) as pilot:
        await results(pilot)
        await press(pilot, "space", "down", "space", "e")
        for folder in (two, one):
            assert isinstance(app.screen, ExportScreen)
            assert app.screen.query_one("#folder", Input).value == str(folder / "exports")
            await press(pilot, "escape")
        assert isinstance(app.screen, ResultsScreen)


async def test_coming_back_keeps_the_place_and_shows_what_is_new(tmp_path: Path) -> None:
    written(tmp_path, "one", "two", "three")
    app = HpobenchApp(None, tmp_path)
    async with settled(app, SMALL) as pilot:
        await results(pilot)
        await press(pilot, "down", "enter")
        assert isinstance(app.screen, Level)
        assert app.screen.feed.folder == tmp_path / "two"
        write_experiment(tmp_path, "zero")
        await press(pilot, "ctrl+o")
        assert app.screen.query_one(Table).cursor_key == tmp_path / "two"
        assert "zero" in column(app, 0)
