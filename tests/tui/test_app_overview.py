"""The overview's keys: a cursor on a cell, what it shows, and where it leads."""

import pytest
from textual.widgets import Static
from tui_hands import SMALL, press, settled

from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.panels.overview.grid import Grid
from hpobench_tui.tui.panels.overview.names import short_names
from hpobench_tui.tui.panels.overview.numbers import NUMBERS
from hpobench_tui.tui.screens.overview import OverviewScreen
from hpobench_tui.tui.screens.problem import ProblemScreen
from hpobench_tui.tui.widgets.table import Table


def overview(app: HpobenchApp) -> OverviewScreen:
    assert isinstance(app.screen, OverviewScreen)
    return app.screen


async def test_the_cell_under_the_cursor_leads_to_its_problem_and_back(app: HpobenchApp) -> None:
    async with settled(app, SMALL, overview=True) as pilot:
        grid = overview(app).query_one(Grid)
        assert grid.row_count == 3
        await press(pilot, "right", "down")
        chosen = grid.cursor_key
        assert overview(app).view.problem == "toy/zero"
        assert overview(app).view.label == chosen
        await press(pilot, "enter")
        assert isinstance(app.screen, ProblemScreen)
        assert (app.screen.view.problem, app.screen.view.label) == ("toy/zero", chosen)
        await press(pilot, "escape")
        assert overview(app).query_one(Grid).cursor_key == chosen


async def test_a_key_goes_through_all_numbers_and_s_sorts_by_the_column(app: HpobenchApp) -> None:
    async with settled(app, SMALL, overview=True) as pilot:
        grid = overview(app).query_one(Grid)
        seen = set()
        for _ in NUMBERS:
            seen.add(tuple(cell.text for row in grid.rows for cell in row))
            await press(pilot, "v")
        assert len(seen) >= len(NUMBERS) - 1, "each shows something else"
        await press(pilot, "v", "s")
        medians = [row[grid.column].value for row in grid.rows]
        assert medians == sorted(medians)
        await press(pilot, "s")
        assert [row[grid.column].value for row in grid.rows] == sorted(medians, reverse=True)


async def test_news_tell_of_the_failed_run_and_l_shows_the_log(app: HpobenchApp) -> None:
    async with settled(app, SMALL, overview=True) as pilot:

        def told() -> str:
            return "\n".join(row[1].text for row in app.screen.query_one("#log", Table).rows)

        assert "bohb on toy/one, seed 2 failed: ValueError: no good" in told()
        assert "has the lowest average rank" in told() or "tie at average rank" in told()
        await press(pilot, "l")
        assert told().splitlines() == ["18 runs to go, 2 workers", "ValueError: no good", "finished"]


@pytest.mark.parametrize(
    "names",
    [[f"suite/problem-{n}" for n in range(60)], ["a/x", "b/x", "c/x"], ["s/p[d=2]", "s/p[d=10]", "s/p"],
     ["bandits/bernoulli-hard", "bandits/bernoulli-horizon"], ["套/问题一", "套/问题二"], ["///", "...", "1"], [""]],
)  # fmt: skip
def test_short_names_are_unique_and_short(names: list[str]) -> None:
    short = short_names(names)
    assert len(set(short)) == len(names)
    assert all(0 < len(name) <= 14 for name in short)


async def test_the_curve_of_the_cell_ends_where_a_budget_mark_is(app: HpobenchApp) -> None:
    async with settled(app, (160, 45), overview=True) as pilot:

        def curve() -> str:
            return str(app.screen.query_one("#cell", Static).render()).splitlines()[-1].rstrip()

        whole = curve()
        await press(pilot, "comma")
        half = curve()
        await press(pilot, "comma", "comma")
        eighth = curve()
        assert len(eighth) < len(half) < len(whole)


@pytest.mark.parametrize("size", [(60, 20), SMALL, (120, 40), (200, 60)])
async def test_the_matrix_takes_the_rows_that_it_needs_and_the_news_the_rest(
    app: HpobenchApp, size: tuple[int, int]
) -> None:
    async with settled(app, size, overview=True) as pilot:
        heights = {panel.name: panel.outer_size.height for panel in overview(app).panels}
        assert heights["matrix"] == 3 + 4
        assert sum(heights.values()) == size[1] - 2
        await press(pilot, "3")
        heights = {panel.name: panel.outer_size.height for panel in overview(app).shown}
        assert sum(heights.values()) == size[1] - 2, "without the news it has all"
