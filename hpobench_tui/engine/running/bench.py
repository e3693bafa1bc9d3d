"""What trials of a run are evaluated with, wherever that is: the problem's trainings, and its own context.

Without the optimizer and the space, so that a process that only evaluates starts in no time.
"""

import decimal
from contextvars import Context, copy_context
from dataclasses import dataclass

from hpobench_tui.core.problem import Problem
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.trainings import Trainings


@dataclass(frozen=True, slots=True)
class Bench:
    """What evaluates trials.

    Attributes:
        context: The problem's: what it sets is not what the optimizer finds.
        step: Fidelity between reports where somebody looks at them: a pruner, a deadline, or who wants learning curves.
    """

    trainings: Trainings
    context: Context
    step: int | None


def trainings_of(task: RunTask, problem: Problem) -> Trainings:
    """Those of a run, none yet."""
    keep = task.optimizer.capabilities.multi_fidelity
    return Trainings(task.problem, problem, task.problem_seed, task.device, keep)


def step_of(task: RunTask, pruned: bool) -> int | None:
    """``Bench.step``."""
    looked_at = pruned or task.budget.unit.counts_time or task.curves
    return task.problem.fidelity.step if task.problem.fidelity and looked_at else None


def own_context() -> Context:
    """A copy of the current context, with a decimal context of its own: that is an object, which copies share."""
    context = copy_context()
    context.run(lambda: decimal.setcontext(decimal.getcontext().copy()))
    return context
