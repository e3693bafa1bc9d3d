"""Parallel coordinates: an axis a hyperparameter, a line a trial, the best in colour over the others in grey.

Of many trials a fixed share is drawn in grey, evenly spaced in time, and the last row says how many; the best are all
drawn. A line is broken where the trial has no value of a hyperparameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.bars import value as number
from hpobench_tui.tui.widgets.chart import axes, looks, paint
from hpobench_tui.tui.widgets.chart.axes import Interval, fit
from hpobench_tui.tui.widgets.chart.drawing import NO_ROOM, Drawing
from hpobench_tui.tui.widgets.chart.raster import NOBODY, Raster, braille

Matrix = NDArray[np.float64]
MOST = 60
"""Lines in grey: with more of them there is nothing but grey."""
_SPACING = 12
"""Columns from one axis to the next, at least."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A hyperparameter: its bounds, or its ``choices``, of which values are indices."""

    name: str
    lower: float = 0.0
    upper: float = 1.0
    log: bool = False
    choices: Sequence[str] = ()

    def shares(self, values: Matrix) -> Matrix:
        """Where values are on the axis, 0 to 1; NaN where they are none. Shape as ``values``, (n,)."""
        if self.choices:
            return np.where(np.isfinite(values), np.clip(values / max(len(self.choices) - 1, 1), 0.0, 1.0), np.nan)
        scale = self._scale(values)
        return np.full(len(values), np.nan) if scale is None else np.clip(scale.fraction(values), 0.0, 1.0)

    def _scale(self, values: Matrix) -> Interval | None:
        if np.isfinite([self.lower, self.upper]).all() and self.lower < self.upper and (self.lower > 0 or not self.log):
            return Interval(self.lower, self.upper, self.log)
        return fit(values, log=False)

    def ends(self, ascii_only: bool) -> tuple[str, str]:
        """What stands at the bottom and at the top of the axis."""
        if self.choices:
            return in_line(self.choices[0]), in_line(self.choices[-1])
        low, high = ((axes.label if isfinite(end) else number)(end, ascii_only) for end in (self.lower, self.upper))
        return low, high


def thinned(count: int, kept: NDArray[np.intp], most: int = MOST) -> NDArray[np.intp]:
    """At most ``most`` of ``count`` numbers, evenly spaced, without those that are ``kept`` anyway."""
    others = np.setdiff1d(np.arange(count), kept)
    if len(others) <= most:
        return others
    return others[np.linspace(0, len(others) - 1, most).astype(np.intp)]


def best(losses: Matrix, count: int) -> NDArray[np.intp]:
    """The ``count`` trials of least loss, the best first; those without a finite one are never among them."""
    known = np.flatnonzero(~np.isnan(losses) & ~np.isposinf(losses))
    return known[np.argsort(losses[known], kind="stable")[:count]]


def traced(shares: Matrix, rows: int, places: Sequence[int], high: int, wide: int, columns: int) -> NDArray[np.bool_]:
    """Dots of lines through ``shares`` (n, m) at the columns ``places`` (m), of shape (rows·high, columns·wide)."""
    dots = np.zeros((rows * high, columns * wide), dtype=np.bool_)
    heights = (1.0 - shares) * (rows * high - 1)
    for axis in range(len(places) - 1):
        start, stop = places[axis] * wide, places[axis + 1] * wide
        known = ~np.isnan(heights[:, axis]) & ~np.isnan(heights[:, axis + 1])
        steps = max(stop - start, rows * high)  # so many that steep lines have no gaps
        along = np.linspace(0.0, 1.0, steps + 1)
        left, right = heights[known, axis, None], heights[known, axis + 1, None]
        down = np.round(left + (right - left) * along).astype(np.intp)
        dots[down, np.round(start + (stop - start) * along).astype(np.intp)] = True
    return dots


