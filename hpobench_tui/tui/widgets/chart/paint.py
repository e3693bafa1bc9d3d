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
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.raster import NOBODY, Raster, Tint

_BAND = 0.22
"""How strongly the band has its series' colour."""


def hint_rows(text: str, width: int, height: int, inks: Inks) -> list[Strip]:
    """An empty chart that says why it is empty."""
    text = in_line(text)[:width]
    line = set_cell_size(" " * ((width - cell_len(text)) // 2) + text, width)
    rows = [Strip.blank(width, inks.ground()) for _ in range(height)]
    rows[height // 2] = Strip([Segment(line, inks.dim(0.6))], width)
    return rows


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
        series_looks: The look of each of the raster's owners.
        focused: The owner in bold, whose band shows.
        gutter: Label and whether a grid line starts there, a row each (:func:`gutter_labels`).
        known: Row to what stands in cells without curve or band (:mod:`guides`).
        reading: Column of the crosshair.
    """
    background = inks.background
    colours = [inks.series(look) for look in series_looks]
    tint = background.blend(colours[focused], _BAND) if focused is not None else background
    dim, faint, quiet = inks.dim(0.6), inks.dim(0.16), inks.dim(0.45)
    cross = "|" if ascii_only else "│"
    grid = " " if ascii_only else "┈"
    styles: dict[tuple[int, int], Style] = {}
    result: list[list[Segment] | None] = []
    for row in range(len(raster.glyph)):
        if not wanted[row]:
            result.append(None)
            continue
        label, is_tick = gutter[row]
        segments = [Segment(label, dim)]
        text, style = "", faint
        guide = known.get(row)
        owners, tints = raster.owner[row].tolist(), raster.tint[row].tolist()
        for column, point in enumerate(raster.glyph[row].tolist()):
            owner, shade = owners[column], tints[column]
            glyph = chr(point)
            if owner == NOBODY and shade == Tint.NONE:
                wanted_style = faint
                if guide is not None:
                    glyph, wanted_style = guide[column], quiet
                elif is_tick:
                    glyph = grid
            else:
                key = (owner, shade)
                if key not in styles:
                    ink = colours[owner] if owner != NOBODY else tint
                    under = background
                    if shade == Tint.FULL or (shade != Tint.NONE and owner != NOBODY):
                        under = tint
                        ink = ink if owner != NOBODY else inks.text
                    elif shade == Tint.BOTTOM:
                        ink, under = background, tint
                    bold = owner != NOBODY and owner == focused
                    styles[key] = Style(color=ink.rich_color, bgcolor=under.rich_color, bold=bold)
                wanted_style = styles[key]
            if column == reading and owner == NOBODY:
                glyph = cross
                bgcolor = wanted_style.bgcolor if shade == Tint.FULL else background.rich_color
                wanted_style = Style(color=dim.color, bgcolor=bgcolor)
            if wanted_style is not style and text:
                segments.append(Segment(text, style))
                text = ""
            style = wanted_style
            text += glyph
        segments.append(Segment(text, style))
        result.append(segments)
    return result


def gutter_labels(y: Interval, rows: int, width: int, ascii_only: bool) -> list[tuple[str, bool]]:
    """The y axis: a label of ``width`` columns for every row, and whether a grid line starts there."""
    bar, tick = ("|", "+") if ascii_only else ("│", "┤")
    labels = [(" " * (width - 1) + bar, False)] * rows
    last = rows
    for t in axes.ticks(y, max(rows // 3, 2), ascii_only):
        row = rows - 1 - round(t.fraction * (rows - 1))
        if 0 <= row < last and cell_len(t.label) < width:
            labels[row] = (f"{t.label:>{width - 1}}{tick}", 0 < row < rows - 1)
            last = row
    return labels


def axis_row(x: Interval, columns: int, gutter: int, ascii_only: bool) -> str:
    """The x axis in one row: a line with the labels in it."""
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
    return " " * (gutter - 1) + corner + "".join(line)
