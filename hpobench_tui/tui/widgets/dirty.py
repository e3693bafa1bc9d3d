"""Which parts of a widget to repaint."""

from collections.abc import Iterable

from textual.geometry import Region


def regions(rows: Iterable[int], width: int) -> list[Region]:
    """Whole rows as few regions: neighbours are joined, because the compositor pays for each."""
    found: list[Region] = []
    for row in sorted(rows):
        if found and found[-1].bottom == row:
            found[-1] = Region(0, found[-1].y, width, found[-1].height + 1)
        else:
            found.append(Region(0, row, width, 1))
    return found
