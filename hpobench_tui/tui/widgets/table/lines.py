"""The lines of a table as they are to be painted, and the texts of the first and the last of them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from hpobench_tui.tui.widgets.table.cells import Columns, Row, aligned, cut, cut_front
from hpobench_tui.tui.widgets.table.layout import GAP, Layout


class Line(NamedTuple):
    """A line; two that are equal look the same."""

    kind: Literal["head", "row", "foot", "hint"]
    row: Row = ()
    text: str = ""
    cursor: bool = False


def head(columns: Columns, titles: Sequence[str], layout: Layout, width: int, ascii_only: bool) -> str:
    """The titles, with how many columns are out of sight on either side."""
    left = f"{'<' if ascii_only else '◂'}+{layout.left}" if layout.left else ""
    right = f"{'>' if ascii_only else '▸'}+{layout.right}" if layout.right else ""
    if not layout.fixed:
        left, right = "", left + right
    over = overlap(layout, width)
    texts = []
    for number, (i, room) in enumerate(layout.places):
        mark = left if number == 0 else ""
        space = max(room - cell_len(mark) - (over if number == len(layout.places) - 1 else 0), 0)
        texts.append(aligned(titles[i], space, columns[i].align, ascii_only) + mark)
    text = f" {(' ' * GAP).join(texts)}"
    return set_cell_size(text, max(width - cell_len(right), 0)) + right if right else text


def overlap(layout: Layout, width: int) -> int:
    """How much of the last title's room goes to the mark of what is out of sight on the right."""
    marks = [layout.right] if layout.fixed else [layout.left, layout.right]
    room = sum(len(f"▸+{mark}") for mark in marks if mark)
    return max(layout.used + room + 1 - width, 0) if room else 0


def foot(asked: str | None, said: Sequence[str], width: int, ascii_only: bool, typing: bool) -> str:
    """The filter that was asked for, if any, and what else there is to say; what has no room goes from the left."""
    between, said = " - " if ascii_only else " · ", list(said)
    pattern = "" if asked is None else f"/{asked}"
    while said[1:] and cell_len(pattern) + cell_len(between.join(said)) + 3 > width:
        said.pop(0)
    right = cut(between.join(said), width - (8 if pattern else 2), ascii_only)
    pattern = cut_front(pattern, max(width - 4 - cell_len(right), 1), ascii_only)
    pattern += ("_" if ascii_only else "▏") if typing else ""
    return f" {pattern}{' ' * max(width - 2 - cell_len(pattern) - cell_len(right), 1)}{right}"
