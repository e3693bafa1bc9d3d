"""Commands from the app, to an experiment and to one of its runs, with the real engine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input
from tui_hands import SMALL, press, settle, settled, text
from tui_stores import write_experiment

import experiments
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.choose import ChooseScreen
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.extend import ExtendScreen, planned
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.widgets.picklist import PickList
from imports import imported


def run(folder: Path, number: int) -> RunRow:
    with Reader(folder) as reader:
        return reader.run(number)


def said(app: HpobenchApp) -> str:
    return "\n".join(notice.message for notice in app._notifications)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    for _ in range(1500):
        await pilot.pause(0.02)
        if condition():
            return
    raise AssertionError("waited in vain")


def level(app: HpobenchApp) -> Level:
    assert isinstance(app.screen, Level)
    return app.screen


async def test_what_was_imported_is_not_extended_and_a_sum_that_nobody_knows_is_not_awaited(tmp_path: Path) -> None:
    """Only evaluations that improved are on record: all runs have finished, and the sum over all trials is unknown."""
    kept = [ImportedTrial(0, {}, 2.0), ImportedTrial(5, {}, 1.0)]
    runs = [ImportedRun(problem, "a", kept, evaluations=9, reference=0.0) for problem in "pq"]
    imported(tmp_path / "e", runs)[0].close()
    app = HpobenchApp(tmp_path / "e", tmp_path)

    def screen() -> str:
        return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

    async with settled(app, SMALL, overview=True) as pilot:
        await press(pilot, "A")
        assert isinstance(app.screen, Level)
        assert "one cannot extend it" in said(app)
        app.screen.look(app.screen.view.but(chosen=Measure.CUMULATIVE))
        await settle(pilot)
        assert "no run has a value" in screen()
        await press(pilot, "enter")
        assert "no optimizer has a value here" in screen()
        assert "a value here yet" not in screen()


async def put_cursor_on(pilot: Pilot[None], number: int) -> None:
    screen = level(pilot.app)  # type: ignore[arg-type]
    screen.look(screen.view.but(run=number))
    await settle(pilot)


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
async def test_a_run_is_paused_taken_back_and_cancelled_and_the_others_go_on(tmp_path: Path) -> None:
    made = experiments.experiment(
        ["faulty/sleeps"], ["faulty-none"], 400, "evaluations", repetitions=3, workers=1
    )  # 10 ms a trial
    folder = experiments.launched(made, tmp_path)
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, SMALL) as pilot:
        await until(pilot, lambda: run(folder, 0).trials > 3)
        await put_cursor_on(pilot, 0)
        await press(pilot, "p")
        assert isinstance(app.screen, ChooseScreen)
        assert [str(button.label) for button in app.screen.query(Button)] == [
            "Pause this run (r)", "Pause the experiment (x)", "Nothing (n)"
        ]  # fmt: skip
        await press(pilot, "r")
        assert "The run pauses before its next step" in said(app)
        await until(pilot, lambda: run(folder, 1).trials > 3)
        assert run(folder, 0).status is RunStatus.PAUSED
        await until(pilot, lambda: level(app).view.run_row.status is RunStatus.PAUSED)  # type: ignore[union-attr]
        await press(pilot, "p")
        assert "Go on with this run (r)" in [str(button.label) for button in app.screen.query(Button)]
        await press(pilot, "escape", "c")
        assert isinstance(app.screen, ChooseScreen)
        await press(pilot, "r")
        await until(pilot, lambda: run(folder, 0).status is RunStatus.CANCELLED)
        assert not run(folder, 1).status.at_rest, "the others go on"
        await put_cursor_on(pilot, 0)
        await press(pilot, "c")
        assert isinstance(app.screen, ConfirmScreen), "there is nothing to cancel of that run"
        await press(pilot, "y")
        await until(pilot, lambda: not lifecycle.supervised(folder))
        assert {run(folder, number).status for number in range(3)} == {RunStatus.CANCELLED}


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
async def test_one_failed_run_is_tried_again_or_all_of_them(tmp_path: Path) -> None:
    made = experiments.experiment(["faulty/sleeps"], ["faulty-ask", "faulty-none"], 5, "evaluations", repetitions=2)
    folder = experiments.run(made, tmp_path)
    failed = [r.id for r in experiments.runs(folder) if r.status is RunStatus.FAILED]
    assert len(failed) == 2
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, SMALL) as pilot:
        await put_cursor_on(pilot, failed[1])
        await press(pilot, "F")
        assert isinstance(app.screen, ChooseScreen)
        await press(pilot, "escape")
        assert not lifecycle.supervised(folder)
        await press(pilot, "F", "r")
        await until(pilot, lambda: run(folder, failed[1]).attempts == 2 and not lifecycle.supervised(folder))
        assert run(folder, failed[0]).attempts == 1
        await until(pilot, lambda: level(app).feed.state.row.status.ended)
        await press(pilot, "F", "x")
        await until(pilot, lambda: run(folder, failed[0]).attempts == 2 and not lifecycle.supervised(folder))


@pytest.mark.e2e
@pytest.mark.parametrize("going", [False, True])
async def test_seeds_and_optimizers_are_added_and_show_up(tmp_path: Path, going: bool) -> None:
    budget = 30_000 if going else 20
    made = experiments.experiment(["synthetic/branin"], ["random"], budget, "evaluations", repetitions=2)
    folder = experiments.launched(made, tmp_path)
    if not going:
        experiments.wait_until_ended(folder)
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, SMALL) as pilot:
        await press(pilot, "A")
        await until(pilot, lambda: isinstance(app.screen, ExtendScreen))
        await settle(pilot)
        assert text(app, "result") == "Nothing is added by that."
        app.screen.query_one("#repetitions", Input).value = "1"
        await settle(pilot)
        assert "has 2 already" in text(app, "result")
        assert app.screen.query_one("#result").has_class("error")
        await press(pilot, "ctrl+r")
        assert isinstance(app.screen, ExtendScreen), "what is refused is not done"
        app.screen.query_one("#repetitions", Input).value = "3"
        app.screen.query_one("#others", Input).value = "hyperband[label=mine]"
        await settle(pilot)
        assert "synthetic/branin" in text(app, "result"), "why that pair cannot be is said"
        app.screen.query_one("#others", Input).value = "sobol[label=mine]"
        app.screen.query_one("#optimizers", PickList).select("latin-hypercube")
        await settle(pilot)
        assert text(app, "result").startswith("7 runs more, about")
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, Level))
        assert "Added" in said(app)
        await until(pilot, lambda: len(level(app).feed.state.runs) == 9)
        assert set(level(app).feed.state.labels) == {"random", "latin-hypercube", "mine"}
        if going:
            lifecycle.send(folder, "cancel")
        await until(pilot, lambda: not lifecycle.supervised(folder))


def experiment() -> Experiment:
    return experiments.experiment(["synthetic/branin"], ["random"], 20, "evaluations", repetitions=2)


def test_a_larger_budget_is_planned() -> None:
    after, words = planned(experiment(), "2", [], "50 evaluations")
    assert words == "more budget on 1 of 1 problems."
    assert after.budgets["synthetic/branin"].amount == 50


async def test_nothing_failed_and_nothing_runs_is_said(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path)
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, SMALL) as pilot:
        await press(pilot, "p", "c")
        assert "has finished: there is nothing to pause" in said(app)
        assert "nothing to cancel" in said(app)
