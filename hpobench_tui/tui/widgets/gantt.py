"""Who does what, and since when: lanes of spans on a common axis of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.drawing import NO_ROOM, Scrolled
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.looks import Depth
from hpobench_tui.tui.widgets.chart.paint import axis_row, cut

_LEAST = 8
"""Columns of a strip that say anything."""
_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Span:
    """What was done from ``start`` to ``end`` (inf: it still is), in any unit of time.

    Attributes:
        label: What stands in it, as far as there is room.
        look: The series whose colour and marker it has; None: grey.
    """

    start: float
    end: float
    label: str = ""
    look: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A row: spans that do not overlap. ``note`` stands at its end: what is done right now."""

    label: str
    spans: Sequence[Span]
    note: str = ""


def limits(lanes: Sequence[Lane], now: float | None = None) -> Interval:
    """From the first start to the last end, or to ``now``."""
    ends = np.array([t for lane in lanes for span in lane.spans for t in (span.start, span.end)] + [now or np.nan])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    return Interval(low, high if high > low else low + max(abs(low) * 1e-3, 1.0))


def occupied(spans: Sequence[Span], scale: Interval, columns: int) -> NDArray[np.intp]:
    """Which span each column shows, -1 for none: that of its middle, else one that begins in it, however short."""
    shown = np.full(columns, _NOTHING, dtype=np.intp)
    known = [i for i, span in enumerate(spans) if isfinite(span.start) and not isnan(span.end)]
    if not known or columns < 1:
        return shown
    order = np.array(sorted(known, key=lambda i: spans[i].start), dtype=np.intp)
    starts = scale.fraction(np.array([spans[i].start for i in order])) * columns
    ends = np.clip(scale.fraction(np.array([spans[i].end for i in order])), -1.0, 2.0) * columns
    inside = (starts >= 0) & (starts <= columns)
    shown[np.minimum(starts[inside], columns - 1).astype(np.intp)] = order[inside]
    middles = np.arange(columns) + 0.5
    at = np.searchsorted(starts, middles, side="right") - 1
    covered = (at >= 0) & (ends[np.maximum(at, 0)] > middles)
    return np.where(covered, order[np.maximum(at, 0)], shown)


def strip(spans: Sequence[Span], scale: Interval, columns: int, inks: Inks, ascii_only: bool) -> list[Segment]:
    """The spans in so many ``columns``, with their labels where these fit."""
    shown = occupied(spans, scale, columns)
    starts = [0, *(np.flatnonzero(np.diff(shown)) + 1).tolist()] if columns else []
    made = []
    for start, stop in zip(starts, [*starts[1:], columns], strict=True):
        index, room = int(shown[start]), stop - start
        if index == _NOTHING:
            made.append(Segment(("." if ascii_only else "·") * room, inks.dim(0.2)))
            continue
        span = spans[index]
        plain = ascii_only or inks.depth is not Depth.FULL
        made.append(Segment(_block(span, room, plain, ascii_only), _ink(span, inks)))
    return made


def _block(span: Span, room: int, plain: bool, ascii_only: bool) -> str:
    """Its label in a block: of its own colour, or, where there is none to be had, of its marker. An edge at the left
    keeps it apart from the one before, an arrow says that it goes on.
    """
    edge, arrow = ("|", ">") if ascii_only else ("▏", "▸")
    text = in_line(span.label)
    mark = " "
    if plain:
        mark = looks.marker(span.look, ascii_only) if span.look is not None else "-" if ascii_only else "─"
    first = edge if room > 1 else mark
    last = arrow if span.end == inf and room > 2 else ""
    words = f"{text} " if text and cell_len(text) + 2 + len(last) <= room else ""
    return first + words + mark * (room - 1 - cell_len(words) - len(last)) + last


def _ink(span: Span, inks: Inks) -> Style:
    colour = inks.grey() if span.look is None else inks.series(span.look)
    if inks.depth is not Depth.FULL:
        return inks.of_colour(colour)
    on = Color(0, 0, 0) if colour.brightness > 0.5 else Color(255, 255, 255)
    return inks.of_colour(on, colour)


class Gantt(Scrolled):
    """Lanes below each other over an axis of time; up and down scroll where there are more than rows."""

    HELP = "One row each; a block is what was done in that time, dots are idle."

    def __init__(self, *, hint: str = "nothing done yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(hint=hint, id=id, classes=classes)
        self._lanes: tuple[Lane, ...] = ()
        self._scale = Interval(0.0, 1.0)

    def show(
        self, lanes: Sequence[Lane], scale: tuple[float, float] | None = None, now: float | None = None, hint: str = ""
    ) -> None:
        """Show these. What is not over goes to the end of the axis.

        Args:
            scale: The ends of the axis; else it holds everything, up to ``now``.
        """
        self._lanes = tuple(lanes)
        given = scale is not None and all(map(isfinite, scale)) and scale[0] < scale[1]
        self._scale = Interval(*scale) if given and scale is not None else limits(lanes, now)
        self.hint = hint or self.hint
        self.repaint()

    def drawn(self, width: int, height: int) -> Sequence[Strip] | str:
        if not self._lanes:
            return self.hint
        names = min(max(cell_len(in_line(lane.label)) for lane in self._lanes), width // 4)
        notes = min(max(cell_len(in_line(lane.note)) for lane in self._lanes), width // 3)
        columns = width - names - 1 - (notes + 1 if notes else 0)
        if columns < _LEAST or height < 2 + (len(self._lanes) > 1):
            return NO_ROOM
        inks, seen = self._inks(), self.window(len(self._lanes), height - 1)
        rows = []
        for lane in self._lanes[seen.start : seen.stop]:
            name = set_cell_size(cut(in_line(lane.label), names, self.ascii_only), names)
            row = [Segment(name + " ", inks.ground()), *strip(lane.spans, self._scale, columns, inks, self.ascii_only)]
            if notes:
                row.append(Segment(" " + cut(in_line(lane.note), notes, self.ascii_only), inks.dim(0.75)))
            rows.append(inks.strip(row, width))
        axis = axis_row(self._scale, columns, names + 1, self.ascii_only)
        return [*rows, inks.strip([Segment(axis, inks.dim(0.6))], width), *self.remark(seen, width)]
