"""Configurations as vectors for distances and regression models; what tables of trainings are looked up and fitted by.

A *number* (float, integer, ordinal) is one column on [0, 1]: linear in the value, its logarithm or an ordinal's place.
A *choice* (categorical) has a column for each of its k > 1 values: 1/√2 in that of the one taken, 0 in the others, so
that two different choices are a distance of 1 apart, as the two ends of a number are. Constants have none.

A hyperparameter that can be inactive has one more column, 1 where it is active and else 0; its own columns are at 0.5
(a number) or 0 (a choice) where it is inactive. So a configuration in which it is active and one in which it is not are
at least 1 apart, whatever its value, and two in which it is inactive are not told apart by it.
"""

from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.values import known_choices

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace
    from ConfigSpace.hyperparameters import Hyperparameter

HALF = sqrt(0.5)
Writer = Callable[[Any], tuple[float, ...]]


class Vectors:
    """The vectors of a space.

    Attributes:
        width: Columns of a vector.

    Raises:
        HpobenchError: a hyperparameter is of none of ConfigSpace's own kinds.

    >>> from ConfigSpace import ConfigurationSpace
    >>> vectors = Vectors(ConfigurationSpace({"kind": ["a", "b"], "x": (0.0, 4.0)}))
    >>> vectors.width, vectors.row({"kind": "a", "x": 1.0}).round(2).tolist()
    (3, [0.71, 0.0, 0.25])
    """

    def __init__(self, space: "ConfigurationSpace") -> None:
        self._columns: list[tuple[str, Writer, tuple[float, ...]]] = []
        for name in space:
            written = _writer(space[name])
            if written is None:
                continue
            write, absent = written
            if space.parent_conditions_of[name]:
                self._columns.append((name, _with_activity(write), (*absent, 0.0)))
            else:
                self._columns.append((name, write, absent))
        self.width = sum(len(absent) for _, _, absent in self._columns)

    def row(self, configuration: Configuration) -> NDArray[np.float64]:
        """The vector (width,) of a valid configuration."""
        values: list[float] = []
        for name, write, absent in self._columns:
            values += write(configuration[name]) if name in configuration else absent
        return np.array(values)

    def rows(self, configurations: Sequence[Configuration]) -> NDArray[np.float64]:
        """Their vectors (n, width)."""
        return np.array([self.row(c) for c in configurations]).reshape(len(configurations), self.width)

    def of_columns(self, columns: "Mapping[str, Sequence[Choice | None]]", count: int) -> NDArray[np.float64]:
        """The vectors (count, width) of many configurations, given by hyperparameter; None where one is inactive.

        The same as :meth:`rows` gives, at the cost of the different values alone.
        """
        parts = [np.empty((count, 0))]
        for name, write, absent in self._columns:
            cells = columns[name]
            places = {value: place for place, value in enumerate(dict.fromkeys(cells))}
            table = np.array([absent if value is None else write(value) for value in places])
            parts.append(table[np.fromiter(map(places.__getitem__, cells), np.int64, count)])
        return np.hstack(parts)


def _with_activity(write: Writer) -> Writer:
    return lambda value: (*write(value), 1.0)


def _writer(hyperparameter: "Hyperparameter[Any, Any]") -> tuple[Writer, tuple[float, ...]] | None:
    """How a value becomes columns, and what stands there where it is inactive; None for what has one value only."""
    from ConfigSpace.hyperparameters import CategoricalHyperparameter, FloatHyperparameter, IntegerHyperparameter

    if isinstance(hyperparameter, FloatHyperparameter | IntegerHyperparameter):
        lower, upper = hyperparameter.lower, hyperparameter.upper
        if not lower < upper:
            return None
        return _number(float(lower), float(upper), bool(getattr(hyperparameter, "log", False))), (0.5,)
    values = known_choices(hyperparameter)
    if (count := len(values)) == 1:
        return None
    if isinstance(hyperparameter, CategoricalHyperparameter):
        units = {value: tuple(HALF * (i == j) for j in range(count)) for i, value in enumerate(values)}
        return units.__getitem__, (0.0,) * count
    places = {value: (index / (count - 1),) for index, value in enumerate(values)}
    return places.__getitem__, (0.5,)


def _number(lower: float, upper: float, logarithmic: bool) -> Writer:
    if not logarithmic:
        return lambda value: ((float(value) - lower) / (upper - lower),)
    low, width = log(lower), log(upper) - log(lower)
    return lambda value: ((log(float(value)) - low) / width,)
