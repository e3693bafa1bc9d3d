"""A complete grid of trainings: each configuration of the space has a row, with a loss and seconds for each seed.

Which of the seeds a training replays, the repetition's seed says. The truth is the mean over the seeds, so the optimum
is known; an optimizer sees one of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hpobench_suites.noise import splitmix64
from hpobench_suites.tables.data import Floats, columns, losses, means
from hpobench_suites.tables.description import Description, info
from hpobench_suites.tables.space import space_of
from hpobench_tui.core import Configuration, Report
from hpobench_tui.core.equality import tolerance

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class Row:
    """One training: its report."""

    __slots__ = ("_report",)

    def __init__(self, report: Report) -> None:
        self._report = report

    def advance(self, to_fidelity: int) -> Report:
        """The loss at the end of the training, the only one that was published."""
        return self._report


def _view(array: Floats) -> memoryview:
    """The numbers in a row, as Python's floats: five times as quickly as from the array."""
    return np.ascontiguousarray(array).ravel().data


class Grid:
    """The problem that replays one.

    Rows are in the order of the grid, the last hyperparameter changing fastest.

    Raises:
        HpobenchError: the data are missing, damaged, or of another version.
    """

    def __init__(self, of: Description) -> None:
        arrays = columns(of)
        found = losses(of, arrays)
        self._of = of
        self._width = found.shape[1]
        self._losses = _view(found)
        column, divisor, _ = of.seconds
        self._seconds = _view(arrays[column] / divisor)
        self._metrics = [(name, _view(arrays[name])) for name in of.metrics]
        self._means = _view(means(found))
        self._counts: list[int] = np.isfinite(found).sum(axis=1).tolist()
        self._places: list[tuple[str, dict[object, int]]] = []
        stride = len(found)
        for h in of.hyperparameters:
            stride //= len(h.values)
            self._places.append((h.name, {value: place * stride for place, value in enumerate(h.values)}))

    def space(self) -> "ConfigurationSpace":
        """The grid: ordinals and categoricals."""
        return space_of(self._of.hyperparameters)

    def row(self, configuration: Configuration) -> int:
        """The row of a configuration."""
        row = 0
        for name, offsets in self._places:
            row += offsets[configuration[name]]
        return row

    def start(self, configuration: Configuration, seed: int, device: str) -> Row:
        """The training of a configuration with one of its seeds."""
        row = self.row(configuration)
        at = row * self._width + splitmix64(seed, 0) % self._counts[row]
        metrics = {name: of[at] for name, of in self._metrics}
        return Row(Report(self._losses[at], metrics, self._means[row], self._seconds[at]))

    def minimisers(self) -> Sequence[Configuration]:
        """All configurations of the least mean loss, up to the round-off of means."""
        found = np.asarray(self._means)
        return [
            self.configuration(int(row)) for row in np.flatnonzero(found - found.min() <= tolerance(info(self._of)))
        ]

    def configuration(self, row: int) -> dict[str, str | int | float]:
        """The configuration of a row."""
        values: list[str | int | float] = []
        for h in reversed(self._of.hyperparameters):
            row, place = divmod(row, len(h.values))
            values.append(h.values[place])
        return {h.name: value for h, value in zip(self._of.hyperparameters, reversed(values), strict=True)}
