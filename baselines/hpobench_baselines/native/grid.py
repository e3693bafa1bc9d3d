"""Grid search: a full factorial over levels of every hyperparameter, each combination once, in a spread-out order.

*Levels.* Categoricals and ordinals take all their values. With ``resolution`` k > 0, a numeric hyperparameter takes k
levels from its lower to its upper bound, equally spaced (in the logarithm where it is searched so; rounded and
without repeats for integers); one level is the middle. With ``resolution`` 0, k is the largest for which the whole
grid is no larger than the number of full evaluations that the budget pays for; then, in the space's order, each
numeric hyperparameter gains one more level if the grid still fits. A budget in seconds does not say how many that is:
then k = 3. Where the values of the categoricals alone exceed the budget, so does the grid, with k = 1.

*Order.* The grid may still be cut (by seconds, or by a ``resolution`` too fine for the budget), so it is not walked
corner by corner: combination i of M is number i a mod M, where a is coprime to M and next to M / φ, φ the golden
ratio. That is a permutation, needs no memory and no seed, and spreads every prefix over the grid (a rank-1 lattice).

*Conditions and forbiddens.* Forbidden combinations are skipped. Of the combinations that differ only in inactive
hyperparameters, the one with the first level of each is taken, without them.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from ConfigSpace.util import deactivate_inactive_hyperparameters

from hpobench_tui.core import Ask, Budget, Complete, Fidelity, HpobenchError, Task, Trial, Value
from hpobench_tui.core.space import is_flat, plain_value, validator

GOLDEN_RATIO = (1 + math.sqrt(5)) / 2
RESOLUTION_WITHOUT_COUNT = 3


class GridSearch:
    """Complete when the grid is exhausted. Parameter ``resolution``."""

    def __init__(self, task: Task) -> None:
        resolution = int(task.parameters["resolution"])
        evaluations = full_evaluations(task.budget, task.fidelity)
        if resolution == 0 and evaluations is not None:
            levels = fitted_levels(task.space, evaluations)
        else:
            levels = {name: values(task.space[name], resolution or RESOLUTION_WITHOUT_COUNT) for name in task.space}
        self._points = points(task.space, levels)

    def ask(self) -> Ask:
        """The next combination.

        Raises:
            Complete: all were asked.
        """
        for configuration in self._points:
            return Ask(configuration)
        raise Complete

    def tell(self, trial: Trial) -> None:
        """Nothing is learnt from a trial."""


def full_evaluations(budget: Budget, fidelity: Fidelity | None) -> int | None:
    """How many evaluations at the maximum fidelity the budget pays for; None where it does not say (seconds)."""
    if budget.unit.counts_time:
        return None
    each = fidelity.maximum if fidelity and budget.unit.counts_fidelity else 1
    return budget.quanta(fidelity) // each


def values(hyperparameter: Hyperparameter[Any, Any], resolution: int) -> list[Value]:
    """The levels of one hyperparameter, in order: at most ``resolution`` for numeric ones, all for the others."""
    match hyperparameter:
        case CategoricalHyperparameter(choices=choices) | OrdinalHyperparameter(sequence=choices):
            return [plain_value(choice) for choice in choices]
        case Constant(value=value):
            return [plain_value(value)]
        case FloatHyperparameter() | IntegerHyperparameter():
            lower, upper, log = hyperparameter.lower, hyperparameter.upper, bool(getattr(hyperparameter, "log", False))
            ends = (math.log(lower), math.log(upper)) if log else (float(lower), float(upper))
            raw = np.linspace(*ends, resolution) if resolution > 1 else np.array([sum(ends) / 2])
            scaled = (np.exp(raw) if log else raw).clip(lower, upper)
            if isinstance(hyperparameter, FloatHyperparameter):
                return [float(v) for v in scaled]
            if resolution > upper - lower:
                return list(range(int(lower), int(upper) + 1))
            return sorted({int(v) for v in np.rint(scaled)})
    raise HpobenchError(f"grid: cannot lay levels through {hyperparameter}.")


def fitted_levels(space: ConfigurationSpace, evaluations: int) -> dict[str, list[Value]]:
    """The levels of the largest grid of at most ``evaluations`` points, by the module's rule."""
    most = {
        name: h.upper - h.lower + 1 if isinstance(h, IntegerHyperparameter) else evaluations + 1
        for name, h in space.items()
        if isinstance(h, (FloatHyperparameter, IntegerHyperparameter))
    }
    levels = {name: values(space[name], 1) for name in space}
    others = math.prod(len(level) for name, level in levels.items() if name not in most)

    def size(resolution: dict[str, int]) -> int:
        return others * math.prod(min(k, most[name]) for name, k in resolution.items())

    fits, too_many = 1, evaluations + 1  # the resolution common to all, by bisection
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if size(dict.fromkeys(most, middle)) <= evaluations:
            fits = middle
        else:
            too_many = middle
    resolution = dict.fromkeys(most, fits)
    for name in most:
        one_more = resolution | {name: fits + 1}
        if size(one_more) <= evaluations:
            resolution = one_more
    return levels | {name: values(space[name], k) for name, k in resolution.items()}


def points(space: ConfigurationSpace, levels: dict[str, list[Value]]) -> Iterator[dict[str, Value]]:
    """Every valid combination of the levels once, in the module's order."""
    total = math.prod(map(len, levels.values()))
    stride = coprime_near(total / GOLDEN_RATIO, total)
    flat = is_flat(space)
    free, invalid = without_forbiddens(space), validator(space)
    for i in range(total):
        rest = i * stride % total
        combination: dict[str, Value] = {}
        first: dict[str, bool] = {}
        for name, level in levels.items():
            rest, digit = divmod(rest, len(level))
            combination[name] = level[digit]
            first[name] = digit == 0
        if flat:
            yield combination
            continue
        active = set(deactivate_inactive_hyperparameters(combination, free))  # names: it rounds values
        if all(is_first for name, is_first in first.items() if name not in active):
            configuration = {name: value for name, value in combination.items() if name in active}
            if invalid(configuration) is None:
                yield configuration


def without_forbiddens(space: ConfigurationSpace) -> ConfigurationSpace:
    """The hyperparameters and conditions alone: a forbidden clause on an inactive hyperparameter forbids nothing."""
    free = ConfigurationSpace()
    free.add(*space.values(), *space.conditions)
    return free


def coprime_near(target: float, total: int) -> int:
    """The integer nearest to ``target`` that shares no factor with ``total`` (which is at least 1)."""
    middle = max(1, round(target))
    distance = 0
    while True:
        for candidate in (middle - distance, middle + distance):
            if candidate > 0 and math.gcd(candidate, total) == 1:
                return candidate
        distance += 1
