"""Does the gate (``hpobench check``) keep its level, and catch what it says that it would?

``python -m benchmarks.gate [--checks 200]``: prints a table (docs/gate.md). Each line is a kind of experiment, checked
so many times against another of the same code on other seeds, then with one optimizer made worse: how many checks
failed, how many caught what was planted, and which power they had announced on average.

Experiments are simulated: what a run reached is drawn, all else goes the way that stores go.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hpobench_tui.core.columns import Floats
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.gate.baseline import Baseline, Machine, OfProblem, OfRun, Place
from hpobench_tui.gate.check import Rule, check
from hpobench_tui.gate.outcome import Came, Finding, What

Draw = Callable[[np.random.Generator, int], Floats]
"""Losses of so many runs on a problem."""
TRIALS = 50


def lognormal(spread: float) -> Draw:
    """Regrets over orders of magnitude, or close together; ``spread``: of their logarithm."""
    return lambda rng, n: np.exp(rng.normal(0.0, spread, n))


SPREAD = lognormal(0.3)


def negative(spread: float) -> Draw:
    """Losses below 0."""
    return lambda rng, n: -10.0 + rng.normal(0.0, 10.0 * spread, n)


def often_zero(rng: np.random.Generator, n: int) -> Floats:
    """Regrets of which half are 0."""
    return np.where(rng.random(n) < 0.5, 0.0, rng.exponential(1.0, n))


def wild(rng: np.random.Generator, n: int) -> Floats:
    """Losses without a mean."""
    return rng.standard_cauchy(n)


def huge(rng: np.random.Generator, n: int) -> Floats:
    """Losses at the end of the range of floats, of both signs."""
    return 1.7e308 * rng.uniform(-1.0, 1.0, n)


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of experiment.

    Attributes:
        failing: Share of the runs that fail.
        failing_trials: Share of the trials that fail.
    """

    labels: int = 6
    problems: int = 6
    repetitions: int = 10
    draw: Draw = SPREAD
    failing: float = 0.0
    failing_trials: float = 0.0


@dataclass(frozen=True, slots=True)
class Planted:
    """What is made worse of the first label: its losses by a share, its failures and failed trials by so many more,
    its ask and tell by a factor."""

    loss: float = 0.0
    failing: float = 0.0
    failing_trials: float = 0.0
    slower: float = 1.0


NOTHING, RULE = Planted(), Rule()


