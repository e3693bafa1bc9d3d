"""What all statistics of anytime performance cost: CPU seconds of one thread, and memory.

    python -m benchmarks.anytime [--labels 20] [--problems 72] [--repetitions 30] [--trials 1000000]

Makes curves as runs of so many trials have them (500 rows, some 30 of which change anything; they are made one by one,
as from a store) and works out everything that ``analysis.performance`` has, each topic for all labels and problems. The
last line is one problem with one run a label, with the thinking of each of its trials.
"""

import argparse
import os
import resource
from collections.abc import Callable, Iterator
from time import process_time
from types import SimpleNamespace
from typing import TypeVar, cast

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # before NumPy is imported

import numpy as np  # noqa: E402

from hpobench_tui.analysis.curve import Curve  # noqa: E402
from hpobench_tui.analysis.performance import (  # noqa: E402
    anytime_stats,
    area,
    breakeven,
    counting,
    ecdf,
    ert,
    hits,
    profiles,
    ranks_over_budget,
    speedup,
    thinking,
)
from hpobench_tui.core.budget import Unit  # noqa: E402
from hpobench_tui.core.progress import positions  # noqa: E402
from hpobench_tui.core.records import TrialTable  # noqa: E402
from hpobench_tui.core.status import RunStatus  # noqa: E402
from hpobench_tui.core.targets import COCO  # noqa: E402
from hpobench_tui.store.reader import RunRow  # noqa: E402

Result = TypeVar("Result")
ROWS, CHANGES = 500, 30


def runs(labels: int, problems: int, repetitions: int, trials: int) -> Iterator[tuple[RunRow, Curve]]:
    """Runs and their curves, made one by one."""
    rng = np.random.default_rng(0)
    every = np.array(positions(1, trials))
    numbers = np.unique(every[np.linspace(0, len(every) - 1, ROWS).astype(int)])
    x = numbers.astype(np.float64)
    for problem in range(problems):
        for label in range(labels):
            for repetition in range(repetitions):
                better = rng.random(len(x)) < CHANGES / len(x)
                better[0] = True
                y = 10.0 ** (2 - np.cumsum(better * rng.exponential((1 + label / labels) / 5, len(x))))
                row = SimpleNamespace(
                    problem=f"p/{problem}", label=f"l{label}", repetition=repetition, status=RunStatus.DONE,
                    unit=Unit.EVALUATIONS, budget=trials, spent=trials, trials=trials, quanta_per_unit=1, targets=COCO,
                    tolerance=0.0, fidelity=None, minimum_fidelity=1, clock=1.0, optimizer_seconds=1.0 + label,
                )  # fmt: skip
                yield cast(RunRow, row), Curve(x, y, numbers)


def timed(name: str, work: Callable[[], Result], totals: list[float]) -> Result:
    """Do it and say what it took."""
    begun = process_time()
    result = work()
    totals.append(process_time() - begun)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:44}{totals[-1]:7.2f} s {megabytes:6.0f} MB", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("labels", 20), ("problems", 72), ("repetitions", 30), ("trials", 10**6)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    size = (given.labels, given.problems, given.repetitions, given.trials)
    apart: list[float] = []
    timed("(making the curves, not counted)", lambda: sum(1 for _ in runs(*size)), apart)
    totals: list[float] = []
    pairs = timed("read and compress (with making)", lambda: counting.read_pairs(runs(*size)), totals)
    made = timed("hitting times", lambda: [hits.hits_of(pair) for pair in pairs], totals)
    timed("ERT, rates, restarts at all targets", lambda: [ert.table(one) for one in made], totals)
    timed("ECDF", lambda: ecdf.ecdf(made), totals)
    timed("ECDF with 100 restarts a target", lambda: ecdf.ecdf(made, restarts=100), totals)
    timed("ECDF with intervals at 50 points", lambda: ecdf.bands(made, np.geomspace(1, given.trials, 50)), totals)
    timed("area over the ECDF", lambda: ecdf.area_over(made, 1, given.trials), totals)
    timed("data profile", lambda: profiles.data_profile(made), totals)
    alphas = np.geomspace(1, 100, 20)
    timed("performance profile", lambda: profiles.performance_profile(made, alphas), totals)
    timed("AOCC", lambda: area.overall([area.aocc_of(pair) for pair in pairs]), totals)
    few, many = (counting.marks(pairs[0], points) for points in (16, 48))
    at = timed("values at 16 and 48 marks", lambda: [_both(pair, few, many) for pair in pairs], totals)
    timed("median, mean, IQM at 16 marks", lambda: [anytime_stats.statistics(one) for one, _ in at], totals)
    timed("ranks at 48 marks", lambda: ranks_over_budget.rank_curves([one for _, one in at]), totals)
    groups: dict[str, list[anytime_stats.Samples]] = {}
    for _, one in at:
        groups.setdefault(one.problem, []).append(one)
    timed("speed-ups against one label", lambda: [speedup.speed_ups(g, "l0") for g in groups.values()], totals)
    timed(
        "break-even costs of all pairs", lambda: [_break_even(g) for g in counting.by_problem(pairs).values()], totals
    )
    print(f"{'all':44}{sum(totals) - apart[0]:7.2f} s")
    timed(f"{given.labels} runs of {given.trials:,} trials", lambda: _few(given.labels, given.trials), totals)


def _both(pair: counting.PairRuns, few: counting.Floats, many: counting.Floats) -> tuple[anytime_stats.Samples, ...]:
    return anytime_stats.sample(pair, few), anytime_stats.sample(pair, many)


def _break_even(pairs: list[counting.PairRuns]) -> None:
    own = [np.linspace(0.0, 1.0 + k, 1001) for k in range(len(pairs))]
    times = [
        breakeven.times_to(pair.label, pair.curves, [seconds] * pair.n, pair.spent, pair.targets[20])
        for pair, seconds in zip(pairs, own, strict=True)
    ]
    breakeven.break_evens(times)
    breakeven.winners(times)
    if max(pair.n for pair in pairs) <= breakeven.MOST:
        breakeven.winners(times, "median")


def _few(labels: int, trials: int) -> None:
    seconds = np.full(trials, 1e-4)
    table = TrialTable(number=np.arange(trials), ask_seconds=seconds, tell_seconds=seconds)
    for run, curve in runs(labels, 1, 1, trials):
        thinking.with_cost(curve, thinking.thinking(run, table), 1e-3)
    pairs = counting.read_pairs(runs(labels, 1, 1, trials))
    for pair in pairs:
        ert.table(hits.hits_of(pair))
        area.aocc_of(pair)
    ecdf.ecdf([hits.hits_of(pair) for pair in pairs])


if __name__ == "__main__":
    main()
