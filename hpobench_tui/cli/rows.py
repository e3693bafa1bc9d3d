"""A table whose rows have room in a line each, drawn as rich draws it, in a tenth of the time.

Rich lays every cell out like a page of text, which takes a second for a thousand rows.
"""

from collections.abc import Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text


def one_line_rows(
    headers: Sequence[str], lines: Sequence[Sequence[Text]], title: str | None, right: Sequence[int], room: int
) -> "OneLineRows | None":
    """The table, if all of it is words in one line of one style, and no wider than ``room``; else None.

    Args:
        right: The columns that are aligned on the right.
        room: In cells of the terminal.
    """
    if not headers:
        return None
    widths = []
    for index, header in enumerate(headers):
        cells = [header, *(line[index].plain for line in lines)]
        if not all(cell.isprintable() and cell == cell.strip() for cell in cells):
            return None
        widths.append(max(map(_length, cells)))
    widths[-1] = widths[-1] or 1  # as rich does where a column and its padding are nothing
    if sum(widths) + 2 * len(widths) > room or any(cell.spans for line in lines for cell in line):
        return None
    return OneLineRows(headers, lines, widths, title, right)


class OneLineRows:
    """What rich can print; :func:`one_line_rows` says of what it is made. ``widths``: of the columns."""

    def __init__(
        self, headers: Sequence[str], lines: Sequence[Sequence[Text]], widths: Sequence[int], title: str | None,
        right: Sequence[int],
    ) -> None:  # fmt: skip
        self._headers, self._lines, self._widths, self._title, self._right = headers, lines, widths, title, right

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        padded = [*(width + 1 for width in self._widths[:-1]), self._widths[-1]]
        drawn, end = box.SIMPLE_HEAD.substitute(options), Segment.line()
        if self._title:
            width = sum(padded) + len(padded) + 1
            yield from console.render(Text(self._title), options.update(width=width, justify="left"))
        yield from (Segment(drawn.get_top(padded)), end)
        yield from (Segment(self._line(self._headers), console.get_style("table.header")), end)
        yield from (Segment(drawn.get_row(padded, "head")), end)
        for line in self._lines:
            if any(cell.style for cell in line):
                yield from self._styled(console, line)
            else:
                yield Segment(self._line([cell.plain for cell in line]))
            yield end
        yield from (Segment(drawn.get_bottom(padded)), end)

    def _line(self, cells: Sequence[str]) -> str:
        return f" {'  '.join(map(self._placed, range(len(cells)), cells))} "

    def _styled(self, console: Console, line: Sequence[Text]) -> Iterator[Segment]:
        for index, cell in enumerate(line):
            yield Segment("  " if index else " ")
            yield Segment(self._placed(index, cell.plain), console.get_style(cell.style))
        yield Segment(" ")

    def _placed(self, index: int, cell: str) -> str:
        gap = " " * (self._widths[index] - _length(cell))
        return gap + cell if index in self._right else cell + gap


def _length(cell: str) -> int:
    return len(cell) if cell.isascii() else cell_len(cell)
