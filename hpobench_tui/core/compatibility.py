"""Which optimizer can run on which problem, said before anything runs and without importing either."""

from importlib.util import find_spec

from hpobench_tui.core.command import CommandInfo
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.simulation import Simulation


def refusal(problem: ProblemInfo, optimizer: OptimizerInfo) -> str | None:
    """Why the pair cannot run, or None if it can."""
    can, dimensions = optimizer.capabilities, problem.dimensions
    if can.needs_fidelity and problem.fidelity is None:
        return f"{optimizer.name} needs a fidelity, which {problem.id} does not have"
    if can.needs_reports and problem.fidelity is not None and problem.fidelity.step is None:
        return f"{optimizer.name} stops trainings early, and those of {problem.id} report only at their end"
    if can.needs_resumable and problem.fidelity is not None and not problem.fidelity.resumable:
        return f"{optimizer.name} takes trainings further, and those of {problem.id} cannot be resumed"
    if not can.categoricals and (dimensions.categoricals or dimensions.ordinals):
        return f"{optimizer.name} cannot take the categorical hyperparameters of {problem.id}"
    if not can.conditions and dimensions.conditions:
        return f"{optimizer.name} cannot take the conditional hyperparameters of {problem.id}"
    if not can.forbiddens and dimensions.forbiddens:
        return f"{optimizer.name} cannot take the forbidden combinations of {problem.id}"
    return None


def not_simulated(problem: ProblemInfo, optimizer: OptimizerInfo, simulation: Simulation) -> str | None:
    """Why the pair cannot run on that simulated clock, or None if it can."""
    if not problem.costs:
        return f"{problem.id} has no cost model, which a simulated clock needs"
    return not_side_by_side(optimizer, simulation.workers)


def not_side_by_side(optimizer: OptimizerInfo, pending: int) -> str | None:
    """Why so many trials of a run cannot be pending, on either clock, or None if they can."""
    if pending > 1 and not optimizer.capabilities.pending:
        return f"{optimizer.name} cannot have {pending} trials at a time"
    return None


def missing(*subjects: ProblemInfo | OptimizerInfo | CommandInfo) -> str | None:
    """Who lacks which extra, with one command that mends it; None if all is there. Imports nothing to find out."""
    lacking = absent(*subjects)
    if not lacking:
        return None
    extras = ",".join(sorted(set(lacking.values())))
    needs = "needs a missing extra" if len(lacking) == 1 else "need missing extras"
    return f"{', '.join(lacking)} {needs}; install with: pip install 'hpobench-tui[{extras}]'"


def absent(*subjects: ProblemInfo | OptimizerInfo | CommandInfo) -> dict[str, str]:
    """Who lacks something, to the extra that brings it. Imports nothing to find out."""
    return {
        (subject.id if isinstance(subject, ProblemInfo) else subject.name): extra
        for subject in subjects
        for module, extra in subject.requires.items()
        if not is_there(module)
    }


def is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the parent of a dotted name is missing
        return False
