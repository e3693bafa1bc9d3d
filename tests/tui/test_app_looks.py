"""The Gaussian in a picture, and the arms of a bandit, by keys."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from tui_hands import press, settle, settled

import experiments
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.feed.beliefs import SliceReading
from hpobench_tui.tui.panels.arms import ArmsPanel
from hpobench_tui.tui.panels.gaussian import ModelPanel
from hpobench_tui.tui.screens.run import RunScreen
from hpobench_tui.tui.widgets.bars import Bars
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.heat import Heat

MODEL, ARMS = "8", "9"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("looks")
    for problem, optimizers in (("synthetic/branin", ["gp", "random"]), ("bandits/bernoulli-2", ["ucb1"])):
        experiments.run(experiments.experiment([problem], optimizers, 14, "evaluations"), root / problem.split("/")[0])
    return root


def app_on(root: Path, suite: str) -> HpobenchApp:
    (folder,) = (path.parent for path in (root / suite).rglob("experiment.sqlite"))
    return HpobenchApp(folder, root / suite)


async def into_run(pilot: Pilot[None], label: str, trial: int) -> RunScreen:
    screen = pilot.app.screen
    run = next(run for run in screen.feed.state.runs if run.label == label)  # type: ignore[attr-defined]
    await pilot.app.push_screen(RunScreen(screen.view.but(problem=run.problem, label=label, run=run.id, trial=trial)))  # type: ignore[attr-defined]
    await settle(pilot)
    level = pilot.app.screen
    assert isinstance(level, RunScreen)
    return level


def seen(panel: ModelPanel | ArmsPanel) -> set[str]:
    return {str(w.id) for kind in (Chart, Bars, Heat) for w in panel.query(kind) if w.display}


def title(panel: Widget) -> str:
    return str(panel.border_title)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_model_is_stepped_back_and_forth(root: Path, size: tuple[int, int]) -> None:
    async with settled(app_on(root, "synthetic"), size) as pilot:
        level = await into_run(pilot, "gp", 12)
        await press(pilot, MODEL)
        panel = level.query_one(ModelPanel)
        assert title(panel).endswith("model before trial 12: along x1")
        assert seen(panel) == {"model-line", "model-promise"}
        await press(pilot, "comma")
        assert title(panel).endswith("before trial 11: along x1")
        await press(pilot, "full_stop", "full_stop")
        assert title(panel).endswith("before trial 13: along x1")
        await press(pilot, "full_stop")  # there is none after it
        assert title(panel).endswith("before trial 13: along x1")
        await press(pilot, "h")
        assert title(panel).endswith("along x2")
        await press(pilot, "d")
        assert title(panel).endswith("along x2 and x1")
        assert seen(panel) == {"model-plane"}
        await press(pilot, "i")
        assert "incumbent" not in str(panel.border_subtitle)  # no other hyperparameter is left
        await press(pilot, "d")
        assert "1 other as in the incumbent" in str(panel.border_subtitle)
        assert level.focused is not None
        assert level.focused.display


async def test_the_line_is_the_reading_s(root: Path) -> None:
    async with settled(app_on(root, "synthetic"), (160, 45)) as pilot:
        level = await into_run(pilot, "gp", 12)
        await press(pilot, MODEL)
        reading = level.feed.get(SliceReading, level.view.run, 12, (), 64, "asked")
        found = reading.picture
        assert found is not None
        line = next(s for s in level.query_one("#model-line", Chart)._series if s.label == "model")
        assert tuple(line.y) == found.middle
        assert line.lower is not None
        assert tuple(line.lower) == found.lower
        raster = level.query_one("#model-line", Chart)._raster
        assert raster is not None
        assert raster.tint.any(), "the band is drawn"


async def test_before_there_is_a_model_and_where_there_is_none_that_is_said(root: Path) -> None:
    async with settled(app_on(root, "synthetic"), (120, 40)) as pilot:
        level = await into_run(pilot, "gp", 0)
        await press(pilot, MODEL)
        panel = level.query_one(ModelPanel)
        assert "Sobol" in panel.query_one("#model-line", Chart).hint
        assert seen(panel) == {"model-line"}
        await pilot.app.pop_screen()
        level = await into_run(pilot, "random", 3)
        await press(pilot, MODEL)
        assert "random has no model" in level.query_one("#model-line", Chart).hint


async def test_arms_show_beliefs_pulls_and_regret(root: Path) -> None:
    async with settled(app_on(root, "bandits"), (120, 40)) as pilot:
        level = await into_run(pilot, "ucb1", 12)
        await press(pilot, ARMS)
        panel = level.query_one(ArmsPanel)
        assert title(panel).endswith("arms before pull 12")
        assert seen(panel) == {"arms-beliefs"}
        bars = panel.query_one(Bars)._bars
        assert len(bars) == 2
        assert all("true 0." in bar.note for bar in bars)
        assert sum("(pulled)" in bar.label for bar in bars) == 1
        await press(pilot, "comma")
        assert title(panel).endswith("arms before pull 11")
        await press(pilot, "d")
        assert seen(panel) == {"arms-pulls"}
        await press(pilot, "d")
        assert seen(panel) == {"arms-regret"}
        assert {s.label for s in panel.query_one("#arms-regret", Chart)._series} == {"ucb1", "Lai-Robbins bound"}
        await press(pilot, "d")
        assert seen(panel) == {"arms-beliefs"}


async def test_arms_are_of_noisy_problems_alone(root: Path) -> None:
    async with settled(app_on(root, "synthetic"), (120, 40)) as pilot:
        level = await into_run(pilot, "gp", 0)
        assert not level.query_one(ArmsPanel).fits(level.view)
        assert level.query_one(ModelPanel).fits(level.view)
