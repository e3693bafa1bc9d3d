"""Rasters, axes and hints to styled text, a row at a time. Pure functions."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import axes
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.guides import COVERED
from hpobench_tui.tui.widgets.chart.heights import Heights
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.raster import NOBODY, Raster, Tint

_GUIDE, _GRID, _CROSS, _CROSS_ON_BAND = -4, -3, -2, -1
"""What free cells show; codes of all others are the owner's (from 0 on) times the number of tints, and the tint."""
GREY = -1
"""The look of series that are drawn without colour."""


def hint_rows(text: str, width: int, height: int, inks: Inks, ascii_only: bool = False) -> list[Strip]:
    """An empty chart that says why it is empty."""
    text = cut(in_line(text), width, ascii_only)
    line = set_cell_size(" " * ((width - cell_len(text)) // 2) + text, width)
    rows = [Strip.blank(width, inks.ground()) for _ in range(height)]
    rows[height // 2] = Strip([Segment(line, inks.dim(0.6))], width)
    return rows


def cut(text: str, width: int, ascii_only: bool = False) -> str:
    """The text in at most ``width`` columns, with an ellipsis where there is more of it. It has to be one line."""
    if cell_len(text) <= width:
        return text
    more = ".." if ascii_only else "…"
    return set_cell_size(text, max(width - len(more), 0)).rstrip() + more[: max(width, 0)]


def plot_rows(
    raster: Raster,
    wanted: NDArray[np.bool_],
    series_looks: Sequence[int],
    focused: int | None,
    gutter: Sequence[tuple[str, bool]],
    known: Mapping[int, str],
    reading: int | None,
    inks: Inks,
    ascii_only: bool,
) -> list[list[Segment] | None]:
    """Segments of every row of the plot with its gutter; None for rows that are not ``wanted``.

    Args:
        series_looks: The look of each of the raster's owners, or ``GREY``.
        focused: The owner in bold, whose band shows.
        gutter: Label and whether a grid line starts there, a row each (:func:`gutter_labels`).
        known: Row to what stands in cells without curve or band (:mod:`guides`).
        reading: Column of the crosshair.
    """
    glyph, free = raster.glyph.copy(), raster.owner == NOBODY
    tints = len(Tint)
    codes = (raster.owner.astype(np.int32) + 1) * tints + raster.tint
    bare = free & (raster.tint == Tint.NONE)
    if not ascii_only:
        lines = bare & np.array([is_tick for _, is_tick in gutter], dtype=np.bool_)[:, None]
        glyph[lines], codes[lines] = ord("┈"), _GRID
    for row, text in known.items():
        glyph[row][bare[row]] = np.array([ord(letter) for letter in text])[bare[row]]
        codes[row][bare[row]] = _GUIDE
    if reading is not None:
        here = free[:, reading]
        crosses = np.where(raster.tint[:, reading] == Tint.FULL, _CROSS_ON_BAND, _CROSS)
        codes[:, reading] = np.where(here, crosses, codes[:, reading])
        glyph[:, reading] = np.where(here, ord("|" if ascii_only else "│"), glyph[:, reading])
    styles = _Styles(series_looks, focused, inks)
    dim = inks.dim(0.6)
    result: list[list[Segment] | None] = []
    for row in range(len(glyph)):
        if not wanted[row]:
            result.append(None)
            continue
        text = glyph[row].astype("<u4").tobytes().decode("utf-32-le")
        starts = [0, *(np.flatnonzero(np.diff(codes[row])) + 1).tolist()]
        kinds = codes[row][starts].tolist()
        result.append(
            [Segment(gutter[row][0], dim)]
            + [
                Segment(text[start:stop].replace(COVERED, ""), styles[code])
                for start, stop, code in zip(starts, [*starts[1:], len(text)], kinds, strict=True)
            ]
        )
    return result


class _Styles(dict[int, Style]):
    """The style of each code, made when it is first asked for."""

    def __init__(self, series_looks: Sequence[int], focused: int | None, inks: Inks) -> None:
        self._inks = inks
        self._focused = focused
        self._colours = [inks.grey() if look == GREY else inks.series(look) for look in series_looks]
        self._tint = inks.background if focused is None else inks.tint(self._colours[focused])

    def __missing__(self, code: int) -> Style:
        self[code] = style = self._made(code)
        return style

    def _made(self, code: int) -> Style:
        inks = self._inks
        if code == _GUIDE:
            return inks.dim(0.45)
        if code == _GRID:
            return inks.dim(0.16)
        if code == _CROSS:
            return inks.dim(0.6)
        if code == _CROSS_ON_BAND:
            return inks.of_colour(inks.text, self._tint)
        owner, shade = code // len(Tint) - 1, code % len(Tint)
        if owner != NOBODY:
            under = inks.background if shade == Tint.NONE else self._tint
            return inks.of_colour(self._colours[owner], under, bold=owner == self._focused)
        if shade == Tint.FULL:
            return inks.of_colour(inks.text, self._tint)
        if shade == Tint.BOTTOM:
            return inks.cut_out(self._tint)
        return inks.of_colour(self._tint if shade == Tint.TOP else inks.text)


def gutter_labels(heights: Heights, width: int, ascii_only: bool) -> list[tuple[str, bool]]:
    """The y axis: a label of ``width`` columns for every row, and whether a grid line starts there.

    Below the break of a logarithmic axis stands its floor.
    """
    rows = heights.rows
    bar, tick, gap = ("|", "+", "~") if ascii_only else ("│", "┤", "≈")
    labels = [(" " * (width - 1) + bar, False)] * rows
    last = heights.above
    for t in axes.ticks(heights.y, max(heights.above // 3, 2), ascii_only):
        row = heights.row(t.value)
        if row is not None and 0 <= row < last and cell_len(t.label) < width:
            labels[row] = (f"{t.label:>{width - 1}}{tick}", 0 < row < rows - 1)
            last = row
    if heights.floor:
        labels[rows - heights.floor] = (" " * (width - 1) + gap, False)
        labels[-1] = (f"{heights.name(ascii_only):>{width - 1}}{gap if heights.floor == 1 else tick}", True)
    return labels


def axis_row(x: Interval, columns: int, gutter: int, ascii_only: bool, at_edge: bool = False) -> str:
    """The x axis in one row: a line with the labels in it.

    Args:
        at_edge: Points that a logarithmic axis cannot hold are at its left edge, which is said there.
    """
    rule, corner = ("-", "+") if ascii_only else ("─", "└")
    line = [rule] * columns
    free_from = 0
    for t in axes.ticks(x, max(columns // 12, 2), ascii_only):
        text = f" {t.label} "
        start = round(t.fraction * columns) - cell_len(text) // 2
        if not -0.001 <= t.fraction <= 1.001:
            continue
        start = min(max(start, 0), columns - cell_len(text))
        if start < free_from:
            continue
        line[start : start + cell_len(text)] = list(text)
        free_from = start + cell_len(text) + 1
    name = ("<=0 ~" if ascii_only else "≤0 ≈") if at_edge else ""
    return f"{name:>{gutter - 1}}{corner}{''.join(line)}"
