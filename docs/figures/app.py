"""Makes the pictures of the app: ``python docs/figures/app.py`` (a minute on a quiet machine; needs no extra).

The preset ``first`` really runs. Overview and problem are looked at when most of it is over; when all is, a run, what a
Gaussian process believed, the arms of a bandit, and the comparison of all optimizers; ``hpobench show`` says what came
out for the problem that the README shows.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from textual.pilot import Pilot

from hpobench_tui.engine.front import lifecycle, presets
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui import settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.compare import CompareScreen
from hpobench_tui.tui.screens.level import Level

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
SIZES = {"app-overview": (120, 30), "app": (140, 38), "app-gaussian": (120, 30), "app-arms": (120, 20)}
SIZE = (160, 45)
"""Of the terminal, for the others."""
SHARE = 0.7
"""Of the runs: the moment of the first two pictures."""
PROBLEM = "synthetic/hartmann6-mf"
FONTS = 'font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;'
RUNS = {
    "app-run": (PROBLEM, "bohb", ()),
    "app-gaussian": ("synthetic/branin", "gp", ("8", "z", *["less_than_sign"] * 3, *["comma"] * 7)),
    "app-arms": ("bandits/bernoulli-10", "ucb1", ("9", "z")),
}
"""Picture: problem and optimizer of the run, and the keys that are pressed there."""


async def pictures(folder: Path) -> dict[str, str]:
    """All of them by name, as SVG."""
    made = {}
    app = HpobenchApp(folder, folder.parent)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: over(folder) >= SHARE)
        made["app-overview"] = await taken(pilot, "app-overview")
        go_down(app, problem=PROBLEM, label="hyperband")
        made["app"] = await taken(pilot, "app")
        await until(lambda: not lifecycle.supervised(folder))
    app = HpobenchApp(folder, folder.parent)
    async with app.run_test(size=SIZE) as pilot:
        for name, (problem, label, keys) in RUNS.items():
            await settle(pilot)
            go_down(app, problem=problem, label=label)
            await settle(pilot)
            go_down(app, run=run_of(folder, problem, label))
            await settle(pilot)
            for key in keys:
                await pilot.press(key)
                if key.isdigit():  # its keys work once there is something to see
                    await settle(pilot)
                    panel = cast(Level, app.screen).panels[int(key) - 1]
                    next(w for w in panel.query("*") if w.focusable).focus()
            made[name] = await taken(pilot, name)
            await pilot.resize_terminal(*SIZE)
            while len(app.screen_stack) > 2:
                await pilot.press("escape")
                await pilot.pause(0.2)
        app.push_screen(CompareScreen([folder]))
        made["app-compare"] = await taken(pilot, "app-compare")
    return made


def go_down(app: HpobenchApp, **chosen: object) -> None:
    """To the level below, as Enter does with a cursor there."""
    level = app.screen
    assert isinstance(level, Level)
    level.down(level.view.but(**chosen))


async def taken(pilot: Pilot[None], name: str) -> str:
    """The screen, once what it shows is read and drawn."""
    await pilot.resize_terminal(*SIZES.get(name, SIZE))
    await settle(pilot)
    return own_fonts(pilot.app.export_screenshot(title="hpobench"))


async def settle(pilot: Pilot[None]) -> None:
    """Wait for what is read; of what still runs there is always more, so that a second must do."""
    await pilot.pause(1.0)
    screen = pilot.app.screen
    if not isinstance(screen, Level) or screen.feed.state.row.status.ended:
        await until(lambda: getattr(pilot.app.screen, "settled", True))
    await pilot.pause(1.0)
    pilot.app.clear_notifications()
    await pilot.pause(0.1)


async def until(so: Callable[[], bool]) -> None:
    while not so():
        await asyncio.sleep(0.1)


def over(folder: Path) -> float:
    """The share of the runs that are done."""
    with Reader(folder) as reader:
        runs = reader.runs()
    return sum(run.status == "done" for run in runs) / len(runs)


def run_of(folder: Path, problem: str, label: str) -> int:
    """The first run of a pair."""
    with Reader(folder) as reader:
        return next(run.id for run in reader.runs() if (run.problem, run.label) == (problem, label))


def own_fonts(svg: str) -> str:
    """Without the web font that Textual names: a picture loads nothing."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"font-family: [^;]*;", FONTS, svg)


def table(folder: Path) -> str:
    """What ``hpobench show`` prints for the problem."""
    command = [sys.executable, "-m", "hpobench_tui", "show", str(folder)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.rstrip() for line in printed.splitlines()]
    start = lines.index(PROBLEM)
    return "\n".join(lines[start : lines.index("", start + 2)])


def main() -> None:
    with tempfile.TemporaryDirectory() as root:
        os.environ[settings.VARIABLE] = str(Path(root) / "app.json")  # as on the first day
        folder = lifecycle.create(presets.load("first"), Path(root))
        lifecycle.launch(folder)
        made = asyncio.run(pictures(folder))
        while lifecycle.supervised(folder):
            time.sleep(0.1)
        shown = table(folder)
    for name, svg in made.items():
        (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    before, fence, rest = README.read_text(encoding="utf-8").partition("```text\n")
    README.write_text(before + fence + shown + rest[rest.index("\n```") :], encoding="utf-8")


if __name__ == "__main__":
    main()
