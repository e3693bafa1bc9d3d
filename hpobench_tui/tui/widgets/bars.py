"""Horizontal bars with whiskers: importance, pulls per arm, wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import axes
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.drawing import NO_ROOM, Scrolled
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.paint import cut

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEAST = 4
"""Columns of a bar that say anything."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with a name. NaN has no bar; what is infinite reaches the edge.

    Attributes:
        lower, upper: The whiskers' ends, NaN for none.
        look: The series whose colour it has; None: the text's.
        note: What stands in place of the value.
    """

    label: str
    value: float
    lower: float = nan
    upper: float = nan
    look: int | None = None
    note: str = ""


def limits(bars: Sequence[Bar]) -> Interval:
    """From zero or the least value to zero or the largest, whiskers included."""
    ends = np.array([0.0, *(end for bar in bars for end in (bar.value, bar.lower, bar.upper))])
    ends = ends[np.isfinite(ends)]
    low, high = float(ends.min()), float(ends.max())
    return Interval(low, high) if low < high else Interval(0.0, 1.0)


def body(bar: Bar, scale: Interval, width: int, ascii_only: bool) -> str:
    """The bar in ``width`` columns, from where zero is, to an eighth of a column; over it its whiskers, with a cross at
    the value."""
    zero, end, lower, upper = (
        float(np.clip(share, 0.0, 1.0)) * width
        for share in scale.fraction(np.array([0.0, bar.value, bar.lower, bar.upper]))
    )
    cells = [" "] * width
    if not isnan(bar.value):
        left, right = min(zero, end), max(zero, end)
        for column in range(width):
            share = min(right, column + 1) - max(left, column)
            if ascii_only:
                cells[column] = "#" if share >= 0.5 else " "
            elif share > 0:
                # blocks grow from the left; what ends at its right is as much as a half, or nothing
                whole = share > 0.99 or left > column
                cells[column] = ("█" if share >= 0.5 else " ") if whole else _EIGHTHS[round(share * 8)]
    if not (isnan(bar.lower) or isnan(bar.upper)) and width:
        first, last = (min(int(edge), width - 1) for edge in sorted((lower, upper)))
        start, line, stop, here = "|-|+" if ascii_only else "├─┤┼"
        cells[first : last + 1] = [line] * (last + 1 - first)
        cells[first], cells[last] = start, stop
        if not isnan(bar.value):
            cells[min(int(end), width - 1)] = here
    return "".join(cells)


def bar_row(bar: Bar, scale: Interval, columns: tuple[int, int, int], inks: Inks, ascii_only: bool) -> list[Segment]:
    """Name, bar and value in so many ``columns``."""
    names, middle, values = columns
    text = in_line(bar.note) or value(bar.value, ascii_only)
    colour = inks.text if bar.look is None else inks.series(bar.look)
    return [
        Segment(set_cell_size(cut(in_line(bar.label), names, ascii_only), names) + " ", inks.ground()),
        Segment(body(bar, scale, middle, ascii_only), inks.of_colour(colour)),
        Segment(" " + " " * (values - cell_len(text)) + cut(text, values, ascii_only), inks.dim(0.75)),
    ]


def value(number: float, ascii_only: bool) -> str:
    """A number as it is read out."""
    if not isfinite(number):
        return (
            ("-" if isnan(number) else "inf" if number > 0 else "-inf")
            if ascii_only
            else ("–" if isnan(number) else "∞" if number > 0 else "-∞")
        )
    return axes.number(number)


class Bars(Scrolled):
    """Bars below each other; up and down scroll where there are more than rows."""

    DEFAULT_CSS = "Bars { height: 1fr; }"

    def __init__(self, *, hint: str = "no data yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(hint=hint, id=id, classes=classes)
        self._bars: tuple[Bar, ...] = ()
        self._scale: Interval | None = None

    def show(self, bars: Sequence[Bar], scale: tuple[float, float] | None = None, hint: str = "") -> None:
        """Show these; ``scale`` are the ends of their axis, else it holds them all."""
        self._bars = tuple(bars)
        self._scale = Interval(*scale) if scale is not None and scale[0] < scale[1] else None
        self.hint = hint or self.hint
        self.repaint()

    def drawn(self, width: int, height: int) -> Sequence[Strip] | str:
        if not self._bars:
            return self.hint
        texts = [in_line(b.note) or value(b.value, self.ascii_only) for b in self._bars]
        values = min(max(map(cell_len, texts)), max(width // 3, 1))
        names = min(max(cell_len(in_line(b.label)) for b in self._bars), max(width - values - _LEAST * 2, 1) // 2)
        middle = width - names - values - 2
        if middle < _LEAST or (height < 2 < len(self._bars)):
            return NO_ROOM
        inks, scale = self._inks(), self._scale or limits(self._bars)
        seen = self.window(len(self._bars), height)
        columns = names, middle, values
        rows = [
            inks.strip(bar_row(b, scale, columns, inks, self.ascii_only), width)
            for b in self._bars[seen.start : seen.stop]
        ]
        return rows + self.remark(seen, width)
