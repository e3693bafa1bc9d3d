"""Learning curves of configurations drawn at random: what is asked for is replayed as the nearest of them.

*Nearest* is as in suite ``tabular`` (``hpobench_tui.core.tabular.vectors``): so every configuration of the space has a
loss, each of them a published one, and the least of the table is the optimum. A training that was planned for fewer
units than are asked for has its last loss from there on, and takes no more time (but for a microsecond a unit, as costs
are positive). One that diverged fails in the unit in which it did. Where that unit's seconds were not published, it
takes the mean of those before it, or the median of the table if it is the first.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hpobench_suites.tables.data import Floats, columns, losses
from hpobench_suites.tables.description import Description
from hpobench_suites.tables.space import space_of
from hpobench_tui.core import Configuration, Report, TrainingError
from hpobench_tui.core.tabular.vectors import Vectors

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

IDLE = 1e-6
"""Seconds a unit beyond the end of a training, and of a failure that comes no later than the last report."""


class Diverged(TrainingError):  # noqa: N818 - what happened to the training that is replayed
    """The published training diverged."""


class Published(NamedTuple):
    """A training as it was published.

    Attributes:
        losses: After each unit, as are the seconds ``spent`` since the start, and the metrics by name.
        end: How many units it took.
        failure: Why there is no loss after the last of them; empty if there is one.
    """

    losses: list[float]
    spent: list[float]
    metrics: Mapping[str, list[float]]
    end: int
    failure: str


def _filled(seconds: Floats) -> Floats:
    """Seconds of units (n, units) with the mean of a training's, or the median of all, where there are none."""
    known = np.isfinite(seconds)
    counts = known.sum(axis=1, keepdims=True)
    means = np.where(known, seconds, 0.0).sum(axis=1, keepdims=True) / np.maximum(counts, 1)
    return np.where(known, seconds, np.where(counts > 0, means, np.median(seconds[known])))


class Curve:
    """One training."""

    __slots__ = ("_of", "_reached")

    def __init__(self, of: Published) -> None:
        self._of, self._reached = of, 0.0

    def advance(self, to_fidelity: int) -> Report:
        """The report after so many units, or after all that the training was planned for.

        Raises:
            Diverged: the training did on the way there.
        """
        losses, spent, metrics, end, failure = self._of
        at = min(to_fidelity, end) - 1
        if failure and to_fidelity >= end:
            after = spent[at] - self._reached
            raise Diverged(failure, cost=max(after, IDLE))
        seconds = spent[at] + (to_fidelity - 1 - at) * IDLE
        cost, self._reached = seconds - self._reached, seconds
        known = {name: curve[at] for name, curve in metrics.items() if isfinite(curve[at])}
        return Report(losses[at], known, None if failure else losses[end - 1], cost)


class Curves:
    """The problem that replays them.

    Raises:
        HpobenchError: the data are missing, damaged, or of another version.
    """

    def __init__(self, of: Description) -> None:
        arrays = columns(of)
        self._of = of
        self._losses: Floats = losses(of, arrays)
        self._ends: list[int] = arrays["ends"].astype(int).tolist()
        self._failed: list[bool] = (arrays["diverged"] > 0).tolist()
        column, divisor, cumulative = of.seconds
        seconds = arrays[column] / divisor
        self._spent = seconds if cumulative else np.cumsum(_filled(seconds), axis=1)
        self._values = [(h, arrays[f"hp.{h.name}"].tolist()) for h in of.hyperparameters]
        vectors = Vectors(self.space())
        self._row = vectors.row
        features = vectors.rows([self.configuration(i) for i in range(len(self._ends))])
        self._squares = (features**2).sum(axis=1)
        self._doubled = np.ascontiguousarray(-2.0 * features.T)  # a product by rows takes a third of one by columns
        found, spent = self._losses.tolist(), self._spent.tolist()
        metrics = {name: arrays[name].tolist() for name in of.metrics}
        unit = of.fidelity.name.removesuffix("s") if of.fidelity else "unit"
        self._curves = [
            Published(
                found[i],
                spent[i],
                {name: curve[i] for name, curve in metrics.items()},
                end,
                f"diverged in {unit} {end}" if failed else "",
            )
            for i, (end, failed) in enumerate(zip(self._ends, self._failed, strict=True))
        ]

    def space(self) -> "ConfigurationSpace":
        """The space that the trainings were drawn from."""
        return space_of(self._of.hyperparameters)

    def configuration(self, row: int) -> dict[str, str | int | float]:
        """The configuration of a row."""
        values: dict[str, str | int | float] = {}
        for h, column in self._values:
            whole = h.kind == "integer" or (h.values and isinstance(h.values[0], int))
            values[h.name] = int(column[row]) if whole else column[row]
        return values

    def nearest(self, configuration: Configuration) -> int:
        """The row that is replayed for a configuration."""
        distances = self._row(configuration) @ self._doubled
        distances += self._squares
        return int(distances.argmin())

    def start(self, configuration: Configuration, seed: int, device: str) -> Curve:
        """The training of the nearest configuration; each was trained with one seed."""
        return Curve(self._curves[self.nearest(configuration)])

    def final(self) -> Floats:
        """The losses (n,) at the end of training, NaN where it diverged."""
        rows = np.arange(len(self._ends))
        return np.where(self._failed, np.nan, self._losses[rows, np.array(self._ends) - 1])

    def seconds(self) -> Floats:
        """What the whole trainings took (n,), those that diverged until then."""
        return np.asarray(self._spent[np.arange(len(self._ends)), np.array(self._ends) - 1])

    def minimisers(self) -> Sequence[Configuration]:
        """All configurations of the least loss."""
        found = self.final()
        return [self.configuration(int(row)) for row in np.flatnonzero(found == np.nanmin(found))]
