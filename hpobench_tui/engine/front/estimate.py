"""What an experiment will cost, from the problems' own figures and the optimizers' measured ones; and what is left of
it, from what it took so far.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2

from hpobench_tui import plugins
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.cost import own_seconds
from hpobench_tui.core.experiment import Experiment, RunKey
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import Fidelity, ProblemInfo
from hpobench_tui.core.progress import DIGITS
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
        disk_bytes: Of the store, without learning curves. None where the budget of a problem is simulated time.
    """

    objective_seconds: dict[str, float | None]
    runs: dict[str, int]
    workers: int
    optimizer_seconds: float
    overhead_seconds: float
    unknown: tuple[str, ...]
    seconds: float
    disk_bytes: float | None


START_SECONDS, RUN_SECONDS, TRIAL_SECONDS = 1.5, 0.007, 8e-6
"""Of one core, about: a worker until its libraries are there, a run beside its trials, and a trial beside its asking,
evaluating and telling (docs/speed.md)."""
LEAST_SECONDS = 5e-6
"""Of an evaluation, whatever it computes."""
PROCESS_SECONDS, MESSAGE_SECONDS = 0.3, 5e-4
"""Of one core, about: an evaluation process until it is ready, without its problem's libraries; and that a trial goes
to one and comes back, on both sides (docs/parallel.md)."""
STORE_BYTES, RUN_BYTES, TRIAL_BYTES, PROGRESS_BYTES, REPORT_BYTES = 220_000, 500, 120, 62, 24
"""On disk, about: an empty store, a run, a trial beside its configuration, a row of progress, a report on the way
without its metrics. Measured with SQLite's ``dbstat`` on stores of 120 to 10,000 runs and 3,600 to a million trials
(2026-11-28), and of 208,000 reports (2026-11-29); a test holds them against a store that it writes."""
NUMBER_BYTES, CHOICE_BYTES = 26, 16
"""Of a configuration, about: a float with its name; any other hyperparameter."""
USUAL_ETA = 3
"""The halving rate of optimizers that choose fidelities and have no parameter of that name."""


def estimate(experiment: Experiment, keys: Sequence[RunKey] | None = None) -> Estimate:
    """Before anything has run; ``keys``: of these runs, instead of all."""
    if keys is None and experiment.shard:
        keys = experiment.runs()
    counts = _pairs(experiment) if keys is None else Counter((key.problem, key.contender.label) for key in keys)
    runs: dict[str, int] = defaultdict(int)
    for (problem, _), n in counts.items():
        runs[problem] += n
    infos = plugins.problems().beside(experiment.code.problems)
    optimizers = plugins.optimizers().beside(experiment.code.optimizers)
    simulated = experiment.simulation is not None
    each: dict[str, float | None] = {}
    for problem, n in runs.items():
        seconds = run_seconds(infos[problem], experiment.budgets[problem], simulated)
        if seconds is not None and experiment.budgets[problem].unit is Unit.SECONDS:
            seconds *= experiment.evaluations or 1  # of the clock, on which so many cores work
        each[problem] = None if seconds is None else seconds * n
    workers = max(1, min(devices.places(experiment.workers, experiment.evaluations), sum(runs.values())))
    own, overhead, disk = 0.0, 0.0, float(STORE_BYTES)
    unknown: dict[str, None] = {}
    of_label = {contender.label: contender.optimizer for contender in experiment.contenders}
    for (problem, label), n in counts.items():
        if each[problem] is None:
            continue
        info, optimizer = infos[problem], optimizers[of_label[label]]
        trials = run_trials(info, optimizer, experiment.budgets[problem])
        if experiment.budgets[problem].unit is Unit.SECONDS:
            trials *= experiment.evaluations or 1
        overhead += n * (RUN_SECONDS + TRIAL_SECONDS * trials)
        if experiment.evaluations:
            overhead += n * (PROCESS_SECONDS * experiment.evaluations + MESSAGE_SECONDS * trials)
        disk += n * run_bytes(info, trials, experiment.record, experiment.curves)
        if optimizer.cost:
            own += n * own_seconds(optimizer.cost, info.dimensions.total, trials)
        else:
            unknown[label] = None
    if overhead:
        overhead += START_SECONDS * workers
    total = sum(filter(None, each.values())) + own + overhead
    busy = min(workers * (experiment.evaluations or 1), devices.cores())
    return Estimate(
        each, dict(runs), workers, own, overhead, tuple(unknown), total / busy,
        None if None in each.values() else disk,
    )  # fmt: skip


