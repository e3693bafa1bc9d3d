"""A table by keys and mouse: everything in it is reached, found, sorted, copied, and only what changed is painted."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.geometry import Region
from textual.pilot import Pilot

from hostile import EVIL, complaints
from hpobench_tui.tui.widgets.table import Cell, Column, Columns, Lazy, Row, Rows, Table, listed, numbers

SIZES = pytest.mark.parametrize("size", [(60, 20), (80, 24)])
COUNTS = pytest.mark.parametrize("count", [1, 60, 10_000])
COLUMNS = (
    Column("problem", yields=True), Column("optimizer"), *numbers("seed", "trials", "best loss", "regret", "time"),
    Column("bar", spare=1), Column("state"),
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    number: int
    state: str = "done"


def cells(run: Run) -> Row:
    n = run.number
    return (
        Cell(f"bandits/bernoulli-{n % 7}"), Cell(f"● optimizer-{n}", look=n % 17), Cell(str(n % 30)), Cell(str(n * 10)),
        Cell(f"{1 / (n + 1):.4g}"), Cell(f"{n / 7:.4g}"), Cell("1 min 15 s"), Cell("━" * 12),
        Cell(run.state, "bad" if run.state == "failed" else "", share=0.5),
    )  # fmt: skip


def runs(count: int, **states: str) -> list[Run]:
    return [Run(n, states.get(f"run{n}", "done")) for n in range(count)]


def rows(things: list[Run]) -> Rows:
    return Lazy(
        things, cells, key=lambda run: run.number, value=lambda run, column: cells(run)[column].text,
        text=lambda run: f"bandits/bernoulli-{run.number % 7} optimizer-{run.number} {run.state}",
        failed=lambda run: run.state == "failed", copied=lambda run: f'{{"run": {run.number}}}',
    )  # fmt: skip


class Shown(App[None]):
    """One table, what it told, and a key that a filter must not press."""

    BINDINGS = [Binding("q", "note('quit')"), Binding("escape", "note('up')")]  # noqa: RUF012

    def __init__(self, columns: Columns = COLUMNS, **options: str) -> None:
        super().__init__()
        self.table = Table(columns, name_of="runs", **options)  # type: ignore[arg-type]
        self.told: list[tuple[str, Hashable, int] | str] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def action_note(self, what: str) -> None:
        self.told.append(what)

    @on(Table.Chosen)
    @on(Table.Moved)
    @on(Table.Toggled)
    @on(Table.Solo)
    def note(self, message: Table.About) -> None:
        self.told.append((type(message).__name__.lower(), message.key, message.row))

    @property
    def lines(self) -> list[str]:
        return [self.table.render_line(y).text for y in range(self.table.size.height)]


@asynccontextmanager
async def shown(
    size: tuple[int, int], things: Rows | list[Row], columns: Columns = COLUMNS
) -> AsyncIterator[tuple[Shown, Pilot[None]]]:
    app = Shown(columns)
    async with app.run_test(size=size) as pilot:
        app.table.fill(things)
        await pilot.pause()
        yield app, pilot


@SIZES
@COUNTS
async def test_every_row_and_every_column_is_reached(size: tuple[int, int], count: int) -> None:
    async with shown(size, rows(runs(count))) as (app, pilot):
        seen, titles, states = set(), set(), False
        for _ in range(len(COLUMNS) + 1):
            titles |= {column.title for column in COLUMNS if column.title in app.lines[0]}
            states |= "done" in app.lines[1]
            await pilot.press("right")
        assert titles == {column.title for column in COLUMNS}
        assert states
        await pilot.press(*["left"] * len(COLUMNS))
        assert "◂" not in app.lines[0]
        for key, first, last in (("pagedown", 0, count - 1), ("pageup", count - 1, 0)):
            assert app.table.cursor_key == first
            for _ in range(-(-count // 10)):
                below = count - app.table._top - app.table._page
                assert (f"+{below} more" in app.lines[-1]) == (below > 0)
                seen |= {line.split()[2] for line in app.lines if "optimizer-" in line}
                if app.table.cursor_key == last:
                    break
                app.table.action_page(1 if key == "pagedown" else -1)
            assert app.table.cursor_key == last
            await pilot.press("home" if last == 0 else "end")
        assert seen == {f"optimizer-{n}" for n in range(count)}
        await pilot.press("end")
        assert app.table.cursor_key == count - 1
        assert any(f"optimizer-{count - 1}" in line for line in app.lines)


@SIZES
@COUNTS
async def test_a_filter_that_comes_at_once_loses_nothing(size: tuple[int, int], count: int) -> None:
    things = runs(count, run0="q-word here")
    async with shown(size, rows(things)) as (app, _pilot):
        for key in ("slash", *"q-word", "space", *"here", "enter", "enter"):  # none waits for the one before
            character = {"slash": "/", "space": " ", "enter": None}.get(key, key)
            app.post_message(events.Key("minus" if key == "-" else key, character))
        await _pilot.pause()
        assert app.table.pattern == "q-word here"
        assert [row[1].text for row in app.table.rows] == ["● optimizer-0"]
        assert app.told == [("chosen", 0, 0)], "no key of the app was pressed, and the second Enter chose"
        assert "/q-word here" in app.lines[-1]
        assert f"1 of {count} runs" in app.lines[-1]
        await _pilot.press("escape")
        assert app.table.row_count == count
        await _pilot.press("escape")
        assert app.told[1:] == ["up"]


async def test_a_pasted_filter() -> None:
    async with shown((60, 20), rows(runs(60))) as (app, pilot):
        app.post_message(events.Paste("optimizer-7"))
        await pilot.pause()
        assert app.table.pattern == ""
        app.post_message(events.Paste("/optimizer-7\r\nq"))
        await pilot.pause()
        assert (app.table.pattern, app.table.row_count, app.table.cursor_key) == ("optimizer-7", 1, 7)
        assert not app.table._typing
        await pilot.press("slash", "backspace", "ctrl+w", "5")
        app.post_message(events.Paste("9"))
        await pilot.pause()
        assert app.table.pattern == "59"
        await pilot.press("ctrl+u", *"no such", "tab")
        assert "nothing with 'no such'" in " ".join(app.lines)


@SIZES
@COUNTS
async def test_sorting_by_keys_and_by_the_header(size: tuple[int, int], count: int) -> None:
    async with shown(size, rows(runs(count))) as (app, pilot):
        await pilot.press("down", "down", "down", "down")
        under = app.table.cursor_key
        for column in COLUMNS:
            await pilot.press("s")
            assert f"{column.title} ↑" in app.lines[0], "the column came into sight"
            assert app.table.cursor_key == under
        await pilot.press("s")
        assert not set("↑↓") & set(app.lines[0])
        await pilot.press("S")
        assert f"{COLUMNS[0].title} ↓" in app.lines[0]
        await pilot.press(*["left"] * len(COLUMNS))
        at = app.lines[0].index("optimizer") + 1
        await pilot.click(Table, offset=(at, 0))
        assert "optimizer ↑" in app.lines[0]
        await pilot.click(Table, offset=(at, 0))
        assert "optimizer ↓" in app.lines[0]
        await pilot.press("home")
        assert app.table.cursor_key == count - 1


async def test_failures_first_and_back() -> None:
    async with shown((60, 20), rows(runs(60, run41="failed", run17="failed"))) as (app, pilot):
        await pilot.press("f")
        assert [row[1].text for row in app.table.rows[:3]] == ["● optimizer-17", "● optimizer-41", "● optimizer-0"]
        assert app.table.cursor_key == 0
        assert "failures first" in app.lines[-1]
        await pilot.press("f")
        assert app.table.rows[0][1].text == "● optimizer-0"


async def test_copying_says_what_was_copied_in_short() -> None:
    async with shown((60, 20), rows(runs(3))) as (app, pilot):
        await pilot.press("down", "y")
        assert app.clipboard == '{"run": 1}'
        app.table.set_columns(COLUMNS[:2])
        app.table.fill(listed([(Cell("a"), Cell("\x1b[b]"))] * 2, [0, 1], copied=["", "\ud800[b]" + "x" * 200]))
        await pilot.press("y")
        assert app.clipboard == "?[b]" + "x" * 200
        assert [len(n.message) <= 70 for n in app._notifications] == [True, True]
        app.table.fill([(Cell("a"), Cell("b"))])
        await pilot.press("y")
        assert app.clipboard == "a\tb"


async def test_enter_space_and_o_are_about_the_thing_under_the_cursor() -> None:
    async with shown((60, 20), rows(runs(60)[::-1])) as (app, pilot):
        await pilot.press("s", "down", "down", "enter", "space", "o")
        keys = [told for told in app.told if told[0] != "moved"]
        key = app.table.cursor_key
        assert keys == [(verb, key, app.table.cursor) for verb in ("chosen", "toggled", "solo")]
        assert len(app.told) == 5
        app.told.clear()
        await pilot.press("up", "home", "home")
        assert len(app.told) == 2, "the second one moved nothing"


async def test_a_click_moves_and_a_double_click_chooses() -> None:
    async with shown((60, 20), rows(runs(60))) as (app, pilot):
        await pilot.click(Table, offset=(5, 4))
        assert app.told == [("moved", 3, 3)]
        await pilot.double_click(Table, offset=(5, 6))
        assert app.told[-1] == ("chosen", 5, 5)
        app.table._wheel(events.MouseScrollDown(app.table, 5, 5, 0, 0, 0, False, False, False), 3)
        assert "optimizer-3" in app.lines[1]
        assert app.table.cursor_key == 5


async def test_the_cursor_is_on_the_thing_when_rows_change_and_nobody_is_told() -> None:
    things = runs(60)
    async with shown((60, 20), rows(things)) as (app, pilot):
        await pilot.press("down", "down")
        app.told.clear()
        app.table.fill(rows([*runs(70)[60:], *things]))
        await pilot.pause()
        assert (app.table.cursor_key, app.table.cursor, app.told) == (2, 12, [])
        assert any(line.startswith("▸") and "optimizer-2 " in line for line in app.lines)
        app.table.fill(rows(things[:2]))
        await pilot.pause()
        assert (app.table.cursor_key, app.told) == (1, [("moved", 1, 1)])


@COUNTS
async def test_only_lines_that_changed_are_painted_again(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown((80, 24), rows(runs(count))) as (app, pilot):
        painted: list[Region] = []
        refresh = Table.refresh

        def spy(self: Table, *places: Region, layout: bool = False, **more: bool) -> Table:
            assert not layout
            painted.extend(places or [Region(0, 0, 0, 0)])
            return refresh(self, *places, **more)

        monkeypatch.setattr(Table, "refresh", spy)
        app.table.fill(rows(runs(count)))
        assert painted == []
        app.table.fill(rows(runs(count, run0="gone", run9999="gone")))
        assert painted == [Region(0, 1, 80, 1)]
        if count > 1:
            painted.clear()
            await pilot.press("down")
            assert painted == [Region(0, 1, 80, 2)]


@pytest.mark.parametrize("width", range(1, 81, 3))
@pytest.mark.parametrize("height", [1, 2, 3, 4, 20])
@pytest.mark.parametrize("ascii_only", ["", "1"])
async def test_hostile_texts_fit_any_size(
    width: int, height: int, ascii_only: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPOBENCH_ASCII", ascii_only)
    texts = [EVIL, "日本語" * 20, "[b]bold[/b]", "", "x" * 60, "e\u0301" * 30]
    columns = [Column(text, ("left", "right")[i % 2], i == 0, i // 5) for i, text in enumerate(texts)]  # type: ignore[arg-type]
    table = [tuple(Cell(texts[(i + j) % 6], share=j / 6) for j in range(6)) for i in range(30)]
    async with shown((width, height), table, columns) as (app, pilot):
        app.table.hint = EVIL
        for keys in (("right", "down"), ("end",), ("s", "slash", "x"), ("[", "b", "]"), ("escape",)):
            await pilot.press(*keys)
            strips = [app.table.render_line(y) for y in range(height)]
            assert all(strip.cell_length == width for strip in strips)
            assert not complaints("".join(strip.text for strip in strips))
        if height > 1:
            assert any(line.startswith(">" if ascii_only else "▸") for line in app.lines)
        app.table.fill([])
        assert not complaints("".join(app.lines))


class Boxed(App[None]):
    """A table as high as its rows in a panel that is not (fault 3)."""

    CSS = "Container { height: auto; max-height: 11; border: round red; } Table { height: auto; }"

    def compose(self) -> ComposeResult:
        with Container():
            yield Table([Column("name"), *numbers("a")])


async def test_rows_in_a_panel_of_limited_height_are_all_reached() -> None:
    app = Boxed()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(Table)
        for count, height in ((3, 4), (17, 9)):
            table.fill([(Cell(f"policy-{i}"), Cell(str(i))) for i in range(count)])
            await pilot.pause()
            assert table.size.height == height
            assert app.query_one(Container).content_region.contains_region(table.region)
            await pilot.press("end")
            assert any(f"policy-{count - 1} " in table.render_line(y).text for y in range(height))
            await pilot.press("home")
        assert table.render_line(8).text.endswith("1-7 of 17 · +10 more ")


async def test_progress_is_the_cell_s_background() -> None:
    async with shown((60, 20), [(Cell("日本語日本", share=0.5),)], [Column("name")]) as (app, _):
        segments = [segment for segment in app.table.render_line(1) if segment.text.strip(" ▸")]
        assert [segment.text for segment in segments] == ["日本", "語日本"]
        grounds = [segment.style.bgcolor for segment in segments if segment.style]
        assert grounds[0] != grounds[1]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_the_cursor_is_seen_in_every_theme(theme: str) -> None:
    async with shown((60, 20), [(Cell("x"),)] * 2, [Column("name")]) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        one, other = (list(app.table.render_line(y))[1].style for y in (1, 2))
        assert one != other
