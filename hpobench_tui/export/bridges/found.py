"""The configurations behind the values of a run: those of the incumbents, number by number."""

from math import inf, nan
from typing import TYPE_CHECKING

from hpobench_tui.analysis.axis import COLUMN, positions
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import ABSENT
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.export.bridges.traces import Trace, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def configurations(source: Source, trace: Trace, axis: Axis) -> list[Configuration]:
    """Of each row of a trace, that of the incumbent which had its value first; empty where there was none, or it is
    not on record."""
    progress = source.progress(trace.run.id, columns=(COLUMN[axis], "incumbent"))
    at = whole(positions(progress, axis, trace.run.quanta_per_unit), trace.numbers.each)
    places = at.searchsorted(trace.evaluations, side="right") - 1
    made: list[Configuration] = []
    for place, better in zip(places.tolist(), [True, *(trace.values[1:] < trace.values[:-1]).tolist()], strict=True):
        if not better:  # the row of the end, at which another one may be the incumbent
            made.append(made[-1])
            continue
        number = int(progress.incumbent[place]) if place >= 0 else ABSENT
        rows = source.trial_rows(trace.run.id, number - 1, 1) if number != ABSENT else []
        made.append(rows[0].configuration if rows and rows[0].number == number else {})
    return made


def cells(configuration: Configuration, names: "Sequence[str]") -> list[float]:
    """The values of hyperparameters that are numbers; NaN where one is not active."""
    return [_number(configuration.get(name, nan)) for name in names]


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond floats
        return inf if value > 0 else -inf


def numeric(found: "Iterable[Sequence[Configuration]]") -> tuple[str, ...]:
    """The hyperparameters that are numbers wherever they are active, in first-seen order."""
    kinds: dict[str, bool] = {}
    for configuration in (each for several in found for each in several):
        for name, value in configuration.items():
            kinds[name] = kinds.get(name, True) and isinstance(value, int | float) and not isinstance(value, bool)
    return tuple(name for name, kept in kinds.items() if kept)
