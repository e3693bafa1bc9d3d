"""Average ranks on a line, those that a test does not tell apart joined: critical differences as text.

As in Demšar 2006, https://jmlr.org/papers/v7/demsar06a.html, figure 1, turned by a quarter: an optimizer a row, so that
sixty of them have room; groups are brackets at the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.bars import value as number
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.drawing import NO_ROOM, Scrolled
from hpobench_tui.tui.widgets.chart.paint import axis_row, cut

_LEAST = 8
"""Columns of a line that say anything."""
_RANK = 6


@dataclass(frozen=True, slots=True)
class Ranked:
    """An optimizer and its average rank, NaN where it has none."""

    label: str
    rank: float
    look: int = 0


def brackets(groups: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Groups (first and last row) by columns in which none overlap: as few columns as there can be."""
    columns: list[list[tuple[int, int]]] = []
    for first, last in sorted(groups):
        free = next((column for column in columns if column[-1][1] < first), None)
        if free is None:
            columns.append([(first, last)])
        else:
            free.append((first, last))
    return columns


class Differences(Scrolled):
    """A line a row, the best first, with a marker at the rank; brackets join what is not significantly different."""

    HELP = """\
The best is on top, the marker is at its average rank. A bracket at the right joins those that the test cannot tell \
apart; two that no bracket joins differ significantly, by CD at least."""

    def __init__(self, *, hint: str = "no ranks yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(hint=hint, id=id, classes=classes)
        self._ranked: tuple[Ranked, ...] = ()
        self._groups: tuple[tuple[int, int], ...] = ()
        self._critical: float | None = None

    def show(
        self,
        ranked: Sequence[Ranked],
        groups: Sequence[Sequence[str]] = (),
        critical: float | None = None,
        hint: str = "",
    ) -> None:
        """Show these, in any order.

        Args:
            groups: Labels of those that are not significantly different; single ones need no group.
            critical: The least difference of ranks that is significant, where the test has one.
        """
        self._ranked = tuple(sorted(ranked, key=lambda r: inf if isnan(r.rank) else r.rank))
        row = {r.label: i for i, r in enumerate(self._ranked)}
        rows = [[row[label] for label in group if label in row] for group in groups]
        self._groups = tuple((min(group), max(group)) for group in rows if len(group) > 1)
        self._critical = critical if critical is not None and isfinite(critical) and critical > 0 else None
        self.hint = hint or self.hint
        self.repaint()

    def drawn(self, width: int, height: int) -> Sequence[Strip] | str:
        if not self._ranked:
            return self.hint
        columns = brackets(self._groups)
        shown = columns[: max(width // 4, 1)]
        hidden = sum(map(len, columns[len(shown) :]))
        names = min(max(cell_len(in_line(r.label)) for r in self._ranked) + 2, max(width // 3, 1))
        middle = width - names - _RANK - 3 - len(shown)
        if middle < _LEAST or height < 2 + (len(self._ranked) > 1):
            return NO_ROOM
        inks, scale = self._inks(), self._scale()
        seen = self.window(len(self._ranked), height - 1)
        rows = [inks.strip([Segment(self._axis(scale, middle, names, hidden, width), inks.dim(0.6))], width)]
        for index in seen:
            ranked = self._ranked[index]
            name = cut(f"{looks.marker(ranked.look, self.ascii_only)} {in_line(ranked.label)}", names, self.ascii_only)
            colour = inks.of_colour(inks.series(ranked.look))
            rank = f"{ranked.rank:.2f}" if abs(ranked.rank) < 1000 else number(ranked.rank, self.ascii_only)
            rows.append(
                inks.strip(
                    [
                        Segment(set_cell_size(name, names) + " ", colour),
                        *self._line(ranked, scale, middle),
                        Segment(f" {cut(rank, _RANK, self.ascii_only):>{_RANK}} ", inks.dim(0.75)),
                        Segment("".join(self._bracket(column, index) for column in shown), inks.ground()),
                    ],
                    width,
                )
            )
        return rows + self.remark(seen, width)

    def _scale(self) -> Interval:
        """From the first to the last rank there can be."""
        known = [r.rank for r in self._ranked if isfinite(r.rank)]
        low, high = min([1.0, *known]), max([float(len(self._ranked)), 2.0, *known])
        return Interval(low, high)

    def _axis(self, scale: Interval, middle: int, names: int, hidden: int, width: int) -> str:
        text = axis_row(scale, middle, names + 1, self.ascii_only)
        if hidden:
            text = (
                set_cell_size(cut(f"+{hidden} group{'s' if hidden > 1 else ''}", names, self.ascii_only), names)
                + text[names:]
            )
        if self._critical is not None:
            text = f"{text} CD {self._critical:.2f}"
        return cut(text, width, self.ascii_only)

    def _line(self, ranked: Ranked, scale: Interval, middle: int) -> list[Segment]:
        inks = self._inks()
        share = float(np.clip(scale.fraction(np.array([ranked.rank])), 0.0, 1.0)[0])
        dash = "-" if self.ascii_only else "─"
        if isnan(share):
            return [Segment(" " * middle, inks.ground())]
        at = min(int(share * middle), middle - 1)
        colour = inks.of_colour(inks.series(ranked.look), bold=True)
        return [
            Segment(dash * at, inks.dim(0.2)),
            Segment(looks.marker(ranked.look, self.ascii_only), colour),
            Segment(" " * (middle - at - 1), inks.ground()),
        ]

    def _bracket(self, column: Sequence[tuple[int, int]], row: int) -> str:
        start, middle, stop = "+|+" if self.ascii_only else "╮│╯"
        for first, last in column:
            if first <= row <= last:
                return start if row == first else stop if row == last else middle
        return " "
