"""Makes the picture of docs/scale.md from benchmarks/scale/measured.json: ``python docs/figures/scale.py``.

Left, what is done to whole stores: points are measured, lines go on by the last slope. Right, simulated: how far
workers get beside those of a supervisor that takes no time, by how long a run takes. It takes half a minute; the tables
of the page are printed by ``python -m benchmarks.scale plan``.
"""

import json
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scale.__main__ import KEPT
from benchmarks.scale.plan import Constants, Plan
from benchmarks.scale.simulated import Server, course
from hpobench_tui.core.experiment import MAX_RUNS

HERE = Path(__file__).parent
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DRAWN = {
    "supervise": "hand out and store", "create": "create", "merge": "merge", "resume's look": "resume's look",
    "audit": "audit", "export": "export", "show": "show",
}  # fmt: skip
FLEETS = (10, 100, 1000)
"""Workers of a supervisor."""
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
RUNS_EACH = 30
"""A worker: enough for the last ones to count little."""


def whole_stores(axes: Axes, constants: Constants) -> None:
    """CPU seconds by runs."""
    axes.set(title="What is done to all runs", xlabel="runs", ylabel="CPU seconds", xscale="log", yscale="log")
    for colour, (what, label) in zip(COLOURS, DRAWN.items(), strict=True):
        known = [(size["runs"], size[f"{what} s"]) for size in constants.sizes]
        axes.plot(*zip(*known, strict=True), "o", color=colour, markersize=4, label=label)
        beyond = [int(known[-1][0] * factor) for factor in (1, 2, 5, 10, 100) if known[-1][0] * factor <= 1e6]
        axes.plot(
            [*(runs for runs, _ in known), *beyond],
            [*(seconds for _, seconds in known), *(constants.whole(what, runs) for runs in beyond)],
            color=colour, linewidth=1,
        )  # fmt: skip
    axes.axvline(MAX_RUNS, color="grey", linestyle=":")
    axes.text(MAX_RUNS * 1.1, axes.get_ylim()[0] * 1.4, "most of one\nexperiment", fontsize=7, color="grey")
    axes.legend(fontsize=7)


def queues(axes: Axes, constants: Constants) -> None:
    """How far workers get beside those of a supervisor that takes no time, simulated."""
    axes.set(title="Simulated", xlabel="seconds of a run, on average", ylabel="% of the speed without a supervisor")
    for colour, workers in zip(COLOURS, FLEETS, strict=False):
        runs = RUNS_EACH * workers
        free = course(runs, workers, 1.0, 0.0, Server(0.0, 0.0)).seconds
        shares = []
        for seconds in SECONDS:
            server = constants.server(Plan("", runs, workers, seconds, 20))
            shares.append(100 * free * seconds / course(runs, workers, seconds, 0.0, server).seconds)
        axes.plot(SECONDS, shares, "o-", color=colour, markersize=3, label=f"{workers:,} workers of a supervisor")
        print(workers, [round(share, 1) for share in shares], flush=True)
    axes.set(xscale="log", ylim=(0, 105))
    axes.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.legend(fontsize=7, loc="lower right")


def main() -> None:
    constants = Constants(json.loads(KEPT.read_text()))
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    whole_stores(left, constants)
    queues(right, constants)
    figure.savefig(HERE / "scale.png", dpi=120)


if __name__ == "__main__":
    main()
