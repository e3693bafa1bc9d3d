"""Configurations that differ from one in one hyperparameter: the steps of a local search (Hutter et al., LION 2011)."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import Hyperparameter

from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.space import default_value
from hpobench_tui.core.values import choices_of

STEPS = 4
"""Other values of a number."""


class Neighbourhood:
    """The neighbours of a space's configurations.

    All other values of a choice, some near ones of a number. What becomes active by a step is at its default; forbidden
    combinations are left out.
    """

    def __init__(self, space: ConfigurationSpace) -> None:
        self._space, self._rules = space, Rules(space)
        self._defaults = {name: default_value(hyperparameter) for name, hyperparameter in space.items()}

    def of(self, configuration: Configuration, rng: np.random.Generator, width: float) -> Iterator[dict[str, Choice]]:
        """The neighbours of a valid configuration.

        Args:
            width: The standard deviation of a number's step, as a share of its range.
        """
        for name, value in configuration.items():
            for other in _others(self._space[name], value, rng, width):
                near = self._rules.active(self._defaults | dict(configuration) | {name: other})
                if self._rules.forbidden_by(near) is None:
                    yield near


def _others(
    hyperparameter: Hyperparameter[Any, Any], value: Any, rng: np.random.Generator, width: float
) -> list[Choice]:
    if (choices := choices_of(hyperparameter)) is not None:
        return [choice for choice in choices if choice != value]
    number: Any = hyperparameter
    lower, upper, log = number.lower, number.upper, bool(getattr(number, "log", False))
    low, high, at = (math.log(v) if log else float(v) for v in (lower, upper, value))
    steps = np.clip(at + width * (high - low) * rng.standard_normal(STEPS), low, high)
    near = [min(max(math.exp(v) if log else v, lower), upper) for v in steps.tolist()]
    found = dict.fromkeys(map(round, near) if isinstance(value, int) else near)
    return [v for v in found if v != value]