def simulated(rng: np.random.Generator, shape: Shape, planted: Planted = NOTHING, seeds: str | None = None) -> Baseline:
    """An experiment; ``seeds``: a word that runs of another with the same word have equal seeds by. None: its own."""
    word = seeds or f"{rng.integers(2**32):08x}"
    runs: dict[Place, tuple[OfRun, ...]] = {}
    for n in range(shape.problems):
        for m in range(shape.labels):
            worse = planted if m == 0 else NOTHING
            values = shape.draw(rng, shape.repetitions)
            values = np.clip(values + worse.loss * np.abs(values), -1.79e308, 1.79e308)
            lost = rng.random(shape.repetitions) < shape.failing + worse.failing
            failed = rng.binomial(TRIALS, shape.failing_trials + worse.failing_trials, shape.repetitions)
            seconds = worse.slower * TRIALS * 1e-3 * np.exp(rng.normal(0.0, 0.1, shape.repetitions))
            runs[f"p/{n}", f"l{m}"] = tuple(
                OfRun(
                    r, f"{word}{r:02x}", RunStatus.FAILED if lost[r] else RunStatus.DONE,
                    None if lost[r] else float(values[r]), TRIALS, int(failed[r]),
                    f"{rng.integers(2**62):016x}", float(seconds[r]),
                )
                for r in range(shape.repetitions)
            )  # fmt: skip
    of = OfProblem("evaluations", str(TRIALS), None, Measure.INCUMBENT.value, 0.0, 0.0)
    problems = {problem: of for problem, _ in runs}
    return Baseline("simulated", {}, {}, problems, runs, machine=Machine({"boot": "0"}, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Result:
    """Of many checks: shares that failed, and that caught what was planted; the power announced, on average."""

    failed: float
    caught: float
    announced: float


def repeated(
    shape: Shape, checks: int, planted: Planted = NOTHING, rule: Rule = RULE, equal_seeds: bool = False, seed: int = 0
) -> Result:
    """Check pairs of simulated experiments."""
    rng = np.random.default_rng(seed)
    failed = caught = 0
    announced = []
    for number in range(checks):
        word = f"{number:08x}" if equal_seeds else None
        outcome = check(simulated(rng, shape, planted, word), simulated(rng, shape, seeds=word), rule)
        failed += not outcome.passed
        found = [finding for finding in outcome.findings if finding.label == "l0" and finding.what is _what(planted)]
        caught += any(_counts(finding, shape) for finding in found)
        announced += [float(told) for finding in found if (told := finding.numbers.get(_power(planted))) is not None]
    return Result(failed / checks, caught / checks, float(np.mean(announced)) if announced else np.nan)


def _what(planted: Planted) -> What:
    if planted.loss or planted == NOTHING:
        return What.LOSS
    return What.TIME if planted.slower > 1 else What.FAILURES


def _power(planted: Planted) -> str:
    return "power_trials" if planted.failing_trials else "power"


def _counts(finding: Finding, shape: Shape) -> bool:
    return finding.came is Came.FAILED and (finding.problem is None or shape.problems == 1)


SHAPES = {
    "lognormal, spread 0.3": Shape(),
    "spread 0.1, 20 repetitions": Shape(repetitions=20, draw=lognormal(0.1)),
    "one problem, 30 repetitions": Shape(problems=1, repetitions=30, draw=lognormal(0.05)),
    "one label": Shape(labels=1, draw=lognormal(0.1)),
    "spread 3": Shape(draw=lognormal(3.0)),
    "negative": Shape(draw=negative(0.1)),
    "half are 0": Shape(draw=often_zero),
    "no mean": Shape(draw=wild),
    "end of floats": Shape(draw=huge),
    "1 in 10 runs fails": Shape(failing=0.1, draw=lognormal(0.1), repetitions=20),
    "1 in 10 trials fails": Shape(failing_trials=0.1, draw=lognormal(0.1)),
    "2 repetitions": Shape(repetitions=2, draw=lognormal(0.1)),
    "1 repetition": Shape(repetitions=1, draw=lognormal(0.1)),
    "60 labels, 40 problems, 5 repetitions": Shape(60, 40, 5, draw=lognormal(0.1)),
}
PLANTS = {
    "loss 5 % worse": Planted(loss=0.05),
    "1 more run in 10 fails": Planted(failing=0.1),
    "1 more trial in 10 fails": Planted(failing_trials=0.1),
    "asks 1.3 times slower": Planted(slower=1.3),
}

PLANTED_IN = (
    "lognormal, spread 0.3",
    "spread 0.1, 20 repetitions",
    "one problem, 30 repetitions",
    "1 in 10 runs fails",
)
"""Elsewhere only the level is looked at."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rule = Rule(time=True)
    print(
        "| experiment | nothing changed: failed | "
        + " | ".join(f"{name}: caught (announced)" for name in PLANTS)
        + " |"
    )
    print("|---|" + "---:|" * (1 + len(PLANTS)))
    for name, shape in SHAPES.items():
        began = time.process_time()
        checks = given.checks if shape.labels * shape.problems < 1000 else max(10, given.checks // 10)
        quiet = replace(rule, power=False)
        cells = [f"{repeated(shape, checks, rule=quiet, seed=given.seed).failed:.1%}"]
        for planted in PLANTS.values():
            if name not in PLANTED_IN:
                cells.append("–")
                continue
            found = repeated(shape, given.checks // 2, planted, rule, seed=given.seed + 1)
            cells.append(f"{found.caught:.2f} ({found.announced:.2f})")
        print(f"| {name} | {' | '.join(cells)} |", f"<!-- {time.process_time() - began:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