class Parallel(Drawing, can_focus=True):
    """Axes beside each other; left and right scroll where there are more than columns."""

    HELP = """\
A line is a trial: where it crosses an axis is the value of that hyperparameter. The best trials are in colour; where \
they run close together the hyperparameter matters, or has been settled on."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "scroll_axes(-1)", "Left", show=False),
        Binding("right", "scroll_axes(1)", "Right", show=False),
        Binding("home", "scroll_axes(-1000000)", "First axis", show=False),
        Binding("end", "scroll_axes(1000000)", "Last axis", show=False),
    ]

    def __init__(self, *, hint: str = "no trial yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(hint=hint, id=id, classes=classes)
        self._dimensions: tuple[Dimension, ...] = ()
        self._shares: Matrix = np.empty((0, 0))
        self._best: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._others: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._first = 0

    def show(
        self,
        dimensions: Sequence[Dimension],
        values: Matrix,
        losses: Matrix,
        top: int = 5,
        hint: str = "",
    ) -> None:
        """Show trials.

        Args:
            values: (trials, dimensions); indices of choices, NaN where a trial has no value.
            losses: (trials,); less is better, NaN for what failed.
            top: How many of the best are in colour.
        """
        if values.shape != (len(losses), len(dimensions)):
            raise ValueError(f"{values.shape} values for {len(losses)} losses and {len(dimensions)} dimensions")
        self._dimensions = tuple(dimensions)
        shares = [each.shares(values[:, i]) for i, each in enumerate(dimensions)]
        self._shares = np.stack(shares, axis=1) if shares else np.empty((len(losses), 0))
        self._best = best(losses, top)
        self._others = thinned(len(losses), self._best)
        self.hint = hint or self.hint
        self.repaint()

    def action_scroll_axes(self, step: int) -> None:
        self._first = min(max(self._first + step, 0), max(len(self._dimensions) - 2, 0))
        self.repaint()

    def drawn(self, width: int, height: int) -> Sequence[Strip] | str:
        if not self._shares.size:
            return self.hint
        rows = height - 4
        if rows < 2 or width < _SPACING + 2:
            return NO_ROOM
        fitting = min((width - 1) // _SPACING, len(self._dimensions))
        self._first = min(self._first, len(self._dimensions) - fitting)
        seen = range(self._first, self._first + fitting)
        spacing = min((width - 1) // fitting, _SPACING * 3)
        places = [spacing // 2 + spacing * i for i in range(fitting)]
        inks = self._inks()
        raster = self._raster(seen, places, rows, width)
        bare, bar = [" "] * width, "|" if self.ascii_only else "│"
        for place in places:
            bare[place] = bar
        known = dict.fromkeys(range(rows), "".join(bare))
        owners = [*range(len(self._best)), paint.GREY]
        plot = paint.plot_rows(
            raster, np.ones(rows, dtype=np.bool_), owners, 0 if len(self._best) else None, [("", False)] * rows, known,
            None, inks, self.ascii_only,
        )  # fmt: skip
        names = [self._labels([in_line(self._dimensions[i].name) for i in seen], places, spacing, width)]
        ends = [self._dimensions[i].ends(self.ascii_only) for i in seen]
        high, low = (self._labels([pair[end] for pair in ends], places, spacing, width) for end in (1, 0))
        return [
            *(inks.strip([Segment(text, inks.ground())], width) for text in names),
            inks.strip([Segment(high, inks.dim(0.6))], width),
            *(inks.strip(row or [], width) for row in plot),
            inks.strip([Segment(low, inks.dim(0.6))], width),
            inks.strip([Segment(paint.cut(self._remark(seen), width, self.ascii_only), inks.dim(0.6))], width),
        ]

    def _raster(self, seen: range, places: Sequence[int], rows: int, columns: int) -> Raster:
        glyph = np.full((rows, columns), ord(" "), dtype=np.int32)
        owner = np.full((rows, columns), NOBODY, dtype=np.int16)
        high, wide = (1, 1) if self.ascii_only else (4, 2)
        shares = self._shares[:, seen.start : seen.stop]
        for index, trials in enumerate([*(self._best[i : i + 1] for i in range(len(self._best))), self._others]):
            dots = traced(shares[trials], rows, places, high, wide, columns)
            bits = dots.astype(np.int32) if self.ascii_only else braille(dots)
            mine = (bits != 0) & (owner == NOBODY)
            owner[mine] = index
            grey = index == len(self._best)
            letter = ord("." if grey else looks.marker(index, True))
            glyph[mine] = letter if self.ascii_only else 0x2800 + bits[mine]
        return Raster(glyph, owner, np.zeros((rows, columns), dtype=np.uint8))

    def _labels(self, texts: Sequence[str], places: Sequence[int], spacing: int, width: int) -> str:
        """Texts in the middle over their axes."""
        line = ""
        for text, place in zip(texts, places, strict=True):
            short = paint.cut(text, spacing - 1, self.ascii_only)
            line = set_cell_size(line, max(place - cell_len(short) // 2, 0)) + short
        return paint.cut(line, width, self.ascii_only)

    def _remark(self, seen: range) -> str:
        """How many trials there are, and how many are drawn; how many axes are not seen."""
        total, drawn = len(self._shares), len(self._best) + len(self._others)
        parts = [f"{total} trial{'s' if total > 1 else ''}" if drawn == total else f"{drawn} of {total} trials drawn"]
        left, right = ("<", ">") if self.ascii_only else ("◂", "▸")
        after = len(self._dimensions) - seen.stop
        parts += [f"{left} +{seen.start} more"] * (seen.start > 0) + [f"{right} +{after} more"] * (after > 0)
        return " " + "  ".join(parts)
