"""A table in little room: what it shows of a cell is all of it, or says that it is not."""

import pytest
from textual.app import App, ComposeResult

from hpobench_tui.tui.panels.problem.brackets import BracketsPanel
from hpobench_tui.tui.panels.problem.runs import RunsPanel
from hpobench_tui.tui.widgets.table import Cell, Column, Table, numbers

BAR = "━" * 8
RUNS = ("▼ hyperband", "14", "done", "100%", "123456", "12", "1 min 15 s", "2 min", "ValueError: no")
BRACKET = ("s = 4", "0", "1", "81/81", "-0.8162", "27", "-0.5", "1", "2")
MEDIANS = ("● random", "-2.529", "0.04855", "0.003887", "2 (+1 failed)")
MEDIAN_COLUMNS = (Column("median at", yields=True), *(Column(str(i), "right") for i in (5, 10, 20)), Column("runs"))


@pytest.mark.parametrize(
    ("columns", "texts"), [(RunsPanel.columns, RUNS), (BracketsPanel.columns, BRACKET), (MEDIAN_COLUMNS, MEDIANS)]
)
async def test_no_cell_is_cut_without_a_mark(columns: tuple[Column, ...], texts: tuple[str, ...]) -> None:
    table = Table(columns)

    class Shown(App[None]):
        def compose(self) -> ComposeResult:
            yield table

    async with Shown().run_test(size=(100, 5)) as pilot:
        table.fill([tuple(Cell(text) for text in texts)])
        for width in (*range(100, 40, -4), *range(40, 12, -1)):
            await pilot.resize_terminal(width, 5)
            await pilot.pause()
            line = table.render_line(1).text.removeprefix("▸")
            shown = [part.strip() for part in line.replace(" (", "(").split("  ") if part.strip()]
            whole = [text.replace(" (", "(") for text in texts]
            cut = [part for part in shown if part not in whole]
            assert all(part.endswith("…") for part in cut), f"{width}: {line!r}"
        assert texts[0][:4] in line


async def test_what_is_spare_makes_room_for_the_rest() -> None:
    table = Table((Column("bracket"), Column("progress", spare=1), *numbers("trials", "best loss")))
    texts = ("s = 4", BAR, "81/81", "-0.8162")

    class Shown(App[None]):
        def compose(self) -> ComposeResult:
            yield table

    async with Shown().run_test(size=(30, 5)) as pilot:
        table.fill([tuple(Cell(text) for text in texts)])
        await pilot.pause()
        line = table.render_line(1).text.removeprefix("▸")
        assert line.split() == ["s", "=", "4", "81/81", "-0.8162"]
        await pilot.resize_terminal(80, 5)
        await pilot.pause()
        assert BAR in table.render_line(1).text
