"""The legend with the values under the crosshair: at the side of a wide chart, below a narrow one. Pure functions."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import axes, looks
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.raster import Series

_SIDE_FROM = 90
"""Columns from which the legend stands at the side."""

Places = list[tuple[Region, str]]
"""Where in the widget each label stands, for clicks."""


def side_width(series: Sequence[Series], width: int) -> int:
    """Columns of a legend at the side, 0 if it stands below."""
    if width < _SIDE_FROM or not series:
        return 0
    return min(max(cell_len(in_line(s.label)) for s in series) + 14, width // 3)


def rows_below(series: Sequence[Series], width: int, height: int) -> list[list[Series]]:
    """The series of each legend row below the plot, at most a quarter of the height."""
    rows: list[list[Series]] = []
    used = 0
    for each in series:
        needed = cell_len(in_line(each.label)) + 12
        if not rows or used + needed > width - 1:
            rows.append([])
            used = 0
        rows[-1].append(each)
        used += needed
    return rows[: max(height // 4, 1)]


def below(
    rows: Sequence[Sequence[Series]], top: int, reading: float | None, focused: str | None, inks: Inks, ascii_only: bool
) -> tuple[list[list[Segment]], Places]:
    """The rows from :func:`rows_below`, the first of them at row ``top`` of the widget."""
    result: list[list[Segment]] = []
    places: Places = []
    for number, row in enumerate(rows):
        segments = [Segment(" ", inks.ground())]
        at = 1
        for series in row:
            name, value = _entry(series, reading, ascii_only)
            entry = [Segment(name, _ink(series, focused, inks)), Segment(f" {value:<8} ", inks.dim(0.75))]
            width = sum(cell_len(s.text) for s in entry)
            places.append((Region(at, top + number, width, 1), series.label))
            segments += entry
            at += width
        result.append(segments)
    return result, places


def beside(
    series: Sequence[Series],
    left: int,
    width: int,
    height: int,
    reading: float | None,
    focused: str | None,
    inks: Inks,
    ascii_only: bool,
) -> tuple[list[list[Segment]], Places]:
    """``height`` rows of ``width`` columns from column ``left`` of the widget; empty ones if ``width`` is 0."""
    if not width:
        return [[] for _ in range(height)], []
    blank = [Segment(" " * width, inks.ground())]
    title = "latest" if reading is None else f"at {axes.number(reading)}"
    result = [[Segment("  ", inks.ground()), Segment(f"{title:>{width - 3}} ", inks.dim(0.6))]]
    places: Places = []
    for row, each in enumerate(series[: max(height - 1, 0)], start=1):
        name, value = _entry(each, reading, ascii_only)
        result.append(
            [
                Segment("  ", inks.ground()),
                Segment(set_cell_size(name, width - 12), _ink(each, focused, inks)),
                Segment(f"{value:>9} ", inks.dim(0.75)),
            ]
        )
        places.append((Region(left, row, width, 1), each.label))
    return (result + [blank] * height)[:height], places


def _entry(series: Series, reading: float | None, ascii_only: bool) -> tuple[str, str]:
    """Name with its marker, and the value under the crosshair or else the latest."""
    latest = float(series.y[-1]) if len(series.y) else float("nan")
    value = axes.number(latest if reading is None else series.at(reading))
    if ascii_only:
        value = value.replace("–", "-").replace("∞", "inf")
    return f"{looks.marker(series.look, ascii_only)} {in_line(series.label)}", value


def _ink(series: Series, focused: str | None, inks: Inks) -> Style:
    colour = inks.series(series.look)
    return Style(color=colour.rich_color, bgcolor=inks.background.rich_color, bold=series.label == focused)
