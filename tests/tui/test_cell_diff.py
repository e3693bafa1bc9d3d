"""Cell by cell: what is left out changes nothing of what a terminal shows."""

import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import get_character_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.strip import Strip
from tui_hands import press, settle, settled

from factories import change
from hpobench_tui.tui import cell_diff
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.cell_diff import Cells, cells_of, strip_of

TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|\x1b\]8;[^\x1b]*\x1b\\|(\n)|(.)", re.DOTALL)


class Emulator:
    """As much of a terminal as the app's updates need."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows = [[(" ", "")] * width for _ in range(height)]
        self.x = self.y = 0

    def write(self, text: str) -> None:
        style = ""
        for row, column, sgr, newline, character in TOKEN.findall(text):
            if row:
                self.y, self.x = int(row) - 1, int(column) - 1
            elif newline:
                self.x, self.y = 0, self.y + 1
            elif character:
                self._put(character, style)
            elif sgr or sgr == "":
                style = "" if sgr in ("", "0") else sgr

    def _put(self, character: str, style: str) -> None:
        size = get_character_cell_size(character)
        line = self.rows[self.y] if 0 <= self.y < self.height else []
        if size == 0 and 0 < self.x <= len(line):
            before = self.x - 1 if line[self.x - 1][0] else self.x - 2
            line[before] = (line[before][0] + character, line[before][1])
            return
        for i in range(size):
            if self.x + i < len(line):
                line[self.x + i] = (character if i == 0 else "", style)
        self.x += size


class Twice(HpobenchApp):
    """Each update is written both ways, to two terminals that must show the same."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.cells = Cells()
        self.stock, self.less = [0], [0]
        self.screens: tuple[Emulator, Emulator] | None = None

    def _display(self, screen: Any, renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            width, height = self.size
            if self.screens is None or (self.screens[0].width, self.screens[0].height) != (width, height):
                self.screens = Emulator(width, height), Emulator(width, height)
                self.cells.forget()
            console = Console(color_system="truecolor", force_terminal=True, legacy_windows=False)
            stock = renderable.render_segments(console)
            less = self.cells.less(renderable, width, height).render_segments(console)
            self.stock.append(len(stock))
            self.less.append(len(less))
            one, other = self.screens
            one.write(stock)
            other.write(less)
            assert one.rows == other.rows, "the two screens differ"
        super()._display(screen, renderable)


KEYS = (
    "down", "down", "right", "v", "v", "enter", "n", "m", "a", "Y", "pagedown", "s", "slash", "b", "escape", "z",
    "escape", "enter", "down", "end", "enter", "escape", "escape", "question_mark", "escape", "escape", "comma",
    "full_stop", "colon", "t", "escape",
)  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_screens_are_the_same_cell_by_cell(folder: Path, size: tuple[int, int]) -> None:
    change(folder, "UPDATE run SET label = '日本語 bohb' WHERE label = 'bohb'")
    app = Twice(folder, Path("outputs"))
    async with settled(app, size) as pilot:
        for key in KEYS:
            await press(pilot, key)
        await pilot.resize_terminal(size[0] - 7, size[1] - 2)
        await settle(pilot)
        app.theme = "textual-light"
        await settle(pilot)
        await pilot.hover("#status", offset=(3, 0))
        for key in KEYS:
            await press(pilot, key)
    assert sum(app.stock) > 50_000
    assert sum(app.less) < 0.8 * sum(app.stock)


def test_only_what_differs_is_written() -> None:
    cells, red = Cells(), Style(color="red")
    assert list(cells.changes(0, 0, Strip([Segment("median 0.25 of"), Segment(" random", red)])))
    assert list(cells.changes(0, 0, Strip([Segment("median 0.25 of"), Segment(" random", red)]))) == []
    ((at, found),) = cells.changes(0, 0, Strip([Segment("median 0.27 of"), Segment(" random", red)]))
    assert (at, found) == (10, [("7", None)])
    ((at, found),) = cells.changes(14, 0, Strip([Segment(" random")]))
    assert (at, len(found)) == (14, 7), "another style is another cell"


def test_wide_characters_are_never_halved() -> None:
    cells = Cells()
    list(cells.changes(0, 0, Strip([Segment("日本語 x")])))
    ((at, found),) = cells.changes(0, 0, Strip([Segment("日月語 x")]))
    assert (at, [text for text, _ in found]) == (2, ["月", ""])
    ((at, found),) = cells.changes(0, 0, Strip([Segment("日ab語 x")]))
    assert (at, [text for text, _ in found]) == (2, ["a", "b"])
    text = Strip([Segment("e\u0301tude 日本 ok", Style(bold=True)), Segment("·", None)])
    assert strip_of(cells_of(text)).text == text.text


def test_where_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cell_diff.VARIABLE, raising=False)
    assert cell_diff.wanted(slow=True)
    assert not cell_diff.wanted(slow=False)
    monkeypatch.setenv(cell_diff.VARIABLE, "1")
    assert cell_diff.wanted(slow=False)
    monkeypatch.setattr(cell_diff.textual, "__version__", "9.0.0")
    assert not cell_diff.wanted(slow=True), "another Textual may write otherwise"
    monkeypatch.undo()
    monkeypatch.setenv(cell_diff.VARIABLE, "0")
    assert not cell_diff.wanted(slow=True)
