"""Makes the picture of the app in the README: ``python docs/figures/app.py`` (half a minute; needs no extra).

The preset ``first`` really runs, and the app is looked at when most of it is over, on a terminal of 140 × 38.
"""

import asyncio
import re
import tempfile
from pathlib import Path

from hpobench_tui.engine import frontend, spec
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.app import HpobenchApp

HERE = Path(__file__).parent
SIZE = (140, 38)
SHARE = 0.7
"""Of the runs: the moment of the picture."""
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


def main() -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = frontend.create(spec.preset("first"), Path(root))
        frontend.launch(folder)
        svg = asyncio.run(picture(folder))
        frontend.send(folder, "cancel")
        while frontend.supervised(folder):
            pass
    (HERE / "app.svg").write_text(own_fonts(svg), encoding="utf-8")


if __name__ == "__main__":
    main()
