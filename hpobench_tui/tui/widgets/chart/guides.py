"""Horizontal lines at known values, with their names: what the curves are held against."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart.heights import Heights

COVERED = "\0"
"""Stands where a wide character already is."""


class Guide(NamedTuple):
    """A value of the y axis with a name."""

    label: str
    y: float


def lines(guides: Sequence[Guide], heights: Heights, free: NDArray[np.bool_], ascii_only: bool) -> dict[int, str]:
    """Row to what stands in its free cells: a line, and at the right, as far as there is room, the names on it.

    Guides in the same row share its line. Names that do not all fit give way to the first ones and an ellipsis.

    Args:
        free: Cells without curve and band, (rows, columns).
    """
    columns = free.shape[1]
    dash, more = ("-", "..") if ascii_only else ("╌", "…")
    on: dict[int, list[str]] = {}
    for guide in guides:
        row = heights.row(guide.y)
        if row is not None:
            on.setdefault(row, []).append(in_line(guide.label))
    made = {}
    for row, names in on.items():
        text = [dash] * columns
        stop, room = widest(free[row])
        label = ", ".join(names)
        while cell_len(label) + 2 > room and len(names) > 1:
            names = names[:-1]
            label = ", ".join(names) + more
        cells = by_cells(f" {label} ")
        if len(cells) <= room:
            text[stop - len(cells) : stop] = cells
        made[row] = "".join(text)
    return made


def by_cells(text: str) -> str:
    """A character for each column: ``COVERED`` after those that are two wide, nothing for those of no width."""
    return "".join(letter + COVERED * (cell_len(letter) - 1) for letter in text if cell_len(letter))


def widest(free: NDArray[np.bool_]) -> tuple[int, int]:
    """End and length of the longest free stretch, the last one where several are as long."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    last = len(starts) - 1 - int(np.argmax((stops - starts)[::-1]))
    return int(stops[last]), int(stops[last] - starts[last])
