"""What runs had reached with the last of their trials: all of them at once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hpobench_tui.analysis import measure as measures
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.ends import Ends
from hpobench_tui.store.reader import Floats, ProgressTable, RunRow


class Reached(NamedTuple):
    """One run's value of the measure, and whether its incumbent is as good as the reference (``measure.found``)."""

    value: float
    found: bool


class Against(NamedTuple):
    """What losses are held against, a number a row; each of shape (n,)."""

    reference: Floats
    tolerance: Floats


def reached(
    runs: Sequence[RunRow], ends: Mapping[int, ProgressTable], measure: Measure | None = None
) -> dict[int, Reached]:
    """Of the runs that have a value, by id.

    Args:
        ends: Run id to its rows of progress, of which the last counts.
        measure: None: what each problem shows by default.
    """
    all_ends = Ends.of(ends)
    places = all_ends.places
    begun = [run for run in runs if run.id in places]
    if not begun:
        return {}
    at = np.array([places[run.id] for run in begun])
    table = ProgressTable(**{name: column[at] for name, column in vars(all_ends.table).items()})
    against = Against(np.array([run.reference for run in begun]), np.array([run.tolerance for run in begun]))
    found = measures.found(table, against)
    shown = [measure or run.measure for run in begun]
    values = np.full(len(begun), np.nan)
    for each in dict.fromkeys(shown):
        own = np.array([one is each for one in shown])
        values[own] = measures.values(table, each, against)[own]
    numbers = zip(begun, values.tolist(), found.tolist(), strict=True)
    return {run.id: Reached(value, good) for run, value, good in numbers if value == value}
