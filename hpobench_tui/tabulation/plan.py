"""What is to be trained: configurations, training seeds, and the fidelities at which each training reports.

The configurations are those of the registered optimizer ``sobol`` in their order, without repetitions: the first n are
the same whatever n and the number of training seeds are, so a table can be extended. Seed k of a table is the seed of
the k-th repetition of an experiment with the table's sample seed, common to all configurations.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from ConfigSpace import ConfigurationSpace

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.configuration import Configuration, key_of
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Task
from hpobench_tui.core.problem import Fidelity, ProblemInfo, RoundProblem
from hpobench_tui.core.seeds import derive, problem_seed
from hpobench_tui.core.space import space_of

DESIGN = "sobol"
MOST_LEVELS = 100
"""Of a training's reports; finer steps are thinned evenly."""
RATIO = 3
"""Between the fidelities of a problem that has to train anew for each."""
REPEATS = 1000
"""Repeated configurations in a row until a space counts as exhausted."""


@dataclass(frozen=True)
class Plan:
    """A table to be made.

    Attributes:
        problem: The description; ``space`` its configuration space.
        sample_seed: Decides the configurations and the seeds of the trainings.
        configurations: (N,) in the order of the design.
        seeds: (S,) of the trainings.
        levels: Rising fidelities, the last the maximum; (1,) for a problem without fidelity.
        stepwise: One training is advanced through all levels; else each level is trained from scratch.
    """

    problem: ProblemInfo
    space: ConfigurationSpace
    sample_seed: int
    configurations: tuple[Configuration, ...]
    seeds: tuple[int, ...]
    levels: tuple[int, ...]
    stepwise: bool

    def trainings(self) -> Iterator[tuple[int, int]]:
        """(configuration, seed) indices: all configurations with the first seed, then all with the second, ..."""
        return ((i, k) for k in range(len(self.seeds)) for i in range(len(self.configurations)))


def make_plan(problem: ProblemInfo, configurations: int, seeds: int, sample_seed: int) -> Plan:
    """The plan of a table.

    Raises:
        HpobenchError: the space has fewer configurations, or losses depend on when they are asked for.
    """
    loaded = plugins.load_problem(problem)
    if isinstance(loaded, RoundProblem):
        raise HpobenchError(
            f"{problem.id} cannot be tabulated: its losses depend on the round in which they are asked."
        )
    return Plan(
        problem,
        space_of(loaded),
        sample_seed,
        tuple(design(loaded.space(), problem, configurations, sample_seed)),
        tuple(problem_seed(sample_seed, problem.id, k) for k in range(seeds)),
        levels(problem.fidelity),
        problem.fidelity is None or problem.fidelity.resumable or problem.fidelity.step is not None,
    )


def design(space: ConfigurationSpace, problem: ProblemInfo, count: int, sample_seed: int) -> Iterator[Configuration]:
    """The first ``count`` distinct configurations of the design.

    Raises:
        HpobenchError: the space has fewer.
    """
    info = plugins.optimizers()[DESIGN]
    task = Task(
        space,
        problem.fidelity,
        Budget.of(count, Unit.EVALUATIONS),
        derive(sample_seed, "tabulate", problem.id),
        info.settings({}),
    )
    optimizer, repeats = plugins.build_optimizer(info, task), 0
    seen: set[Hashable] = set()
    while len(seen) < count:
        configuration = dict(optimizer.ask().configuration)
        if (key := key_of(configuration)) not in seen:
            seen.add(key)
            repeats = 0
            yield configuration
        elif (repeats := repeats + 1) == REPEATS:
            raise HpobenchError(
                f"{problem.id} seems to have only {len(seen)} different configurations;"
                f" ask for at most as many, not {count}."
            )


def levels(fidelity: Fidelity | None) -> tuple[int, ...]:
    """Where a training reports.

    Every ``step`` of the fidelity, thinned to :data:`MOST_LEVELS`. Without a step, a resumable training reports at
    every unit, likewise thinned, and one that is not resumable is made anew at a few geometrically spaced fidelities.
    """
    if fidelity is None:
        return (1,)
    low, high = fidelity.minimum, fidelity.maximum
    if fidelity.step is None and not fidelity.resumable:
        found = {high}
        while (high := -(-high // RATIO)) > low:
            found.add(high)
        return tuple(sorted(found | {low}))
    step = fidelity.step or 1
    reports = [r for r in range(step, high, step) if r > low]
    thinned = reports[:: -(-len(reports) // (MOST_LEVELS - 2))] if reports else []
    return tuple(sorted({low, high, *thinned}))
