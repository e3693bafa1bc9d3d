"""The levels of a run and of a trial, by keys."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from tui_hands import LARGE, look, press, settle, settled

from factories import Row, account, change, history, insert, opened, run_row, store, trial_row
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.panels.run.trials import TrialList, shortened
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.run import RunScreen
from hpobench_tui.tui.screens.trial import TrialScreen
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.table import Table

SIZES = [(60, 20), (120, 40), (240, 70)]
NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
LONG = "classifier:gradient_boosting:early_stopping:validation_fraction"
NAMES = [f"[b]{LONG}[/b]{i}" if i % 2 else f"超参数{i}\x1b[2J" for i in range(60)]


def conditional(i: int) -> dict[str, Any]:
    """A configuration in which every third hyperparameter is active."""
    return {name: (i + k) / 7 if k % 4 else f"choice {i % 3}" for k, name in enumerate(NAMES) if (i + k) % 3 == 0}


def epochs() -> tuple[list[Row], list[Row]]:
    """Successive halving: nine trials, three of them promoted, one twice; with reports."""
    rows = [trial_row(0, i, fidelity=1, target=1, loss=1 - i / 20, bracket=0, rung=0) for i in range(9)]
    rows[0] |= {"status": "failed", "loss": None, "fidelity": None, "error": "ValueError: no\nTraceback\n  [red]deep"}
    rows += [trial_row(0, 9 + i, fidelity=3, target=3, loss=0.5 - i / 10, bracket=0, rung=1, continues=6 + i)
             for i in range(3)]  # fmt: skip
    rows.append(trial_row(0, 12, fidelity=9, target=9, loss=0.1, bracket=0, rung=2, continues=11, status="pruned"))
    return rows, [{"run": 0, "trial": 12, "fidelity": k, "loss": 0.3 / k, "metrics": None} for k in range(4, 9)]


def some_store(name: str, folder: Path) -> Path:
    """One of many that could be looked at."""
    reports: list[Row] = []
    match name:
        case "conditional":
            rows = [trial_row(0, i, loss=float(i), configuration=json.dumps(conditional(i))) for i in range(40)]
        case "epochs":
            rows, reports = epochs()
        case "one":
            rows = history(0, [0.5])
        case "none":
            rows = []
        case "all failed":
            rows = history(0, [None] * 30)
        case "huge":
            rows = history(0, [1e308, -1e308, 0.0, 1e-300, None, -1.0])
        case _:
            rows = history(0, [float(x) for x in np.linspace(1, 0, 60)])
    more: dict[str, Any] = {"fidelity": "epochs"} if name == "epochs" else {}
    runs = [
        run_row(i, label=label, repetition=r, trials=len(rows) if i == 0 else 0, budget=60, spent=len(rows) or 1,
                failed_trials=sum(row["loss"] is None for row in rows) if i == 0 else 0, noisy=int(name == "noisy"),
                **more)
        for i, (label, r) in enumerate([("random", 0), ("random", 1), ("[b]other[/b]", 0)])
    ]  # fmt: skip
    store(folder, runs, rows, reports=reports).close()
    return folder


KINDS = ["conditional", "epochs", "one", "none", "all failed", "huge", "plain", "noisy"]


@pytest.fixture
def open_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], HpobenchApp]:
    monkeypatch.chdir(tmp_path)

    def open_(name: str) -> HpobenchApp:
        return HpobenchApp(some_store(name, Path("outputs") / "test-1"), Path("outputs"))

    return open_


async def down(pilot: Pilot[None], run: int = 0, **more: Any) -> RunScreen:
    screen = pilot.app.screen
    assert isinstance(screen, Level)
    screen.down(screen.view.but(run=run, **more))
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


def table(pilot: Pilot[None], name: str) -> Table:
    return pilot.app.screen.query_one(f"#{name}", Table)


def shown(pilot: Pilot[None]) -> str:
    """All that is on the screen."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def facts(pilot: Pilot[None], name: str) -> dict[str, str]:
    return {row[0].text: row[1].text for row in table(pilot, name).rows}


@pytest.mark.parametrize(("kind", "size"), [*((kind, size) for kind in KINDS for size in SIZES), ("plain", LARGE)])
async def test_every_panel_of_every_run_at_every_size(
    open_app: Callable[[str], HpobenchApp], kind: str, size: tuple[int, int]
) -> None:
    async with settled(open_app(kind), size) as pilot:
        screen = await down(pilot)
        for key in "123456" if (kind, size) != ("plain", LARGE) else "7":  # importance takes a process and seconds
            await press(pilot, key, "z")
            assert "cannot be shown" not in shown(pilot)
            assert "cannot be drawn" not in shown(pilot)
            await press(pilot, "z")
        await press(pilot, "0", "m", "a", "m", "a", "m", "a", "m")
        assert "cannot be" not in shown(pilot)
        screen.focus_first()
        await press(pilot, "enter")
        if kind == "none":
            assert pilot.app.screen is screen
            return
        assert isinstance(pilot.app.screen, TrialScreen)
        for key in "1234":
            await press(pilot, key, "z")
            assert "cannot be" not in shown(pilot)
            await press(pilot, "z")


