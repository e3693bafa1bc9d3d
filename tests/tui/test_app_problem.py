"""The level of a problem: what keys do, what it reads, and what it makes of many runs."""

from pathlib import Path

import pytest
from tui_hands import LARGE, SMALL, press, settled

from factories import history, run_row, store
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui import settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.panels.problem import runs as runs_module
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.problem import ProblemScreen
from hpobench_tui.tui.screens.run import RunScreen
from hpobench_tui.tui.widgets.table import Table


def problem(app: HpobenchApp) -> ProblemScreen:
    assert isinstance(app.screen, ProblemScreen)
    return app.screen


def many(folder: Path, problems: int, labels: int, repetitions: int) -> Path:
    """Finished runs of two trials."""
    runs, trials = [], []
    for p in range(problems):
        for repetition in range(repetitions):
            for label in range(labels):
                number = len(runs)
                runs.append(run_row(number, problem=f"toy/p{p}", label=f"o{label}", optimizer=f"o{label}",
                                    repetition=repetition, budget=2, spent=2, trials=2))  # fmt: skip
                trials += history(number, [1.0 + label, 0.5 + label / 7 + repetition / 100])
    store(folder, runs, trials).close()
    return folder


async def test_going_back_and_forth_reads_nothing_again_and_is_complete_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = HpobenchApp(many(tmp_path / "many", 2, 20, 50), tmp_path)
    async with settled(app, LARGE) as pilot:
        await press(pilot, "right_square_bracket")
        calls: list[object] = []
        for name in ("progress", "runs_since", "runs"):
            real = getattr(Reader, name)
            monkeypatch.setattr(Reader, name, lambda *a, real=real, **k: (calls.append(a), real(*a, **k))[1])
        for key in ("left_square_bracket", "right_square_bracket") * 2:
            await pilot.press(key)
            await pilot.pause(0.02)
            title = str(app.screen.query_one("#anytime-panel").border_title)
            assert "reading" not in title
            assert len(app.screen.query_one("#anytime", Table).rows) == 20
        assert calls == []


async def test_rows_of_runs_are_made_when_they_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = runs_module.row
    monkeypatch.setattr(runs_module, "row", lambda run, *more: (made.append(run.id), real(run, *more))[1])
    app = HpobenchApp(many(tmp_path / "many", 1, 20, 50), tmp_path)
    async with settled(app, LARGE) as pilot:
        app.screen.query_one("#runs", Table).focus()
        await press(pilot, "end")
        assert 999 in made
        assert len(set(made)) < 200


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_enter_opens_the_median_run(app: HpobenchApp, size: tuple[int, int]) -> None:
    async with settled(app, size) as pilot:
        row = app.screen.query_one("#anytime-panel")._ranking.rows[0]  # type: ignore[attr-defined]
        await press(pilot, "home", "enter")
        assert isinstance(app.screen, RunScreen)
        assert app.screen.view.run == row.typical
        await press(pilot, "escape")
        assert problem(app).view.label == row.label


async def test_space_hides_a_line_and_o_leaves_one_alone(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:

        def drawn() -> set[str]:
            return {series.label for series in problem(app).chart._series}

        assert drawn() == {"random", "hyperband", "bohb"}
        await press(pilot, "space")
        label = problem(app).view.label
        assert drawn() == {"random", "hyperband", "bohb"} - {label}
        await press(pilot, "space")
        assert drawn() == {"random", "hyperband", "bohb"}
        await press(pilot, "o")
        assert drawn() == {label}
        await press(pilot, "o")
        assert drawn() == {"random", "hyperband", "bohb"}


async def test_braces_choose_the_run_whose_brackets_are_shown(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        said = set()
        for _ in range(9):
            await press(pilot, "right_curly_bracket")
            panel, run = app.screen.query_one("#brackets-panel"), problem(app).view.run_row
            assert run is not None
            table = app.screen.query_one("#brackets", Table)
            if table.rows:
                assert f"{run.label}, seed {run.repetition}" in str(panel.border_title)
            else:
                assert table.hint == f"{run.label} has no brackets"
            said.add((run.id, bool(table.rows)))
        assert len(said) == 9
        assert sum(has for _, has in said) == 3


@pytest.mark.parametrize("size", [(60, 20), SMALL, LARGE])
async def test_labels_of_any_kind_are_text(tmp_path: Path, size: tuple[int, int]) -> None:
    labels = ["[b]bold", "x" * 60, "宽字符优化器", "a\x1b[31mred"]
    runs = [run_row(n, label=label, optimizer=label, problem=f"toy/{label[:3]}" if n > 9 else "toy/one")
            for n, label in enumerate(labels)]  # fmt: skip
    trials = [row for n in range(4) for row in history(n, [(0.0, -1e308, 1e308, 0.5)[n]] * 10)]
    store(tmp_path / "odd", runs, trials).close()
    app = HpobenchApp(tmp_path / "odd", tmp_path)
    async with settled(app, size) as pilot:
        for key in ("1", "2", "3", "6", "7", "0", "X", "m", "a"):
            await press(pilot, key)
            assert isinstance(app.screen, Level)
            shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            assert "cannot be shown" not in shown
            assert "\x1b" not in shown
        assert len(app.screen.query_one("#anytime", Table).rows) == 4


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_where_none_of_the_chosen_panels_fits_the_usual_ones_are_shown(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    for how in ("small", "wide"):
        settings.put("panels", f"{ProblemScreen.LEVEL} {how}", ["brackets"])  # of another experiment, which has some
    app = HpobenchApp(many(tmp_path / "plain", 1, 3, 2), tmp_path)
    async with settled(app, size) as pilot:
        shown = [panel.name for panel in problem(app).shown]
        assert shown
        assert "brackets" not in shown
        await press(pilot, "z")
        assert len(problem(app).shown) == 1
        await press(pilot, "z")
        assert [panel.name for panel in problem(app).shown] == shown
        await press(pilot, "1")
        assert [panel.name for panel in problem(app).shown] == shown[1:]  # hidden, as any that is shown
