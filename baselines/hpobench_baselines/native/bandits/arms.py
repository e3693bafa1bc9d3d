"""From a task to arms: which configurations a bandit policy pulls, and how many pulls there will be.

A space of one categorical hyperparameter is a bandit as it stands: its choices are the arms. So is any finite space
of at most 64 combinations: each valid one is an arm. From any other space K configurations are drawn at random and
pulled at full fidelity. Wang, Audibert and Munos (NIPS 2008) show that K must grow like the square root of the
horizon T where arms near the best are as frequent as with uniformly distributed means; the automatic rule is K =
floor(sqrt(T)), at most 64, and 32 where T is unknown. The floor leaves every policy that eliminates arms in rounds
enough pulls for all of them.
"""

import math
from collections.abc import Hashable
from itertools import islice

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)

from hpobench_baselines.native.grid import full_evaluations, points, values
from hpobench_tui.core import Ask, Configuration, HpobenchError, Task
from hpobench_tui.core.configuration import key_of
from hpobench_tui.core.space import samples

MOST_ARMS = 64
ARMS_WITHOUT_HORIZON = 32
DRAWS_PER_ARM = 50
"""How often a finite space is drawn from for each arm that is wanted, before fewer arms are accepted."""


def arms(task: Task) -> list[Ask]:
    """One question for each arm, at full fidelity. Parameter ``arms``: how many, 0 for the automatic rule.

    Arms are distinct; where the space has fewer configurations than are wanted, all of them are arms.
    """
    wanted = int(task.parameters["arms"])
    size = combinations(task.space)
    only = next(iter(task.space.values())) if len(task.space) == 1 else None
    limit = wanted or (math.inf if isinstance(only, CategoricalHyperparameter) else MOST_ARMS)
    if size <= limit:
        every = {name: values(task.space[name], int(size) + 1) for name in task.space}
        return [Ask(configuration) for configuration in points(task.space, every)]
    if not wanted:
        pulls = horizon(task)
        wanted = ARMS_WITHOUT_HORIZON if pulls is None else min(MOST_ARMS, math.isqrt(pulls))
    drawn = samples(task.space, np.random.default_rng(task.seed))
    found: dict[Hashable, Configuration] = {}
    for configuration in islice(drawn, wanted * DRAWS_PER_ARM):
        found.setdefault(key_of(configuration), configuration)
        if len(found) == wanted:
            break
    return [Ask(configuration) for configuration in found.values()]


def combinations(space: ConfigurationSpace) -> float:
    """How many combinations of values there are, before conditions and forbiddens; infinity with a float."""
    size = 1
    for hyperparameter in space.values():
        match hyperparameter:
            case CategoricalHyperparameter(choices=choices) | OrdinalHyperparameter(sequence=choices):
                size *= len(choices)
            case IntegerHyperparameter(lower=lower, upper=upper):
                size *= int(upper) - int(lower) + 1
            case Constant():
                pass
            case _:
                return math.inf
    return size


def horizon(task: Task) -> int | None:
    """T, the number of pulls: the parameter ``horizon``, or what the budget pays for; None if neither says.

    At least one: a budget of less than a full evaluation buys one pull that is cut.
    """
    given = int(task.parameters.get("horizon", 0))
    if given:
        return given
    affordable = full_evaluations(task.budget, task.fidelity)
    return None if affordable is None else max(1, affordable)


def needed_horizon(task: Task, policy: str) -> int:
    """T for a policy that is not defined without it.

    Raises:
        HpobenchError: neither the parameter ``horizon`` nor the budget says what it is.
    """
    pulls = horizon(task)
    if pulls is None:
        raise HpobenchError(
            f"{policy} must know the number of pulls beforehand, which a budget of {task.budget} does not say. "
            "Set its parameter 'horizon', or give the budget in evaluations or fidelity units."
        )
    return pulls