def _pairs(experiment: Experiment) -> dict[tuple[str, str], int]:
    """How many runs each pair of problem and label has."""
    left_out = {(problem, label) for problem, label, _ in experiment.skipped}
    repetitions = len(experiment.repetitions_here())
    return {
        (problem, contender.label): repetitions
        for problem in experiment.problems
        for contender in experiment.contenders
        if (problem, contender.label) not in left_out
    }


def run_bytes(problem: ProblemInfo, trials: float, record: int | None, curves: bool = False) -> float:
    """Of the store, what a run of so many trials takes, of which ``record`` (None: all) are kept one by one.

    Args:
        curves: With a report at each step of the fidelity.
    """
    dimensions = problem.dimensions
    configuration = NUMBER_BYTES * dimensions.floats + CHOICE_BYTES * (dimensions.total - dimensions.floats)
    kept = trials if record is None else min(trials, record)
    most = 2**DIGITS  # up to which each trial has a row of progress; then half as many an octave
    rows = trials if trials <= most else most + most / 2 * log2(trials / most)
    reports = 0.0
    if curves and problem.fidelity and problem.fidelity.step:
        reports = REPORT_BYTES * problem.fidelity.maximum / problem.fidelity.step
    return RUN_BYTES + (TRIAL_BYTES + configuration + reports) * kept + PROGRESS_BYTES * rows


def run_trials(problem: ProblemInfo, optimizer: OptimizerInfo, budget: Budget) -> float:
    """About how many trials one run's budget buys; of optimizers that choose fidelities, as Hyperband does."""
    eta = None
    if optimizer.capabilities.multi_fidelity:
        given = (p.default for p in optimizer.parameters if p.name == "eta" and type(p.default) is int)
        eta = max(int(next(given, USUAL_ETA)), 2)
    return _trials(problem.fidelity, problem.seconds, budget, eta)


@lru_cache(maxsize=4096)
def _trials(fidelity: Fidelity | None, seconds: float, budget: Budget, eta: int | None) -> float:
    """``eta``: the halving rate of Hyperband; None: all trials are full ones."""
    if budget.unit.counts_time:
        return float(budget.amount) / max(seconds, LEAST_SECONDS)
    quanta = budget.quanta(fidelity)
    if fidelity is None or not budget.unit.counts_fidelity:
        return float(quanta)
    if eta is None:
        return quanta / fidelity.maximum
    brackets = hyperband(eta, fidelity.maximum, minimum=fidelity.minimum)
    trials = sum(rung.configurations for bracket in brackets for rung in bracket.rungs)
    continued = budget.unit is Unit.FIDELITY_CONTINUED
    units = sum(bracket.continued if continued else bracket.from_scratch for bracket in brackets)
    return min(quanta * trials / units, float(quanta))


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
            whole = usual_seconds(infos[run.problem], experiment)
        else:
            whole = 0.0
        own = whole * (1 - run.progress)
        left, longest = left + own, max(longest, own)
    return max(left / at_a_time(experiment), longest)


def usual_seconds(problem: ProblemInfo, experiment: Experiment) -> float:
    """What a run on a problem takes by its description, on the cores that it has; 0 where nobody knows."""
    budget, evaluations = experiment.budgets[problem.id], experiment.evaluations or 1
    seconds = run_seconds(problem, budget, experiment.simulation is not None) or 0.0
    return seconds if budget.unit is Unit.SECONDS else seconds / min(evaluations, devices.cores())


def at_a_time(experiment: Experiment) -> int:
    """How many runs go on at a time on this machine's cores, where there are enough."""
    return min(devices.places(experiment.workers, experiment.evaluations), devices.cores())
