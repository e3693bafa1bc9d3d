"""Makes what the README begins with: ``python docs/figures/app.py`` (half a minute on a quiet machine; needs no extra).

The preset ``first`` really runs. The app is looked at when most of it is over, on a terminal of 140 × 38; when all is,
``hpobench show`` says what came out for the problem in the picture.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hpobench_tui.engine.front import lifecycle, presets
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.app import HpobenchApp

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
SIZE = (140, 38)
SHARE = 0.7
"""Of the runs: the moment of the picture."""
PROBLEM = "synthetic/hartmann6-mf"
KEYS = ("right_square_bracket", "right_square_bracket", "right_square_bracket", *["n"] * 4)
"""To the fourth problem, Hyperband on top."""
FONTS = 'font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;'


async def picture(folder: Path) -> str:
    """The app, as SVG."""
    app = HpobenchApp(folder, folder.parent)
    async with app.run_test(size=SIZE) as pilot:
        while over(folder) < SHARE:
            await pilot.pause(0.1)
        await pilot.press(*KEYS)
        await pilot.pause(1.0)
        return app.export_screenshot(title="hpobench")


def over(folder: Path) -> float:
    """The share of the runs that are done."""
    with Reader(folder) as reader:
        runs = reader.runs()
    return sum(run.status == "done" for run in runs) / len(runs)


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
        folder = lifecycle.create(presets.load("first"), Path(root))
        lifecycle.launch(folder)
        svg = asyncio.run(picture(folder))
        while lifecycle.supervised(folder):
            time.sleep(0.1)
        shown = table(folder)
    (HERE / "app.svg").write_text(own_fonts(svg), encoding="utf-8")
    before, fence, rest = README.read_text(encoding="utf-8").partition("```text\n")
    README.write_text(before + fence + shown + rest[rest.index("\n```") :], encoding="utf-8")


if __name__ == "__main__":
    main()
