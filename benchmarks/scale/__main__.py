"""Constants of very large experiments, and plans of two.

python -m benchmarks.scale measure [--runs 100,1000,10000] [--folder DIR] [--no-app] > measured.json
python -m benchmarks.scale plan [measured.json]

``measure`` takes minutes, and with 100,000 runs half an hour; it writes 2 GB below ``--folder`` then, and removes them.
``plan`` prints Markdown: the constants, how what is done to whole stores grows, and both plans of docs/scale.md.
"""

import argparse
import json
from pathlib import Path

from benchmarks.scale.measure import measure
from benchmarks.scale.plan import WHOLE, Constants, Plan, rows

KEPT = Path(__file__).with_name("measured.json")
PLANS = (
    Plan("10,000 runs of 20 min, 100 GPUs, one supervisor", 10_000, 100, 1200.0, 1000),
    Plan("the same, 10 machines of 10 GPUs", 10_000, 100, 1200.0, 1000, supervisors=10),
    Plan("10⁶ runs of 60 s, 1,000 cores, one supervisor", 1_000_000, 1000, 60.0, 100),
    Plan("the same, 10 machines of 100 cores", 1_000_000, 1000, 60.0, 100, supervisors=10),
)


def table(header: list[str], lines: list[list[str]]) -> str:
    """In Markdown."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *lines))


def printed(constants: Constants) -> None:
    """All tables."""
    print(table(["constant", ""], [[name, f"{value:.3g}"] for name, value in constants.of.items()]), end="\n\n")
    runs = [f"{int(size['runs']):,} runs" for size in constants.sizes]
    lines = [
        [
            what, *(f"{size[f'{what} s']:.3g}" for size in constants.sizes), f"{constants.growth(what):.2f}",
            f"{1e3 * constants.a_run(what):.3g}",
        ]
        for what in WHOLE
    ]  # fmt: skip
    others = [name for name in constants.sizes[0] if "clock" in name or not name.endswith((" s", "runs"))]
    lines += [
        [name, *(f"{size[name]:,.4g}" if name in size else "" for size in constants.sizes), "", ""] for name in others
    ]
    print(table(["CPU s", *runs, "growth", "ms a run"], lines), end="\n\n")
    found = [rows(constants, plan) for plan in PLANS]
    names = [[name, *(f"{each[name]:,.3g}" for each in found)] for name in found[0]]
    print(table(["", *(plan.name for plan in PLANS)], names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["measure", "plan"])
    parser.add_argument("measured", type=Path, nargs="?", default=KEPT)
    parser.add_argument("--runs", default="100,1000,10000", help="how many the experiments have, of 100 to 100000")
    parser.add_argument("--folder", type=Path, help="where the experiments are made; a temporary one else")
    parser.add_argument("--no-app", action="store_true", help="leave the app out")
    given = parser.parse_args()
    if given.what == "measure":
        print(json.dumps(measure(list(map(int, given.runs.split(","))), given.folder, not given.no_app), indent=1))
    else:
        printed(Constants(json.loads(given.measured.read_text())))


if __name__ == "__main__":
    main()
