"""Curves to terminal cells: braille dots from NumPy, each cell for one series only. Pure numerics, no colours.

A cell has 2 × 4 dots. Dots of different series in one cell could only have one colour, so the cell belongs to the first
series that reaches it, marked points and then the focused one before all others. The focused series also has a band, in
eighths of a cell. Besides colour and marker each series has a rhythm of dashes, for readers who cannot tell the colours
apart. Grey series are the ground that others stand out from: they get the cells that nobody else wants, and no markers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.heights import Heights
from hpobench_tui.tui.widgets.chart.series import Series

NOBODY = -1
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
_EIGHTHS = np.array([ord(c) for c in " ▁▂▃▄▅▆▇█"], dtype=np.int32)
_FLAT = 2
"""Dots; what is higher is a step."""
_MARKER_EVERY = 16
"""Cells between two markers of a series; each series starts elsewhere, so that markers seldom meet."""


class Tint(IntEnum):
    """How the band shows in a cell."""

    NONE = 0
    FULL = 1
    """Behind whatever is in the cell."""
    TOP = 2
    """The glyph is the band, drawn from the bottom of the cell: its upper edge."""
    BOTTOM = 3
    """The glyph is what is *not* band, drawn from the bottom of the cell: its lower edge."""


@dataclass(frozen=True, eq=False, slots=True)
class Raster:
    """Cells, row 0 at the top.

    Attributes:
        glyph: Code points, (rows, columns); a space where nothing is.
        owner: Index into the series, or ``NOBODY``; (rows, columns).
        tint: :class:`Tint` of the focused series' band; (rows, columns).
    """

    glyph: NDArray[np.int32]
    owner: NDArray[np.int16]
    tint: NDArray[np.uint8]

    def changed(self, other: "Raster | None") -> NDArray[np.bool_]:
        """Which rows differ from another raster; all of them if it has another shape."""
        if other is None or other.glyph.shape != self.glyph.shape:
            return np.ones(len(self.glyph), dtype=np.bool_)
        different = (self.glyph != other.glyph) | (self.owner != other.owner) | (self.tint != other.tint)
        return np.asarray(different.any(axis=1), dtype=np.bool_)


class Memory:
    """The dots of each series as they were drawn last: of many series few change at a time."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Series, object, NDArray[np.int32]]] = {}
        self._asked: dict[str, tuple[Series, object, NDArray[np.int32]]] = {}

    def bits(
        self, curve: Series, x: Interval, heights: Heights, columns: int, on_top: bool, ascii_only: bool
    ) -> NDArray[np.int32]:
        """:func:`_bits`, drawn anew only if need be."""
        frame = (curve.look, curve.kind, curve.grey, x, heights, columns, on_top, ascii_only)
        known = self._known.get(curve.label)
        if known is None or known[1] != frame or not (same(known[0].x, curve.x) and same(known[0].y, curve.y)):
            known = curve, frame, _bits(curve, x, heights, columns, on_top, ascii_only)
        self._asked[curve.label] = known
        return known[-1]

    def forget(self) -> None:
        """All that was not asked for since the last time."""
        self._known, self._asked = self._asked, {}


