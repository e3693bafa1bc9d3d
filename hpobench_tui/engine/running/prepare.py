"""What a run needs that is made once, before the first question: the problem, the optimizer, and what checks it."""

from collections.abc import Callable
from dataclasses import dataclass

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.optimizer import Optimizer, Pruner, Task
from hpobench_tui.core.space import encoder, space_of, validator
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.bench import Bench, own_context, step_of, trainings_of
from hpobench_tui.engine.running.seeding import seed_globals
from hpobench_tui.plugins import build_optimizer, load_problem


@dataclass(frozen=True, slots=True)
class Prepared(Bench):
    """A run that can begin.

    Attributes:
        pruner: The optimizer, if it looks at reports.
        invalid: What is wrong with a configuration, or None.
        encode: A configuration as the store keeps it.
    """

    optimizer: Optimizer
    pruner: Pruner | None
    invalid: Callable[[Configuration], str | None]
    encode: Callable[[Configuration], str]


def prepare(task: RunTask) -> Prepared:
    """Load the problem and build the optimizer; raises whatever they do."""
    seed_globals(task.optimizer_seed)
    info, context = task.problem, own_context()
    problem = context.run(load_problem, info)
    space = context.run(space_of, problem)
    trainings = trainings_of(task, problem)
    invalid, encode = validator(space), encoder(space)
    wanted = Task(space, info.fidelity, task.budget, task.optimizer_seed, task.parameters, info.loss_range)
    optimizer = build_optimizer(task.optimizer, wanted)
    pruner = optimizer if isinstance(optimizer, Pruner) else None
    step = step_of(task, pruner is not None)
    return Prepared(trainings, context, step, optimizer, pruner, invalid, encode)
