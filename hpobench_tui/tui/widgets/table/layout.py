"""Which columns there is room for, and how wide they are.

Columns that yield do so first. Where that is not enough, the first column stays and the others scroll sideways, those
to spare last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui.tui.widgets.table.cells import Columns

GAP = 2
"""Between two columns; before the first one there is a column for the cursor's mark."""
_LEAST = 12
"""What columns that yield keep."""
_FIXED = 20
"""Narrower tables have no column that stays."""


@dataclass(frozen=True, slots=True)
class Layout:
    """(number, width) of the columns in sight, from left to right; how many are out of sight on either side."""

    places: tuple[tuple[int, int], ...] = ()
    left: int = 0
    right: int = 0
    fixed: bool = True
    """Whether the first place is of a column that stays."""

    @property
    def used(self) -> int:
        """Columns of the terminal up to the end of the last one."""
        return 1 + _needed([width for _, width in self.places])


def fitted(columns: Columns, wanted: Sequence[int], room: int, skipped: int) -> Layout:
    """The layout of columns as wide as ``wanted`` (0: left out) in so much room, ``skipped`` of them out of sight on
    the left, or fewer if the last one is in sight then.
    """
    numbers = [i for i, width in enumerate(wanted) if width]
    least = {i: min(wanted[i], _LEAST) if columns[i].yields else wanted[i] for i in numbers}
    room -= 1
    if _needed(list(least.values())) <= room:
        return Layout(tuple(_grown(numbers, least, wanted, room).items()))
    fixed = numbers[:1] if room >= _FIXED else []
    for i in fixed:
        least[i] = max(min(wanted[i], room // 3), min(wanted[i], _LEAST), 4)
        room -= least[i] + GAP
    others = sorted((i for i in numbers if i not in fixed), key=lambda i: columns[i].spare)
    skipped = max(min(skipped, len(others) - max(_fitting(others[::-1], least, room), 1)), 0)
    seen = others[skipped:][: max(_fitting(others[skipped:], least, room), 1)]
    for i in seen:
        least[i] = max(min(least[i], room), 1)
    whole = room + sum(least[i] + GAP for i in fixed)
    places = _grown(fixed + seen, least, wanted, whole)
    return Layout(tuple(places.items()), skipped, len(others) - skipped - len(seen), bool(fixed))


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * max(len(widths) - 1, 0)


def _fitting(numbers: Sequence[int], widths: dict[int, int], room: int) -> int:
    """How many of these columns, from the first one on, there is room for."""
    for count, i in enumerate(numbers):
        room -= widths[i] + GAP * (count > 0)
        if room < 0:
            return count
    return len(numbers)


def _grown(numbers: Sequence[int], least: dict[int, int], wanted: Sequence[int], room: int) -> dict[int, int]:
    """The widths of these columns when what is left of the room goes to those that want more, the last ones first."""
    widths = {i: least[i] for i in numbers}
    left = room - _needed(list(widths.values()))
    for i in reversed(numbers):
        more = min(max(wanted[i] - widths[i], 0), max(left, 0))
        widths[i] += more
        left -= more
    return widths
