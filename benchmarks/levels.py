"""What regret a configuration drawn at random has, problem by problem: where targets of the regret begin.

    python -m benchmarks.levels [--draws 10001] [--seconds 60] [PROBLEM ...]

Draws from each problem's space at the full fidelity and takes the quartiles of the (noise-free) losses, less the
reference. Beside them stand the targets that the problem pins, and how many of those half of all draws reach at once.
The rule: they begin near the median, as where most are reached at once, or none is for long, nothing is measured.
Problems whose draws do not fit into ``--seconds`` (at least 25 do, or they are left out) say how many there were.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from hpobench_tui import plugins
from hpobench_tui.core import HpobenchError, ProblemInfo, TrainingError
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.problem import RoundProblem
from hpobench_tui.core.seeds import derive
from hpobench_tui.core.space import samples
from hpobench_tui.core.targets import COCO

FEWEST = 25


@dataclass(frozen=True, slots=True)
class Level:
    """Quartiles of the regret of ``draws`` random configurations."""

    lower: float
    median: float
    upper: float
    draws: int

    def reached(self, targets: tuple[float, ...]) -> float:
        """The share of targets that half of all draws reach."""
        return sum(self.median <= target for target in targets) / len(targets)


def measure(info: ProblemInfo, draws: int, seconds: float = 60.0) -> Level | None:
    """The level of a problem; None where it costs too much.

    Raises:
        HpobenchError: it cannot be loaded.
    """
    draws = min(draws, int(seconds / max(info.seconds, 1e-6)))
    if draws < FEWEST:
        return None
    problem, regrets = plugins.load_problem(info), []
    full = info.fidelity.maximum if info.fidelity else 1
    drawn = samples(problem.space(), np.random.default_rng(0))
    for number in range(draws):
        configuration, seed = next(drawn), derive(0, "levels", number)
        if isinstance(problem, RoundProblem):
            training = problem.start_round(configuration, 0, "cpu", 0)
        else:
            training = problem.start(configuration, seed, "cpu")
        try:
            report = training.advance(full)
        except TrainingError:
            continue
        regrets.append((report.loss if report.truth is None else report.truth) - info.reference.loss)
    return Level(*(float(value) for value in np.nanquantile(regrets, (0.25, 0.5, 0.75))), len(regrets))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--draws", type=int, default=10_001)
    parser.add_argument("--seconds", type=float, default=60.0, help="of trainings, for a problem")
    given = parser.parse_args()
    registry = plugins.problems()
    chosen = [registry[name] for name in given.problems] or [info for info in registry if info.same_as is None]
    print(f"{'problem':42} {'25 %':>10} {'median':>10} {'75 %':>10} {'draws':>6}  targets")
    for info in chosen:
        targets = info.targets or COCO
        said = f"{targets[0]:g} … {targets[-1]:g} ({len(targets)})"
        try:
            level = None if missing(info) else measure(info, given.draws, given.seconds)
        except HpobenchError as error:
            print(f"{info.id}: {error}", file=sys.stderr)
            level = None
        if level is None:
            print(f"{info.id:42} {'not measured':>41}  {said}")
            continue
        numbers = f"{level.lower:10.4g} {level.median:10.4g} {level.upper:10.4g} {level.draws:6}"
        print(f"{info.id:42} {numbers}  {said}, {level.reached(targets):.0%} at once")


if __name__ == "__main__":
    main()
