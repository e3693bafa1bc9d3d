"""Configurations along one or two hyperparameters of a space, the others held."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import IntegerHyperparameter

from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.space import default_value
from hpobench_tui.core.values import choices_of


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of a hyperparameter that are looked at, in order."""

    name: str
    values: tuple[Choice, ...]
    log: bool
    numeric: bool


class Lines:
    """Lines and planes through a space.

    >>> lines = Lines(ConfigurationSpace({"kind": ["a", "b"], "x": (0.0, 1.0)}))
    >>> axis = lines.axis("x", points=3)
    >>> lines.along({"kind": "b", "x": 0.2}, [axis])
    [{'kind': 'b', 'x': 0.0}, {'kind': 'b', 'x': 0.5}, {'kind': 'b', 'x': 1.0}]
    """

    def __init__(self, space: ConfigurationSpace) -> None:
        self._space, self._rules = space, Rules(space)
        self._defaults = {name: default_value(hyperparameter) for name, hyperparameter in space.items()}
        self.names = tuple(name for name, h in space.items() if (choices := choices_of(h)) is None or len(choices) > 1)
        """Of the hyperparameters that have more than one value."""

    def axis(self, name: str, points: int, among: Sequence[Choice] = ()) -> Axis:
        """So many values of a hyperparameter, fewer where it has fewer; those ``among`` are there, too.

        Raises:
            HpobenchError: there is no such hyperparameter.
        """
        if name not in self.names:
            raise unknown("hyperparameter", name, list(self.names))
        hyperparameter: Any = self._space[name]
        if (choices := choices_of(hyperparameter)) is not None:
            places = sorted({*np.linspace(0, len(choices) - 1, min(points, len(choices))).round().astype(int).tolist()})
            kept = [choice for place, choice in enumerate(choices) if place in places or choice in among]
            return Axis(name, tuple(kept), False, False)
        low, high = hyperparameter.lower, hyperparameter.upper
        log = bool(getattr(hyperparameter, "log", False))
        grid = np.geomspace(low, high, points) if log else np.linspace(low, high, points)
        grid = np.clip(grid, low, high)  # the ends of a logarithmic grid stray by an ulp
        whole = isinstance(hyperparameter, IntegerHyperparameter)
        values: list[Any] = sorted({*(np.rint(grid).astype(int) if whole else grid).tolist(), *among})
        return Axis(name, tuple(values), log, True)

    def along(self, base: Configuration, axes: Sequence[Axis]) -> list[dict[str, Choice] | None]:
        """The configurations, the last axis running fastest; None where an axis is inactive or a clause forbids.

        Hyperparameters that are active there, but not in the base, have their defaults.
        """
        found: list[dict[str, Choice] | None] = []
        for values in product(*(axis.values for axis in axes)):
            own = {axis.name: value for axis, value in zip(axes, values, strict=True)}
            configuration = self._rules.active({**self._defaults, **base, **own})
            valid = own.keys() <= configuration.keys() and not self._rules.forbidden_by(configuration)
            found.append(configuration if valid else None)
        return found


def needed(along: Sequence[str]) -> None:
    """Raise :class:`HpobenchError` where that is not one hyperparameter, or two."""
    if not 1 <= len(set(along)) == len(along) <= 2:
        raise HpobenchError(f"a look goes along one or two hyperparameters, not {', '.join(along) or 'none'}.")
