"""The live screen at the limits of floats, and with a panel that fails: the app goes on."""

import sys
from pathlib import Path

import pytest
from tui_hands import press, settled
from tui_stores import write_experiment

from factories import add_landmark, history, run_row, store
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.panels.panel import Panel
from hpobench_tui.tui.panels.problem import PANELS
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.widgets.chart import Chart, plot
from hpobench_tui.tui.widgets.table import Table

LARGEST, LEAST = sys.float_info.max, 5e-324
KEYS = ("m", "Y", "plus", "minus", "shift+up", "right", "a", "Y", "X", "equals_sign")
LARGE = (140, 50)


def drawn(app: HpobenchApp) -> str:
    chart = app.screen.query_one(Chart)
    return "\n".join(chart.render_line(y).text for y in range(chart.size.height))


def shown(app: HpobenchApp) -> str:
    tables = app.screen.query(Table)
    cells = [cell.text for table in tables for row in table.rows for cell in row]
    return "\n".join([drawn(app), *cells, *(table.hint for table in tables)])


@pytest.mark.parametrize("losses", [[LARGEST] * 3, [-LARGEST, 1e300, LARGEST], [LEAST, LARGEST, 0.0]])
async def test_every_key_works_at_the_limits_of_floats(tmp_path: Path, losses: list[float]) -> None:
    runs = [run_row(k, label=label, trials=3, spent=3) for k, label in enumerate("ab")]
    store(tmp_path / "huge", runs, [*history(0, losses), *history(1, [*losses[::-1], 1.0])]).close()
    add_landmark(tmp_path / "huge", "known", losses[0])
    app = HpobenchApp(tmp_path / "huge", tmp_path)
    async with settled(app, LARGE) as pilot:
        app.screen.query_one(Chart).focus()
        for _ in range(4):  # measures
            for key in KEYS:
                await press(pilot, key)
            assert "cannot be" not in shown(app)
            assert isinstance(app.screen, Level)


@pytest.mark.parametrize(
    "broken", [panel for panel in PANELS if panel.name != "learning"], ids=lambda panel: str(panel.name)
)  # there are no fidelities here
async def test_a_panel_that_fails_says_so_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: type[Panel]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no such\nnumber")

    with monkeypatch.context() as patch:
        patch.setattr(broken, "show", fail)
        app = HpobenchApp(write_experiment(tmp_path), tmp_path)
        async with settled(app, LARGE) as pilot:
            said = "cannot be shown: ZeroDivisionError: no such number"
            hints = {table.id: table.hint for table in app.screen.query(Table)} | {"chart": drawn(app)}
            assert [panel for panel in hints if said in hints[panel]] == [broken.name]
            await press(pilot, "m")
            patch.undo()
            await press(pilot, "n")
            assert said not in shown(app)
            assert isinstance(app.screen, Level)


async def test_a_chart_that_cannot_be_drawn_says_so_whatever_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OverflowError("cannot convert float infinity to integer")

    app = HpobenchApp(write_experiment(tmp_path), tmp_path)
    async with settled(app, LARGE) as pilot:
        monkeypatch.setattr(plot, "rasterize", fail)
        app.screen.query_one(Chart).focus()
        for key in ("plus", "right", "shift+left", "Y"):
            await press(pilot, key)
            assert "cannot be drawn: OverflowError: cannot convert" in drawn(app)
        monkeypatch.undo()
        await press(pilot, "equals_sign")
        assert "cannot be drawn" not in drawn(app)
