"""Median and quartiles of every optimizer of a problem, along an axis: the lines of its chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hpobench_tui.analysis.anytime import Band, band
from hpobench_tui.analysis.curve import Curve
from hpobench_tui.analysis.selection import select
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed.labelled import Labelled

POINTS = 400
"""Of a line at most: two a column of a chart of 200."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The bands, and the labels whose runs are not all read yet."""

    bands: Mapping[str, Band]
    left: Sequence[str] = ()


class Bands(Labelled[Lines]):
    """Key: problem, axis, measure, part of the budget, and whether points are even in the logarithm."""

    def __init__(self, feed: object, problem: str, axis: Axis, measure: Measure, at: float | None, log: bool) -> None:
        super().__init__(feed, problem, axis, measure, at, log)
        self._log = log
        self._bands: dict[str, Band] = {}

    def _one(self, label: str, runs: Sequence[RunRow], curves: Mapping[int, Curve]) -> None:
        self._bands[label] = band(label, select(runs, curves), curves, self.axis, POINTS, self._log)

    def _whole(self, runs: Mapping[str, Sequence[RunRow]], curves: Mapping[int, Curve]) -> None:
        self._bands = {label: self._bands[label] for label in runs}
        self._publish(())

    def _part(self, left: Sequence[str]) -> None:
        if self.picture is None or len(left) != len(self.picture.left):
            self._publish(left)

    def _publish(self, left: Sequence[str]) -> None:
        self.weight = sum(each.grid.nbytes * 4 for each in self._bands.values())
        self.publish(Lines(dict(self._bands), left))
