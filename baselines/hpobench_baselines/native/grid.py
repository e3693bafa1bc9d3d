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
from ConfigSpace.hyperparameters import FloatHyperparameter, Hyperparameter, IntegerHyperparameter

from hpobench_tui.core import Ask, Budget, Choice, Complete, Fidelity, HpobenchError, Task, Trial
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.values import choices_of

GOLDEN_RATIO = (1 + math.sqrt(5)) / 2
RESOLUTION_WITHOUT_COUNT = 3


class GridSearch:
    """Complete when the grid is exhausted. Parameter ``resolution``.

    Six evaluations pay for three levels of ``x``, and prefixes are spread out:

    >>> from hpobench_baselines.native import GRID
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> grid = GridSearch(task(GRID, {"x": (0.0, 1.0), "kind": ["a", "b"]}, budget=6))
    >>> [(t.configuration["kind"], t.configuration["x"]) for t in play(grid, lambda c: 0.0, 6)]
    [('a', 0.0), ('b', 1.0), ('a', 1.0), ('b', 0.5), ('a', 0.5), ('b', 0.0)]
    """

    def __init__(self, task: Task) -> None:
        resolution = int(task.parameters["resolution"])
        evaluations = full_evaluations(task.budget, task.fidelity)
        if resolution == 0 and evaluations is not None:
            levels = fitted_levels(task.space, evaluations)
        else:
            levels = {name: values(task.space[name], resolution or RESOLUTION_WITHOUT_COUNT) for name in task.space}
        self._points = points(task.space, levels)
        self._size = math.prod(map(len, levels.values()))
        self._asked = False

    def ask(self) -> Ask:
        """The next combination.

        Raises:
            Complete: all were asked.
            HpobenchError: all of them are forbidden.
        """
        for configuration in self._points:
            self._asked = True
            return Ask(configuration)
        if not self._asked:
            raise HpobenchError(
                f"grid: forbidden clauses leave nothing of its {self._size} combinations. Set a finer resolution."
            )
        raise Complete

    def tell(self, trial: Trial) -> None:
        """Nothing is learnt from a trial."""


def full_evaluations(budget: Budget, fidelity: Fidelity | None) -> int | None:
    """How many evaluations at the maximum fidelity the budget pays for; None where it does not say (seconds)."""
    if budget.unit.counts_time:
        return None
    each = fidelity.maximum if fidelity and budget.unit.counts_fidelity else 1
    return budget.quanta(fidelity) // each


def values(hyperparameter: Hyperparameter[Any, Any], resolution: int) -> list[Choice]:
    """The levels of one hyperparameter, in order: at most ``resolution`` for numeric ones, all for the others."""
    if (choices := choices_of(hyperparameter)) is not None:
        return list(choices)
    if not isinstance(hyperparameter, FloatHyperparameter | IntegerHyperparameter):
        raise HpobenchError(f"grid: cannot lay levels through {hyperparameter}.")
    lower, upper, log = hyperparameter.lower, hyperparameter.upper, bool(getattr(hyperparameter, "log", False))
    ends = (math.log(lower), math.log(upper)) if log else (float(lower), float(upper))
    raw = np.linspace(*ends, resolution) if resolution > 1 else np.array([sum(ends) / 2])
    scaled = (np.exp(raw) if log else raw).clip(lower, upper)
    if isinstance(hyperparameter, FloatHyperparameter):
        return [float(v) for v in scaled]
    if resolution > upper - lower:
        return list(range(int(lower), int(upper) + 1))
    return [*sorted({int(v) for v in np.rint(scaled)})]


def fitted_levels(space: ConfigurationSpace, evaluations: int) -> dict[str, list[Choice]]:
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


def points(space: ConfigurationSpace, levels: dict[str, list[Choice]]) -> Iterator[dict[str, Choice]]:
    """Every valid combination of the levels once, in the module's order."""
    total = math.prod(map(len, levels.values()))
    stride = coprime_near(total / GOLDEN_RATIO, total)
    rules = Rules(space)
    for i in range(total):
        rest = i * stride % total
        combination: dict[str, Choice] = {}
        first: dict[str, bool] = {}
        for name, level in levels.items():
            rest, digit = divmod(rest, len(level))
            combination[name] = level[digit]
            first[name] = digit == 0
        active = rules.active(combination)
        is_first = all(first[name] for name in combination if name not in active)
        if is_first and rules.forbidden_by(active) is None:
            yield active


def coprime_near(target: float, total: int) -> int:
    """The integer nearest to ``target`` that shares no factor with ``total`` (which is at least 1)."""
    middle = max(1, round(target))
    distance = 0
    while True:
        for candidate in (middle - distance, middle + distance):
            if candidate > 0 and math.gcd(candidate, total) == 1:
                return candidate
        distance += 1
