"""What an experiment will cost, from the problems' own figures."""

from collections import Counter
from dataclasses import dataclass

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.engine import devices


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of objectives on one core by problem, runs by problem, and wall-clock seconds with ``workers``."""

    objective_seconds: dict[str, float]
    runs: dict[str, int]
    workers: int
    seconds: float


def estimate(experiment: Experiment) -> Estimate:
    """Without the optimizers' own time, which nobody knows beforehand."""
    runs = dict(Counter(key.problem for key in experiment.runs()))
    infos = plugins.problems()
    each = {problem: run_seconds(infos[problem], experiment.budgets[problem]) * n for problem, n in runs.items()}
    workers = min(experiment.workers or devices.cores(), sum(runs.values()))
    return Estimate(each, runs, workers, sum(each.values()) / min(workers, devices.cores()))


def run_seconds(problem: ProblemInfo, budget: Budget) -> float:
    """Seconds of objective that one run's budget buys on one core; evaluations are taken as full ones."""
    if budget.unit is Unit.SECONDS:
        return float(budget.amount)
    full = problem.fidelity.maximum if problem.fidelity and budget.unit.counts_fidelity else 1
    return budget.quanta(problem.fidelity) / full * problem.seconds