def same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether the numbers are, NaN being one of them."""
    return one is other or np.array_equal(one, other, equal_nan=True)


def rasterize(
    series: Sequence[Series],
    x: Interval,
    heights: Heights,
    columns: int,
    focused: int | None = None,
    ascii_only: bool = False,
    memory: Memory | None = None,
) -> Raster:
    """Draw the series into ``heights.rows`` × ``columns`` cells, ``focused`` (an index) first and with its band."""
    rows = heights.rows
    glyph = np.full((rows, columns), ord(" "), dtype=np.int32)
    owner = np.full((rows, columns), NOBODY, dtype=np.int16)
    tint = np.zeros((rows, columns), dtype=np.uint8)
    if rows < 1 or columns < 1:
        return Raster(glyph, owner, tint)
    memory = memory or Memory()
    for index in sorted(range(len(series)), key=lambda i: (not series[i].marked, i != focused, series[i].grey)):
        curve = series[index]
        bits = memory.bits(curve, x, heights, columns, index == focused, ascii_only)
        mine = (bits != 0) & (owner == NOBODY)
        owner[mine] = index
        if ascii_only:
            glyph[mine] = ord("." if curve.grey else looks.marker(curve.look, ascii_only))
            continue
        glyph[mine] = 0x2800 + bits[mine]
        if curve.marked:
            glyph[mine] = ord(looks.marker(curve.look, ascii_only=False))
        elif not curve.grey and curve.kind != "points":
            _place_markers(glyph, mine, curve.look)
    memory.forget()
    if focused is not None and series[focused].lower is not None and series[focused].upper is not None:
        _draw_band(_with_places(series[focused]), x, heights, glyph, owner, tint, ascii_only)
    return Raster(glyph, owner, tint)


def _bits(
    curve: Series, x: Interval, heights: Heights, columns: int, on_top: bool, ascii_only: bool
) -> NDArray[np.int32]:
    """The curve's dots in each cell, as offsets of braille's code points (1 where only ASCII can be shown)."""
    high, wide = (1, 1) if ascii_only else (4, 2)
    curve = _with_places(curve)
    if curve.kind == "points":
        dots = _points(curve, x, heights, high, columns * wide)
    else:
        low, top = _extents(curve, x, heights, high, columns * wide)
        if on_top and not ascii_only:
            top = top + 1  # one dot thicker
        if not ascii_only and not curve.grey:
            _dash(low, top, looks.rhythm(curve.look))
        dots = _fill(low, top, heights.rows * high)
    return dots.astype(np.int32) if ascii_only else braille(dots)


def braille(dots: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The dots of each cell as offsets of braille's code points, (rows, columns) from (4 rows, 2 columns)."""
    marks = dots.view(np.uint8)
    bits = np.zeros((len(marks) // 4, marks.shape[1] // 2), dtype=np.uint8)
    for (down, right), bit in np.ndenumerate(_BITS):
        bits |= marks[down::4, right::2] * bit
    return bits.astype(np.int32)


def _with_places(curve: Series) -> Series:
    """The same without points that have no place on the x axis."""
    known = ~np.isnan(curve.x)
    if known.all():
        return curve
    lower, upper = (None if band is None else band[known] for band in (curve.lower, curve.upper))
    return replace(curve, x=curve.x[known], y=curve.y[known], lower=lower, upper=upper)


def _positions(curve: Series, x: Interval) -> NDArray[np.float64]:
    """Where its points are, as fractions; far outside stays finite, so that lines from there can be drawn."""
    return np.clip(x.fraction(curve.x), -1e6, 1e6)


def sample(curve: Series, values: NDArray[np.float64], x: Interval, columns: int) -> NDArray[np.float64]:
    """``values`` (given at ``curve.x``) at the right edges of ``columns`` equal parts of the axis; NaN outside.

    At the edge, not in the middle: a part then ends where the next begins, and a step is drawn in one of them only.
    """
    if not len(curve.x):
        return np.full(columns, np.nan)
    positions = _positions(curve, x)
    edges = np.arange(1, columns + 1) / columns
    inside = (edges >= positions[0]) & (edges <= positions[-1] + 1 / columns)
    if curve.kind == "step":
        nearest = np.clip(np.searchsorted(positions, edges, side="right") - 1, 0, len(values) - 1)
        return np.where(inside, values[nearest], np.nan)
    return np.where(inside, np.interp(edges, positions, values), np.nan)


def _points(curve: Series, x: Interval, heights: Heights, high: int, dots_wide: int) -> NDArray[np.bool_]:
    """A dot where each point is; what a logarithmic x axis cannot hold is at its left edge."""
    dots = np.zeros((heights.rows * high, dots_wide), dtype=np.bool_)
    places = x.fraction(curve.x)
    places = np.where(np.isneginf(places), 0.0, places) if x.log else places
    up = np.round(heights.dots(curve.y, high))
    lowest = heights.floor * high
    visible = (places >= 0) & (places <= 1) & (up >= 0) & (up < len(dots))
    visible &= (up >= lowest) | (curve.y <= 0) if heights.floor else True
    across = np.minimum((places[visible] * dots_wide).astype(np.intp), dots_wide - 1)
    dots[len(dots) - 1 - up[visible].astype(np.intp), across] = True
    return dots


def _extents(
    curve: Series, x: Interval, heights: Heights, high: int, dots_wide: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest dot (from the bottom) of the curve in each dot column; NaN where it is not."""
    up = heights.dots(curve.y, high)
    ends = sample(curve, up, x, dots_wide)
    low, top = ends.copy(), ends.copy()
    columns = x.fraction(curve.x) * dots_wide
    inside = (columns >= 0) & (columns < dots_wide) & ~np.isnan(up)
    where = columns[inside].astype(np.intp)
    np.fmin.at(low, where, up[inside])
    np.fmax.at(top, where, up[inside])
    # Join each column to the one before it, so that steep parts have no gaps.
    before = ends[:-1]
    joined = ~np.isnan(before) & ~np.isnan(ends[1:])
    low[1:][joined] = np.minimum(low[1:][joined], before[joined])
    top[1:][joined] = np.maximum(top[1:][joined], before[joined])
    low, top = np.round(low), np.round(top)
    if heights.floor:  # what is positive, but below all that is visible, is not on the floor
        lowest, ground = heights.floor * high, heights.floor_dot(high)
        hidden = (low > ground) & (low < lowest)
        low = np.where(hidden, lowest, low)
        low[hidden & (top < lowest)] = np.nan
    return low, top


def _dash(low: NDArray[np.float64], top: NDArray[np.float64], rhythm: str) -> None:
    """Take dot columns out of flat parts, in a rhythm of the series' own; steps stay whole, so that none is missed."""
    drawn = np.array([mark == "x" for mark in rhythm])
    columns = np.arange(len(low))
    gap = ~drawn[columns % len(drawn)] & (top - low <= _FLAT)
    low[gap] = top[gap] = np.nan


def _fill(low: NDArray[np.float64], top: NDArray[np.float64], dots_high: int) -> NDArray[np.bool_]:
    """Dots between ``low`` and ``top`` in each column, row 0 at the top; NaN columns stay empty."""
    heights = np.arange(dots_high - 1, -1, -1, dtype=np.float64)[:, None]
    with np.errstate(invalid="ignore"):
        return np.asarray((heights >= low) & (heights <= top), dtype=np.bool_)


def _place_markers(glyph: NDArray[np.int32], mine: NDArray[np.bool_], look: int) -> None:
    """The series' marker in about every sixteenth column, where the series alone has one or two cells."""
    columns = mine.shape[1]
    counts = mine.sum(axis=0)
    start = (look * 5 + 3) % _MARKER_EVERY
    for column in range(start, columns, _MARKER_EVERY):
        for near in range(column, min(column + 4, columns)):
            if 1 <= counts[near] <= 2:
                glyph[int(np.argmax(mine[:, near])), near] = ord(looks.marker(look, ascii_only=False))
                break


def _draw_band(
    curve: Series,
    x: Interval,
    heights: Heights,
    glyph: NDArray[np.int32],
    owner: NDArray[np.int16],
    tint: NDArray[np.uint8],
    ascii_only: bool,
) -> None:
    assert curve.lower is not None
    assert curve.upper is not None
    rows, columns = glyph.shape
    low = sample(curve, heights.edges(curve.lower), x, columns) * 8
    top = sample(curve, heights.edges(curve.upper), x, columns) * 8
    known = ~(np.isnan(low) | np.isnan(top))
    low, top = np.where(known, low, 0.0), np.where(known, top, 0.0)
    bottoms = (np.arange(rows - 1, -1, -1) * 8)[:, None]
    start = np.clip(np.round(low - bottoms), 0, 8).astype(np.int32)
    end = np.clip(np.round(top - bottoms), 0, 8).astype(np.int32)
    free = owner == NOBODY
    covered = known & (end - start >= 4)
    tint[covered] = Tint.FULL
    if ascii_only:
        glyph[covered & free] = ord(".")
        return
    upper_edge = known & free & (start == 0) & (end > 0) & (end < 8)
    lower_edge = known & free & (start > 0) & (start < 8) & (end == 8)
    tint[upper_edge], tint[lower_edge] = Tint.TOP, Tint.BOTTOM
    glyph[upper_edge] = _EIGHTHS[end[upper_edge]]
    glyph[lower_edge] = _EIGHTHS[start[lower_edge]]
