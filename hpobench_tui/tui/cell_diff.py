"""Writes to the terminal only the cells that changed: for slow lines.

Textual writes a changed part of a line whole, styles and all: a kilobyte for a digit in a wide table. Here what was
last written is known cell by cell, and runs of cells that differ are written alone. This leans on a private module of
Textual's, so that it is done only where its version is one that was looked at, over SSH or where
``HPOBENCH_CELL_DIFF=1`` asks for it (``0`` forbids it); else Textual writes as ever.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import pairwise

import textual
from rich.cells import get_character_cell_size
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

VARIABLE = "HPOBENCH_CELL_DIFF"
LOOKED_AT = ("8.2.",)
"""Beginnings of the versions of Textual whose updates are known to be as here."""
NEAR = 6
"""Cells between two runs that cost less than moving over them."""

Cell = tuple[str, Style | None]
"""A character with what combines with it; "" is the right half of a wide one."""


def wanted(slow: bool) -> bool:
    """Whether to do so; ``slow``: the terminal is at the other end of a line."""
    asked = os.environ.get(VARIABLE, "")
    return (asked == "1" or (asked != "0" and slow)) and textual.__version__.startswith(LOOKED_AT)


class Cells:
    """What the terminal shows, as far as it is known."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, Cell]] = {}

    def forget(self) -> None:
        """Somebody else may have written to it."""
        self._rows.clear()

    def less(self, update: CompositorUpdate, width: int, height: int) -> CompositorUpdate:
        """An update that leads to the same screen, and leaves out what is there already."""
        if isinstance(update, LayoutUpdate):
            if (update.region.width, update.region.height) == (width, height):
                self.forget()  # all is written anew, whatever is there
            parts = [(update.region.x, y, Strip.join(line)) for y, line in enumerate(update.strips, update.region.y)]
            return Less(self, parts)
        if isinstance(update, ChopsUpdate):
            return Less(self, list(_parts(update)))
        self.forget()
        return update

    def changes(self, x: int, y: int, strip: Strip) -> Iterator[tuple[int, list[Cell]]]:
        """Where the cells of a part of a line differ from what is there; they are known from now on."""
        known = self._rows.setdefault(y, {})
        cells = list(cells_of(strip))
        differ = [i for i, cell in enumerate(cells) if known.get(x + i) != cell]
        for i in differ:
            known[x + i] = cells[i]
        if not differ:
            return
        begin = 0
        for number, (one, following) in enumerate(pairwise([*differ, differ[-1] + NEAR + 1]), start=1):
            if following - one <= NEAR:
                continue
            first, last = differ[begin], one
            begin = number
            while first > 0 and not cells[first][0]:
                first -= 1  # half of a wide character cannot be written
            while last + 1 < len(cells) and not cells[last + 1][0]:
                last += 1
            yield x + first, cells[first : last + 1]


class Less(CompositorUpdate):
    """Parts of lines (column, row, what is there from now on), of which only what differs is written."""

    def __init__(self, cells: Cells, parts: list[tuple[int, int, Strip]]) -> None:
        self._cells, self._parts = cells, parts

    def __rich_console__(self, console: Console, options: object) -> Iterator[Segment]:
        for x, y, strip in self._parts:
            for at, cells in self._cells.changes(x, y, strip):
                yield Control.move_to(at, y).segment
                yield from strip_of(cells)

    def render_segments(self, console: Console) -> str:
        written = []
        for x, y, strip in self._parts:
            for at, cells in self._cells.changes(x, y, strip):
                written += [Control.move_to(at, y).segment.text, strip_of(cells).render(console)]
        return "".join(written)


def _parts(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """What Textual would write, as ``ChopsUpdate.render_segments`` has it."""
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= x2 and end > x1:
                whole = x2 > x >= x1 and end <= x2
                yield x, y, strip if whole else strip.crop(0, min(end, x2) - x)


def cells_of(strip: Iterable[Segment]) -> Iterator[Cell]:
    """Cell by cell."""
    for text, style, control in strip:
        if control:
            continue
        if text.isascii():
            for character in text:
                yield character, style
            continue
        waiting = ""
        for character in text:
            size = get_character_cell_size(character)
            if size == 0:
                waiting += character  # goes with the one before
                continue
            if waiting:
                yield from _whole(waiting, style)
            waiting = character
        yield from _whole(waiting, style)


def _whole(text: str, style: Style | None) -> Iterator[Cell]:
    if text:
        yield text, style
        if get_character_cell_size(text[0]) == 2:
            yield "", style


def strip_of(cells: Iterable[Cell]) -> Strip:
    """The cells as text again."""
    segments: list[Segment] = []
    text, last = "", None
    for character, style in cells:
        if style is not last and style != last and text:
            segments.append(Segment(text, last))
            text = ""
        text, last = text + character, style
    return Strip([*segments, Segment(text, last)])