async def test_down_to_a_trial_and_back_by_keys(open_app: Callable[[str], HpobenchApp]) -> None:
    copied: list[str] = []
    async with settled(open_app("epochs"), LARGE) as pilot:
        pilot.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        screen = await down(pilot)
        assert table(pilot, "trials").row_count == 13
        await press(pilot, "y")
        assert json.loads(copied[-1]) == {"x": 0.0}
        await press(pilot, "end", "enter")
        trial = pilot.app.screen
        assert isinstance(trial, TrialScreen)
        assert trial.view.trial == 12
        await press(pilot, "y")
        assert json.loads(copied[-1]) == {"x": 1.2}
        told = facts(pilot, "trial")
        assert told["state"].startswith("pruned")
        assert told["continues"] == "trial 11"
        assert table(pilot, "configuration").rows[0][1].text == "1.2"
        keys = [row[0].text for row in table(pilot, "trial").rows]
        await press(pilot, "home", *["down"] * keys.index("continues"), "enter")
        assert trial.view.trial == 11
        assert facts(pilot, "trial")["continued by"] == "trial 12"
        await press(pilot, "left_curly_bracket")
        assert trial.view.trial == 10
        await press(pilot, "right_curly_bracket")
        assert trial.view.trial == 11
        await press(pilot, "escape")
        assert pilot.app.screen is screen
        assert table(pilot, "trials").cursor_key == 11


async def test_failures_come_first_and_tell_why_in_full(open_app: Callable[[str], HpobenchApp]) -> None:
    async with settled(open_app("epochs"), LARGE) as pilot:
        await down(pilot)
        await press(pilot, "end", "f", "home")
        assert table(pilot, "trials").cursor_key == 0
        assert "ValueError: no" in shown(pilot)
        await press(pilot, "enter")
        assert "  [red]deep" in shown(pilot)


async def test_a_failed_run_tells_why_in_full(tmp_path: Path) -> None:
    store(tmp_path / "o" / "x", [run_row(0, status="failed", trials=0, error="E: no\nTraceback\n  the line")]).close()
    async with settled(HpobenchApp(tmp_path / "o" / "x", tmp_path / "o"), LARGE) as pilot:
        await down(pilot)
        assert "  the line" in shown(pilot)


async def test_braces_go_through_runs_of_the_pair_then_of_the_problem(open_app: Callable[[str], HpobenchApp]) -> None:
    async with settled(open_app("plain"), LARGE) as pilot:
        screen = await down(pilot)
        seen = []
        for _ in range(4):
            seen.append((screen.view.run, screen.view.label))
            await press(pilot, "right_curly_bracket")
        assert seen == [(0, "random"), (1, "random"), (2, "[b]other[/b]"), (0, "random")]
        await press(pilot, "n")
        assert screen.view.run_row is not None
        assert screen.view.run_row.label == screen.view.label != "random"


async def test_a_part_of_the_budget_cuts_what_is_shown(open_app: Callable[[str], HpobenchApp]) -> None:
    async with settled(open_app("plain"), LARGE) as pilot:
        screen = await down(pilot)
        await press(pilot, "comma", "comma")  # half, then a quarter of 60 evaluations
        assert screen.view.at == 0.25
        assert table(pilot, "trials").row_count == 15
        chart = screen.query_one("#history", Chart)
        assert max(s.x.max() for s in chart._series) == 15
        await press(pilot, "full_stop", "full_stop")
        assert table(pilot, "trials").row_count == 60


async def test_new_trials_appear_and_a_run_that_starts_over_is_shown_anew(
    open_app: Callable[[str], HpobenchApp],
) -> None:
    folder = Path("outputs/test-1")
    async with settled(open_app("plain"), LARGE) as pilot:
        await down(pilot)
        await press(pilot, "end")
        row = trial_row(0, 60, loss=-1.0)
        with opened(folder) as connection:
            insert(connection, "trial", [row])
            insert(connection, "progress", account([row]))
        change(folder, f"UPDATE run SET trials = 61, status = 'running', revision = {NEXT} WHERE id = 0")
        await look(pilot)
        assert table(pilot, "trials").row_count == 61
        assert table(pilot, "trials").cursor_key == 59
        with opened(folder) as connection:
            for name in ("trial", "progress"):
                connection.execute(f"DELETE FROM {name}")
            insert(connection, "trial", history(0, [0.3, 0.2]))
            insert(connection, "progress", account(history(0, [0.3, 0.2])))
        change(folder, f"UPDATE run SET trials = 2, revision = {NEXT} WHERE id = 0")
        await look(pilot)
        assert [row[2].text for row in table(pilot, "trials").rows] == ["0.3", "0.2"]


