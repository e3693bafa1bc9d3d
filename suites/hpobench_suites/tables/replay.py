"""Loads the problem of a table, once a process: a grid, or learning curves."""

from functools import cache

from hpobench_suites.tables.curves import Curves
from hpobench_suites.tables.description import read
from hpobench_suites.tables.grid import Grid


@cache
def load(name: str) -> Grid | Curves:
    """The problem ``tables/NAME``.

    Raises:
        HpobenchError: its data are missing, damaged, or of another version.
    """
    description = read(name)
    return Grid(description) if description.fidelity is None else Curves(description)
