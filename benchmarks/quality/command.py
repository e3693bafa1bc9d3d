"""The command line: run what is missing of a set, or report what there is."""

import argparse
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from benchmarks.quality import report as reporting
from benchmarks.quality import runs, sets
from hpobench_tui.core import HpobenchError


def main(arguments: list[str] | None = None) -> None:
    """Parse, and do it; bad input ends it with a message."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    names = [comparison.name for comparison in sets.SETS]
    run = commands.add_parser("run", help="run what is missing, repetition by repetition")
    run.add_argument("set", choices=names)
    run.add_argument("--optimizers", help="only these, separated by commas")
    run.add_argument("--problems", help="only these, separated by commas")
    run.add_argument("--seeds", type=int, default=30, help="repetitions, from 0 (default 30)")
    run.add_argument("--jobs", type=int, default=1, help="processes (default 1: this one)")
    run.add_argument("--again", action="append", default=[], metavar="NAME", help="forget this optimizer's runs first")
    report = commands.add_parser("report", help="what there is so far: verdicts and ranks")
    report.add_argument("set", choices=names)
    form = report.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="all tables")
    form.add_argument("--json", action="store_true", help="all figures")
    given = parser.parse_args(arguments)
    try:
        _run(given) if given.command == "run" else _report(given)
    except HpobenchError as error:
        sys.exit(str(error))


def _run(given: argparse.Namespace) -> None:
    comparison = sets.find(given.set)
    file = runs.path(comparison)
    file.parent.mkdir(parents=True, exist_ok=True)
    optimizers = sets.chosen(given.optimizers, comparison.optimizers, "optimizer")
    problems = sets.chosen(given.problems, comparison.problems, "problem")
    for name in sets.chosen(",".join(given.again), comparison.optimizers, "optimizer") if given.again else ():
        runs.forget(file, name)
    for optimizer in optimizers:
        for problem in problems:
            if reason := runs.refused(problem, optimizer):
                print(f"left out: {reason}")
    done = runs.stored(file, comparison)
    keys = [key for key in runs.work(optimizers, problems, given.seeds) if key not in done]
    print(f"{comparison.name}: {len(keys)} runs of {comparison.budget} {comparison.unit}", flush=True)
    _write(file, _execute(keys, comparison, given.jobs), len(keys))


def _report(given: argparse.Namespace) -> None:
    comparison = sets.find(given.set)
    built = reporting.build(comparison, runs.stored(runs.path(comparison), comparison))
    if given.json:
        print(json.dumps(reporting.as_json(built)))
    else:
        print(reporting.markdown(built) if given.markdown else reporting.summary(built))


def _execute(keys: list[runs.Key], comparison: sets.Comparison, jobs: int) -> Iterable[runs.Outcome]:
    if jobs == 1:
        for key in keys:
            yield runs.execute(key, comparison.budget, comparison.unit)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        started = [pool.submit(runs.execute, key, comparison.budget, comparison.unit) for key in keys]
        for future in as_completed(started):
            yield future.result()


def _write(file: Path, outcomes: Iterable[runs.Outcome], total: int) -> None:
    """Append a line a run as it ends, and say how far it is."""
    begun = perf_counter()
    for count, outcome in enumerate(outcomes, 1):
        runs.append(file, outcome.line())
        left = timedelta(seconds=round((perf_counter() - begun) / count * (total - count)))
        key = outcome.key
        best = f"{outcome.curve[-1][1]:.3g}" if outcome.curve else "none"
        print(
            f"{count}/{total} seed {key.repetition} {key.problem} {key.optimizer}: regret {best} in"
            f" {outcome.seconds:.1f} s; left {left}" + (f" FAILED: {outcome.error}" if outcome.error else ""),
            flush=True,
        )
