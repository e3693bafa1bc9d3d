"""Hyperparameters as factors: their values over all trials, in cells.

What is known of a hyperparameter are the values that it had, so that any store can be looked at, also one whose problem
is not installed. Numbers with many values are divided where equally many trials lie in each cell: which scale they are
on (linear, logarithmic) makes no difference then, and where optimizers have looked closely, the cells are fine.

>>> [factor] = factors([{"x": 0.1}, {"x": 3.0}, {}, {"x": 0.1}])
>>> factor.name, factor.cells, factor.ordered, factor.places.tolist()
('x', 2, True, [0, 1, -1, 0])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from hpobench_tui.core.columns import Floats, Integers
from hpobench_tui.core.configuration import Configuration

CELLS = 50
"""Of a number with more values than that; as many as Optuna's evaluator has."""


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """One hyperparameter.

    Attributes:
        cells: How many there are.
        ordered: Whether neighbouring cells are alike: those of numbers, in ascending order.
        places: Shape (trials,): each trial's cell, -1 where the hyperparameter was not active.
    """

    name: str
    cells: int
    ordered: bool
    places: Integers

    def merged(self, most: int) -> "Factor":
        """The same in at most that many cells, of about as many trials each; choices, whose cells have no order, keep
        the most frequent as they are and put the others together."""
        if self.cells <= most:
            return self
        active = self.places >= 0
        counts = np.bincount(self.places[active], minlength=self.cells)
        if self.ordered:
            middle = (np.cumsum(counts) - counts / 2) / counts.sum()
            new = np.minimum((middle * most).astype(np.int64), most - 1)
        else:
            new = np.full(self.cells, most - 1)
            new[np.argsort(-counts, kind="stable")[: most - 1]] = np.arange(most - 1)
        used, new = np.unique(new, return_inverse=True)
        places = np.full(len(self.places), -1, dtype=np.int64)
        places[active] = new[self.places[active]]
        return Factor(self.name, len(used), self.ordered, places)


def factors(configurations: Sequence[Configuration]) -> list[Factor]:
    """Every hyperparameter that is active in one of the configurations, in the order in which they come up."""
    rows: dict[str, list[int]] = {}
    values: dict[str, list[Any]] = {}
    for row, configuration in enumerate(configurations):
        for name, value in configuration.items():
            rows.setdefault(name, []).append(row)
            values.setdefault(name, []).append(value)
    found = []
    for name, own in values.items():
        cells, ordered, of = _numbers(np.array(own, np.float64)) if _all_numbers(own) else _choices(own)
        places = np.full(len(configurations), -1, dtype=np.int64)
        places[rows[name]] = of
        found.append(Factor(name, cells, ordered, places))
    return found


def _all_numbers(values: Sequence[Any]) -> bool:
    return all(issubclass(kind, Real) and not issubclass(kind, bool) for kind in {*map(type, values)})


def _numbers(values: Floats) -> tuple[int, bool, Integers]:
    distinct, places = np.unique(values, return_inverse=True)
    if len(distinct) > CELLS:
        edges = np.unique(np.quantile(values, np.arange(1, CELLS) / CELLS))
        distinct, places = np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)
    return len(distinct), True, places


def _choices(values: Sequence[Any]) -> tuple[int, bool, Integers]:
    known: dict[str, int] = {}  # 1, 1.0, True and "1" are four
    places = np.array([known.setdefault(repr(value), len(known)) for value in values], dtype=np.int64)
    return len(known), False, places
