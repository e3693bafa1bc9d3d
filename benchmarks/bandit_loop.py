"""100 seeds × 12 bandit policies × 10,000 pulls on ten Bernoulli arms, through the whole engine on two workers."""

import argparse
import json
import tempfile
import time
from pathlib import Path

from hpobench_tui.core import Budget
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.reader import FILE, Reader

POLICIES = (
    "uniform", "epsilon-greedy", "epsilon-decreasing", "explore-then-commit", "softmax", "ucb1", "ucb-v", "kl-ucb",
    "moss", "thompson-beta", "thompson-gaussian", "exp3",
)  # fmt: skip
SEEDS, PULLS, RECORD = 100, 10_000, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", default="bandits/bernoulli-10")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    budget = Budget.of(PULLS, "evaluations")
    experiment = spec.build(
        "bandit-loop", [arguments.problem], POLICIES, budget, repetitions=SEEDS, workers=2, record=RECORD
    )
    with tempfile.TemporaryDirectory() as root:
        started = time.perf_counter()
        folder = lifecycle.create(experiment, Path(root))
        lifecycle.launch(folder)
        while lifecycle.supervised(folder):
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        with Reader(folder) as reader:
            runs = reader.runs()
        if {(run.status, run.trials) for run in runs} != {("done", PULLS)}:
            raise RuntimeError("not every run came to its end")
        megabytes = (folder / FILE).stat().st_size / 1e6
    pulls = SEEDS * len(POLICIES) * PULLS
    figures = {"seconds": seconds, "microseconds_a_pull": 2e6 * seconds / pulls, "store_mb": megabytes}
    if arguments.json:
        print(json.dumps(figures))
        return
    print(
        f"{SEEDS} seeds × {len(POLICIES)} policies × {PULLS} pulls: {seconds:.1f} s, {2e6 * seconds / pulls:.1f} µs of"
        f" a core a pull; store {megabytes:.0f} MB"
    )


if __name__ == "__main__":
    main()
