"""The main job by keys alone, with the real engine: choose, start, watch, pause, go on, export, reopen, cancel."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from experiments import trials
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader, experiments
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.problem import ProblemScreen
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.table import Table

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    """Where the experiments go; whatever still runs at the end is cancelled."""
    yield tmp_path / "outputs"
    for folder in experiments(tmp_path / "outputs"):
        if lifecycle.supervised(folder):
            lifecycle.send(folder, "cancel")
            deadline = time.monotonic() + 10
            while lifecycle.supervised(folder) and time.monotonic() < deadline:
                time.sleep(0.05)


async def until(pilot: Pilot[None], happened: Callable[[], object], what: str, seconds: float = 25) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        await pilot.pause(0.05)


async def tick(pilot: Pilot[None], values: set[str]) -> None:
    """Look some of the list that has the focus up with the filter, and tick it."""
    options = pilot.app.focused
    assert isinstance(options, PickList)
    for value in sorted(values):
        await pilot.press("slash", *value, "enter")
        await pilot.press(*["down"] * options.shown.index(value), "space", "escape")
    assert set(options.ticked) == values


async def type_over(pilot: Pilot[None], field: str, text: str) -> None:
    """Go to a field with Tab and replace what is in it."""
    while pilot.app.focused is None or pilot.app.focused.id != field:
        await pilot.press("tab")
    assert isinstance(pilot.app.focused, Input)
    await pilot.press("end", "ctrl+u", *text)


def status(folder: Path) -> str:
    with Reader(folder) as reader:
        return reader.experiment().status


@pytest.mark.needs("skopt")
async def test_the_main_job_by_keys(outputs: Path, tmp_path: Path) -> None:
    app = HpobenchApp(None, outputs)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await tick(pilot, {"synthetic/branin"})
        await pilot.press("tab")
        await tick(pilot, {"random", "skopt-gp"})
        await type_over(pilot, "name", "first")
        await type_over(pilot, "amount", "24")
        await type_over(pilot, "repetitions", "1")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, ProblemScreen), "the only problem's screen")
        (first,) = experiments(outputs)
        await until(pilot, lambda: trials(first) > 27, "trials of the second optimizer")
        await until(pilot, lambda: len(app.screen.query_one("#anytime", Table).rows) == 2, "medians")

        await pilot.press("p")
        await until(pilot, lambda: status(first) == "paused", "the pause")
        await until(pilot, lambda: "paused" in str(app.screen.query_one("#status").render()), "being told so")
        before = trials(first)
        await asyncio.sleep(1.5)
        assert trials(first) <= before + 1, "paused, and yet it goes on"  # one was being evaluated
        await pilot.press("p")
        await until(pilot, lambda: status(first) in ("running", "finished"), "going on")
        await until(pilot, lambda: trials(first) > before, "more trials")
        await until(pilot, lambda: status(first) == "finished", "the end")
        assert trials(first) == 48
        await until(pilot, lambda: "finished" in str(app.screen.query_one("#status").render()), "being told of the end")

        await pilot.press("e")
        await pilot.pause()
        await type_over(pilot, "folder", str(tmp_path / "tables"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Written" in str(app.screen.query_one("#result").render()), "the export")
        assert "skopt-gp" in (tmp_path / "tables" / "table.csv").read_text()
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen), "the way back")

        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen), "the results")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Level), "reopening")
        await until(pilot, lambda: len(app.screen.query_one("#anytime", Table).rows) == 2, "its medians")
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen), "the set-up screen again")

        await type_over(pilot, "name", "second")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, Level), "the second one")
        second = next(folder for folder in experiments(outputs) if folder != first)
        await until(pilot, lambda: trials(second) > 0, "its trials")
        await pilot.press("c", "y")
        await until(pilot, lambda: status(second) == "cancelled", "cancelling")
        await until(pilot, lambda: not lifecycle.supervised(second), "its supervisor's end")
        await until(pilot, lambda: "p goes on" in str(app.screen.query_one("#status").render()), "how to go on")
