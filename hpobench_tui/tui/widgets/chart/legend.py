"""The legend with the values under the crosshair: at the side of a wide chart, below a narrow one. Pure functions.

Where it has no room for all series it says how many more there are; the focused one is always among those it names.
Grey series are counted only.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import axes, looks
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.paint import cut
from hpobench_tui.tui.widgets.chart.series import Series

_SIDE_FROM = 90
"""Columns from which the legend stands at the side."""
_VALUE = 10
"""Columns of a value with the blanks around it."""
_LEAST = 6
"""Columns of a name and its marker that say anything."""

Places = list[tuple[Region, str]]
"""Where in the widget each label stands, for clicks."""


class Legend(NamedTuple):
    """What is read out: the value at ``reading`` (None: the latest) of every series, ``focused`` in bold."""

    series: Sequence[Series]
    reading: float | None
    focused: str | None
    inks: Inks
    ascii_only: bool

    @property
    def named(self) -> list[Series]:
        return [s for s in self.series if not s.grey]

    def remark(self, shown: int) -> str:
        """What is not named: "+3 more", "+12 others"."""
        more, grey = len(self.named) - shown, len(self.series) - len(self.named)
        parts = [f"+{more} more"] if more else []
        return ", ".join([*parts, *([f"+{grey} other{'s' if grey > 1 else ''}"] if grey else [])])

    def first(self, count: int) -> list[Series]:
        """``count`` of the named, the focused one among them."""
        shown, rest = self.named[: max(count, 0)], self.named[max(count, 0) :]
        on_top = next((s for s in rest if s.label == self.focused), None)
        return [*shown[:-1], on_top] if on_top is not None and shown else shown

    def name(self, series: Series) -> str:
        return f"{looks.marker(series.look, self.ascii_only)} {in_line(series.label)}"

    def value(self, series: Series) -> str:
        """Under the crosshair, or else the latest."""
        latest = float(series.y[-1]) if len(series.y) else float("nan")
        value = axes.number(latest if self.reading is None else series.at(self.reading))
        return value.replace("–", "-").replace("∞", "inf") if self.ascii_only else value

    def ink(self, series: Series) -> Style:
        return self.inks.of_colour(self.inks.series(series.look), bold=series.label == self.focused)


def side_width(series: Sequence[Series], width: int) -> int:
    """Columns of a legend at the side, 0 if it stands below."""
    if width < _SIDE_FROM or not series:
        return 0
    return min(max((cell_len(in_line(s.label)) for s in series if not s.grey), default=0) + 14, width // 3)


def rows_below(legend: Legend, width: int, height: int) -> list[list[Series]]:
    """The series of each legend row below the plot, at most a quarter of the height; room for the remark is left."""
    most = max(height // 4, 1)
    fitting = most * max(width // (_VALUE + 2), 1)  # of the shortest names
    for count in range(min(len(legend.named), fitting), 0, -1):
        shown = legend.first(count)
        rows: list[list[Series]] = [[]]
        used, remark = 0, legend.remark(count)
        for series in shown:
            needed = min(cell_len(legend.name(series)) + _VALUE, width - 1)
            if used and used + needed > width - 1:
                rows.append([])
                used = 0
            rows[-1].append(series)
            used += needed
        over = len(rows) > most or (len(rows) == most and remark and used + len(remark) + 1 > width)
        if not over or (count == 1 and _VALUE + _LEAST + len(remark) < width):  # else its name is cut
            return rows
    return [[]] if legend.series else []


def below(legend: Legend, rows: Sequence[Sequence[Series]], top: int, width: int) -> tuple[list[list[Segment]], Places]:
    """The rows from :func:`rows_below`, the first of them at row ``top`` of the widget."""
    result: list[list[Segment]] = []
    places: Places = []
    remark = legend.remark(sum(map(len, rows)))
    for number, row in enumerate(rows):
        segments = [Segment(" ", legend.inks.ground())]
        at = 1
        for series in row:
            # the last one shares its row with the remark, if need be
            room = width - at - _VALUE - (len(remark) if series is rows[-1][-1] and remark else 0)
            entry = [
                Segment(cut(legend.name(series), max(room, 0), legend.ascii_only), legend.ink(series)),
                Segment(f" {legend.value(series):<{_VALUE - 2}} ", legend.inks.dim(0.75)),
            ]
            taken = sum(cell_len(s.text) for s in entry)
            places.append((Region(at, top + number, taken, 1), series.label))
            segments += entry
            at += taken
        if number == len(rows) - 1:
            segments.append(Segment(cut(remark, width - at, legend.ascii_only), legend.inks.dim(0.6)))
        result.append(segments)
    return result, places


def beside(legend: Legend, left: int, width: int, height: int) -> tuple[list[list[Segment]], Places]:
    """``height`` rows of ``width`` columns from column ``left`` of the widget; empty ones if ``width`` is 0."""
    if not width:
        return [[] for _ in range(height)], []
    inks = legend.inks
    blank = [Segment(" " * width, inks.ground())]
    title = "latest" if legend.reading is None else f"at {axes.number(legend.reading)}"
    result = [[Segment("  ", inks.ground()), Segment(f"{title:>{width - 3}} ", inks.dim(0.6))]]
    places: Places = []
    room = height - 1
    if len(legend.named) > room or legend.remark(len(legend.named)):
        room -= 1
    shown = legend.first(room)
    for row, each in enumerate(shown, start=1):
        name = cut(legend.name(each), width - 12, legend.ascii_only)
        result.append(
            [
                Segment("  ", inks.ground()),
                Segment(set_cell_size(name, width - 12), legend.ink(each)),
                Segment(f"{legend.value(each):>9} ", inks.dim(0.75)),
            ]
        )
        places.append((Region(left, row, width, 1), each.label))
    if remark := legend.remark(len(shown)):
        result.append([Segment(set_cell_size(f"  {cut(remark, width - 3, legend.ascii_only)}", width), inks.dim(0.6))])
    return (result + [blank] * height)[:height], places


def line(legend: Legend, width: int) -> str:
    """The read-out in one line, for a chart whose legend is elsewhere: where it is, and the focused series' value."""
    if legend.reading is None:
        return ""
    here = f" at {axes.number(legend.reading)} "
    on_top = next((s for s in legend.series if s.label == legend.focused), None)
    if on_top is not None:
        value = f": {legend.value(on_top)} "
        room = width - cell_len(here) - cell_len(value)
        return f"{here[:-1]}, {cut(legend.name(on_top), room - 1, legend.ascii_only)}{value}" if room > 4 else here
    return here
