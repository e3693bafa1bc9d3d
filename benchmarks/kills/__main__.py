"""Kill experiments with ``kill -9``, resume them, and compare with undisturbed ones; exit code 1 if anything differs.

python -m benchmarks.kills [--kills 100] [--seed 7] [--only continued,children] [--jobs 2] [--json]
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.kills import plan, toys
from benchmarks.kills.carry_out import Outcome, all_carried_out
from benchmarks.kills.scene import plugged_in
from benchmarks.quality.sets import chosen
from hpobench_tui.core.errors import HpobenchError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, help="of the plan; another one each time unless given")
    parser.add_argument("--only", help="experiments, separated by commas; all by default")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="cases at a time")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    seed = random.randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", file=sys.stderr)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as temporary, plugged_in(Path(temporary, "site"), toys):
        experiments = plan.experiments()
        try:
            names = chosen(given.only, tuple(experiments), "experiment")
            cases, started = plan.drawn(given.kills, seed, names), time.monotonic()
            for outcome in all_carried_out(cases, experiments, Path(temporary), given.jobs):
                outcomes.append(outcome)
                _tell(outcome, outcomes, len(cases) + len({case.name for case in cases}), started)
        except HpobenchError as error:
            parser.exit(2, f"{error}\n")
    if given.json:
        print(json.dumps({"seed": seed, "outcomes": [asdict(outcome) for outcome in outcomes]}))
    else:
        print(table(outcomes))
    sys.exit(not all(outcome.clean for outcome in outcomes))


def _tell(outcome: Outcome, outcomes: Sequence[Outcome], cases: int, started: float) -> None:
    """A line a case, and what is wrong with it; how long the rest will take."""
    ended = len(outcomes)
    left = (time.monotonic() - started) / ended * (cases - ended)
    strikes = ", ".join(
        f"{strike.target} {strike.moment}" + ("" if hit is None else f" after {hit:.2f} s")
        for strike, hit in zip(outcome.case.strikes, outcome.hits, strict=False)
    )
    verdict = "equal" if outcome.clean else "WRONG"
    print(
        f"[{ended}/{cases}, {left:.0f} s to go] {outcome.case.name}: {strikes or 'undisturbed'}: {verdict}",
        file=sys.stderr,
        flush=True,
    )
    for line in outcome.lines():
        print(f"    {line}", file=sys.stderr, flush=True)


def table(outcomes: Sequence[Outcome]) -> str:
    """Kills by whom they hit and when: how many, and of those how many ended as an undisturbed run, as Markdown."""
    head = ["", *plan.MOMENTS, "all"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for target in (*plan.Target, "all"):
        cells = []
        for moment in (*plan.MOMENTS, "all"):
            own = [
                outcome.clean
                for outcome in outcomes
                for strike in outcome.case.strikes
                if target in ("all", strike.target) and moment in ("all", strike.moment)
            ]
            cells.append(f"{sum(own)}/{len(own)}" if own else "")
        lines.append(f"| {target} | {' | '.join(cells)} |")
    orphans = sum(len(outcome.orphans) for outcome in outcomes)
    leftovers = sum(len(outcome.leftovers) for outcome in outcomes)
    return "\n".join([*lines, "", f"{orphans} processes left alive, {leftovers} files left behind"])


if __name__ == "__main__":
    main()
