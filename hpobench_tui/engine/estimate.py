"""What an experiment will cost, from the problems' own figures; and what is left of it, from what it took so far."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.engine import devices
from hpobench_tui.store.reader import RunRow


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of objectives on one core by problem, runs by problem, and wall-clock seconds with ``workers``.

    A problem whose budget is simulated time has None, and is left out of the sum: nobody knows how much it buys.
    """

    objective_seconds: dict[str, float | None]
    runs: dict[str, int]
    workers: int
    seconds: float


def estimate(experiment: Experiment) -> Estimate:
    """Without the optimizers' own time, which nobody knows beforehand."""
    runs = dict(Counter(key.problem for key in experiment.runs()))
    infos = plugins.problems()
    simulated = experiment.simulation is not None
    each: dict[str, float | None] = {}
    for problem, n in runs.items():
        seconds = run_seconds(infos[problem], experiment.budgets[problem], simulated)
        each[problem] = None if seconds is None else seconds * n
    workers = min(experiment.workers or devices.cores(), sum(runs.values()))
    return Estimate(each, runs, workers, sum(filter(None, each.values())) / min(workers, devices.cores()))


def run_seconds(problem: ProblemInfo, budget: Budget, simulated: bool) -> float | None:
    """Real seconds of objective that one run's budget buys on one core; evaluations are taken as full ones.

    None: the budget is time on a simulated clock.
    """
    if simulated and budget.unit.counts_time:
        return None
    if budget.unit in (Unit.SECONDS, Unit.DEVICE_SECONDS):
        return float(budget.amount)
    full = problem.fidelity.maximum if problem.fidelity and budget.unit.counts_fidelity else 1
    return budget.quanta(problem.fidelity) / full * problem.seconds


def progress(runs: Sequence[RunRow]) -> float:
    """Spent share of all budgets, 0 to 1."""
    return sum(run.progress for run in runs) / len(runs) if runs else 1.0


def remaining(experiment: Experiment, runs: Sequence[RunRow]) -> float:
    """Seconds to go: a run takes what ended runs of its pair took, else what its own pace says, else what ended runs on
    its problem took, else what its problem's description says.
    """
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run in runs:
        if run.status in ("done", "complete"):
            took[run.problem, run.label].append(run.seconds)
            took[run.problem, ""].append(run.seconds)
    infos = plugins.problems()
    left, longest = 0.0, 0.0
    for run in runs:
        if run.status not in ("waiting", "running"):
            continue
        if pair := took[run.problem, run.label]:
            whole = sum(pair) / len(pair)
        elif run.progress > 0:
            whole = run.seconds / run.progress
        elif others := took[run.problem, ""]:
            whole = sum(others) / len(others)
        elif run.problem in infos:
            budget = experiment.budgets[run.problem]
            whole = run_seconds(infos[run.problem], budget, experiment.simulation is not None) or 0.0
        else:
            whole = 0.0
        own = whole * (1 - run.progress)
        left, longest = left + own, max(longest, own)
    return max(left / min(experiment.workers or devices.cores(), devices.cores()), longest)
