"""Comparing experiments in the app: what it says is what the command line says."""

import json
from pathlib import Path

import numpy as np
import pytest
from tui_hands import LARGE, SMALL, press, settle

from factories import history, run_row, store
from hpobench_tui.cli import main
from hpobench_tui.core.text import in_line
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.panels.compare.pairs import p_value
from hpobench_tui.tui.screens.compare import CompareScreen
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.table import Table


def made(folder: Path, shift: float, labels: tuple[str, ...] = ("tpe", "random"), failed: bool = False) -> Path:
    """Two problems, eight repetitions; ``shift`` is added to what the first label loses."""
    runs, trials = [], []
    for problem in ("toy/one", "toy/two"):
        for k, label in enumerate(labels):
            for repetition in range(8):
                number = len(runs)
                bad = failed and k == 0
                runs.append(
                    run_row(number, problem=problem, label=label, optimizer=label, repetition=repetition,
                            status="failed" if bad else "done", error="ValueError: no" if bad else None)
                )  # fmt: skip
                rng = np.random.default_rng(repetition)
                losses = np.minimum.accumulate(rng.random(10)) + k * 0.3 + shift * (k == 0)
                trials += history(number, [float(loss) for loss in losses])
    store(folder, runs, trials).close()
    return folder


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    return [made(tmp_path / "before", 0.0), made(tmp_path / "after", 0.2)]


async def compared(folders: list[Path], size: tuple[int, int], *keys: str) -> tuple[HpobenchApp, CompareScreen]:
    app = HpobenchApp(None, folders[0].parent)
    async with app.run_test(size=size) as pilot:
        screen = CompareScreen(folders)
        await app.push_screen(screen)
        await settle(pilot)
        for key in keys:
            await press(pilot, key)
    return app, screen


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert main.run(words) == 0
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return said


def cells(screen: CompareScreen, name: str) -> list[list[str]]:
    return [[cell.text for cell in row] for row in screen.query_one(f"#{name}", Table).rows]


async def test_before_and_after_are_what_the_command_says(two: list[Path]) -> None:
    app = HpobenchApp(None, two[0].parent)
    async with app.run_test(size=LARGE) as pilot:
        screen = CompareScreen(two)
        await app.push_screen(screen)
        await settle(pilot)
        over = screen.found.said["compared"]["over"]
        assert [row[1:5] for row in cells(screen, "pairs")] == [
            [str(line[name]) for name in ("problems", "won", "tied", "lost")] for line in over
        ]
        assert {(line["before"], line["after"]) for line in over} == {
            ("tpe@before", "tpe@after"), ("random@before", "random@after")
        }  # fmt: skip
        worse, same = sorted(over, key=lambda line: line["after"], reverse=True)
        assert (worse["verdict"], same["verdict"]) == ("worse", "equivalent")
        assert [row[6] for row in cells(screen, "pairs")] == [p_value(line["corrected"]) for line in over]
        table = screen.query_one("#problems", Table)
        assert len(table.rows) == 2
        assert not screen.query("#status.error")
        curves = screen.found.said["over_budget"]
        assert len(curves["labels"]) == 4
        assert np.allclose(np.sum(curves["ranks"], axis=0), 4 * 5 / 2), "ranks of four sum up to ten at each mark"
        assert set(screen.found.said["solved"]["bands"]) == set(curves["labels"])


async def test_optimizers_of_one_experiment_are_held_against_the_best_or_any_other(tmp_path: Path) -> None:
    folder = made(tmp_path / "one", 0.0, ("tpe", "random", "grid"))
    app = HpobenchApp(None, tmp_path)
    async with app.run_test(size=LARGE) as pilot:
        screen = CompareScreen([folder])
        await app.push_screen(screen)
        await settle(pilot)
        assert {tuple(pair) for pair in screen.found.said["compared"]["pairs"]} == {("tpe", "random"), ("tpe", "grid")}
        assert screen.found.said["ranks"]["labels"][int(np.argmin(screen.found.said["ranks"]["ranks"]))] == "tpe"
        for baseline in ("tpe", "random", "grid", None):
            await press(pilot, "B")
            assert screen.baseline == baseline
        await press(pilot, "B", "B")
        assert {pair[0] for pair in screen.found.said["compared"]["pairs"]} == {"random"}
        await press(pilot, "n", "n")
        assert screen.query_one("#ranks", Chart).focused_label == "random"
        await press(pilot, "m")
        assert screen.found.said["about"]["measures"] == ["simple regret"]


@pytest.mark.parametrize("size", [(60, 20), SMALL, LARGE])
async def test_what_cannot_be_compared_says_why(tmp_path: Path, size: tuple[int, int]) -> None:
    alone = made(tmp_path / "alone", 0.0, ("tpe",))
    broken = made(tmp_path / "broken", 0.0, failed=True)
    nothing = tmp_path / "nothing"
    for folder, said in (
        (alone, "there is nothing to compare 'tpe' with"),
        (broken, "share no finished repetition"),
        (nothing, "no experiment at"),
    ):
        app = HpobenchApp(None, tmp_path)
        async with app.run_test(size=size) as pilot:
            screen = CompareScreen([folder])
            await app.push_screen(screen)
            await settle(pilot)
            await press(pilot, "1", "0", "z", "escape", "n", "m")
            hint = screen.query_one("#pairs", Table).hint
            assert said in hint, in_line(hint)
            await press(pilot, "escape")
            assert isinstance(app.screen, SetupScreen)


async def test_leaving_ends_the_process(two: list[Path]) -> None:
    app = HpobenchApp(None, two[0].parent)
    async with app.run_test(size=SMALL) as pilot:
        screen = CompareScreen(two)
        await app.push_screen(screen)
        await pilot.pause(0.02)
        process = screen._process
        assert process is not None
        await pilot.press("escape")
        await pilot.pause(0.05)
        process.wait(10)
        assert process.returncode is not None
