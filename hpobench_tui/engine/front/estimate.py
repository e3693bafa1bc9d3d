"""What an experiment will cost, from the problems' own figures and the optimizers' measured ones; and what is left of
it, from what it took so far.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.cost import own_seconds
from hpobench_tui.core.experiment import Experiment, RunKey
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.executors import devices
from hpobench_tui.store.reader import RunRow


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the runs will take.

    Attributes:
        objective_seconds: Of one core, by problem. None where the budget is simulated time: nobody knows how much that
            buys, and the problem is left out of all sums.
        runs: By problem.
        optimizer_seconds: Of one core: asks and tells of the optimizers whose cost was measured.
        overhead_seconds: Of one core: starting workers and runs, recording trials.
        unknown: Labels of the other optimizers.
        seconds: On the clock, with ``workers``: all of that together.
    """

    objective_seconds: dict[str, float | None]
    runs: dict[str, int]
    workers: int
    optimizer_seconds: float
    overhead_seconds: float
    unknown: tuple[str, ...]
    seconds: float


START_SECONDS, RUN_SECONDS, TRIAL_SECONDS = 1.5, 0.007, 8e-6
"""Of one core, about: a worker until its libraries are there, a run beside its trials, and a trial beside its asking,
evaluating and telling (docs/speed.md)."""
LEAST_SECONDS = 5e-6
"""Of an evaluation, whatever it computes."""
SHORT_TRIALS = 5
"""Trials of a budget that would train one fully, about, where the optimizer chooses fidelities itself."""


def estimate(experiment: Experiment, keys: Sequence[RunKey] | None = None) -> Estimate:
    """Before anything has run; ``keys``: of these runs, instead of all."""
    keys = experiment.runs() if keys is None else keys
    runs = dict(Counter(key.problem for key in keys))
    infos = plugins.problems().beside(experiment.code.problems)
    optimizers = plugins.optimizers().beside(experiment.code.optimizers)
    simulated = experiment.simulation is not None
    each: dict[str, float | None] = {}
    for problem, n in runs.items():
        seconds = run_seconds(infos[problem], experiment.budgets[problem], simulated)
        each[problem] = None if seconds is None else seconds * n
    workers = max(1, min(experiment.workers or devices.cores(), sum(runs.values())))
    own, overhead = 0.0, 0.0
    unknown: dict[str, None] = {}
    for key in keys:
        if each[key.problem] is None:
            continue
        info, optimizer = infos[key.problem], optimizers[key.contender.optimizer]
        trials = run_trials(info, optimizer, experiment.budgets[key.problem])
        overhead += RUN_SECONDS + TRIAL_SECONDS * trials
        if optimizer.cost:
            own += own_seconds(optimizer.cost, info.dimensions.total, trials)
        else:
            unknown[key.contender.label] = None
    if overhead:
        overhead += START_SECONDS * workers
    total = sum(filter(None, each.values())) + own + overhead
    return Estimate(each, runs, workers, own, overhead, tuple(unknown), total / min(workers, devices.cores()))


def run_trials(problem: ProblemInfo, optimizer: OptimizerInfo, budget: Budget) -> float:
    """About how many trials one run's budget buys."""
    if budget.unit.counts_time:
        return float(budget.amount) / max(problem.seconds, LEAST_SECONDS)
    quanta = budget.quanta(problem.fidelity)
    if problem.fidelity is None or not budget.unit.counts_fidelity:
        return float(quanta)
    full = quanta / problem.fidelity.maximum
    return min(full * SHORT_TRIALS, float(quanta)) if optimizer.capabilities.multi_fidelity else full


def run_seconds(problem: ProblemInfo, budget: Budget, simulated: bool) -> float | None:
    """Real seconds of objective that one run's budget buys on one core; evaluations are taken as full ones.

    None: the budget is time on a simulated clock.
    """
    if budget.unit.counts_time:
        return None if simulated else float(budget.amount)
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
        if run.status.finished:
            took[run.problem, run.label].append(run.seconds)
            took[run.problem, ""].append(run.seconds)
    infos = plugins.problems().beside(experiment.code.problems)
    left, longest = 0.0, 0.0
    for run in runs:
        if run.status.at_rest:
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