async def test_what_is_not_recorded_is_said(tmp_path: Path) -> None:
    rows = [trial_row(0, i, loss=1 / (i + 1)) for i in (0, 1, 2, 700)]
    store(tmp_path / "o" / "x", [run_row(trials=1000, budget=1000, spent=1000)], rows).close()
    async with settled(HpobenchApp(tmp_path / "o" / "x", tmp_path / "o"), LARGE) as pilot:
        await down(pilot, trial=5)
        assert "4 of 1000 recorded" in shown(pilot)
        pilot.app.push_screen(TrialScreen(pilot.app.screen.view))  # type: ignore[attr-defined]
        await settle(pilot)
        assert "not recorded" in shown(pilot)


async def test_the_table_shows_every_hyperparameter_and_a_dot_where_it_is_not_active(
    open_app: Callable[[str], HpobenchApp],
) -> None:
    async with settled(open_app("conditional"), LARGE) as pilot:
        await down(pilot)
        rows = table(pilot, "trials").rows
        assert len(rows[0]) == 3 + 60 + 3
        assert sum(cell.text == "·" for cell in rows[0]) == 40
        await press(pilot, "enter")
        assert table(pilot, "configuration").row_count == 60
        assert "20 hyperparameters" in shown(pilot)


def listed(view: View, run: int = 0) -> TrialList:
    from hpobench_tui.tui.feed.rows import Rows
    from hpobench_tui.tui.feed.story import Story
    from hpobench_tui.tui.feed.trials import Trials
    from hpobench_tui.tui.feed.values import Values

    feed = view.feed
    numbers, progress = feed.get(Trials, run).picture, feed.get(Story, run).picture
    assert numbers is not None
    assert progress is not None
    rows = feed.get(Rows, run)
    return TrialList(feed.state.runs[run], numbers, progress, feed.get(Values, run).picture, rows.picture or {},
                     rows.ask, {}, False)  # fmt: skip


@pytest.mark.parametrize("kind", ["conditional", "epochs", "huge"])
async def test_trials_are_arranged_as_a_table_of_few_rows_would(
    open_app: Callable[[str], HpobenchApp], kind: str
) -> None:
    async with settled(open_app(kind), LARGE) as pilot:
        screen = await down(pilot)
        rows = listed(screen.view)
        for column in range(len(rows.columns)):
            values = [rows.value(i, column) for i in range(len(rows))]
            there = [i for i, value in enumerate(values) if value is not None]
            for descending in (False, True):
                expected = sorted(there, key=lambda i: values[i], reverse=descending)
                expected += [i for i, value in enumerate(values) if value is None]
                if there:
                    assert list(rows.arranged((), column, descending, False)) == expected, rows.columns[column]
        failed = list(rows.arranged((), None, False, True))
        assert failed == sorted(range(len(rows)), key=lambda i: not rows.failed(i))
        for word in ("failed", "done", "choice 1", "7", "nothing of it"):
            found = list(rows.arranged((word,), None, False, False))
            if not word.isdecimal():
                assert found == [i for i in range(len(rows)) if word in rows.text(i)]
            else:
                assert [rows.key(i) for i in found] == [7][: len(found)]


def test_long_names_keep_both_ends() -> None:
    assert shortened("rate", False) == "rate"
    assert shortened(LONG, False) == "classi…on_fraction"[:6] + "…" + LONG[-11:]
    assert shortened(LONG, True)[6] == "~"


async def test_the_best_at_a_part_of_the_budget_is_that_of_then(open_app: Callable[[str], HpobenchApp]) -> None:
    async with settled(open_app("plain"), LARGE) as pilot:
        await down(pilot)
        await press(pilot, "comma", "comma")  # a quarter of 60 evaluations, each better than the one before
        found = facts(pilot, "run")
        assert found["spent by then"] == "15 of 60 evaluations (25%)"
        assert found["trials by then"] == "15"
        assert found["best by then"].startswith("trial 14: loss 0.7627")
        screen = pilot.app.screen
        assert isinstance(screen, Level)
        screen.down(screen.view.but(trial=14))
        await settle(pilot)
        assert facts(pilot, "trial")[""] == "the best of its run by then"


@pytest.mark.parametrize(("reference", "regret"), [(None, "0"), (0.25, "0.25")])
async def test_a_regret_is_the_measure_s_with_its_tolerance_and_round(
    tmp_path: Path, reference: float | None, regret: str
) -> None:
    folder = tmp_path / "outputs" / "test-1"
    rows = [trial_row(0, 0, loss=0.5, reference=reference)]
    store(folder, [run_row(trials=1, spent=1, reference=0.5 + 1e-12, tolerance=1e-9)], rows).close()
    async with settled(HpobenchApp(folder, tmp_path / "outputs"), LARGE) as pilot:
        screen = await down(pilot)
        assert facts(pilot, "run")["best"] == "trial 0: loss 0.5, regret 0"
        screen.down(screen.view.but(trial=0))
        await settle(pilot)
        assert facts(pilot, "trial")["regret"] == regret
