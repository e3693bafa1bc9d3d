"""A table whose cursor is on a cell: left and right choose the column, up and down the row."""

from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from hpobench_tui.tui.widgets.dirty import regions
from hpobench_tui.tui.widgets.table import Table
from hpobench_tui.tui.widgets.table.layout import GAP, fitted

_CURSOR = Style(reverse=True)
_HEAD = Style(bold=True, underline=True, dim=False)


class Grid(Table):
    """``column`` is the number of the column with the cursor; never the first one."""

    HELP = """\
The cursor is on a cell: left and right choose its column, which s sorts by (again: the other way round, and then as \
it was). / shows only rows with what you type, f puts failures first, y copies the row."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", tooltip="By the column under the cursor"),
        Binding("left", "sideways(-1)", "Column on the left", show=False),
        Binding("right", "sideways(1)", "Column on the right", show=False),
    ]

    class ColumnMoved(Message):
        """The cursor came into another column."""

        def __init__(self, grid: "Grid") -> None:
            self.grid = grid
            super().__init__()

        @property
        def control(self) -> "Grid":
            return self.grid

    column = 1

    def put_column(self, column: int) -> None:
        """Have the cursor in that column, and in sight. Nobody is told."""
        column = min(max(column, 1), max(len(self._columns) - 1, 1))
        if column != self.column:
            self.column = column
            self.refresh(*regions([0, *self._cursor_lines()], self.size.width))
        self._bring_into_sight()

    def _cursor_lines(self) -> list[int]:
        return [y for y, line in enumerate(self._lines) if line.cursor]

    def _bring_into_sight(self) -> None:
        seen = [number for number, _ in self._layout.places]
        if not seen or self.column in seen or self.column >= len(self._wanted):
            return
        skipped = self.column - 1
        if self.column > seen[-1]:  # as few steps to the right as will do
            skipped = self._layout.left
            while skipped < self.column - 1:
                skipped += 1
                places = fitted(self._columns, self._wanted, self.size.width, skipped).places
                if any(number == self.column for number, _ in places):
                    break
        self._skipped = skipped
        self._show(whole=True)

    def action_sideways(self, step: int) -> None:
        before = self.column
        self.put_column(before + step)
        if self.column != before:
            self.post_message(self.ColumnMoved(self))

    def action_sort(self) -> None:
        """By this column; again: the other way round; once more: as the rows come."""
        if self._order.column != self.column:
            self._sort(self.column)
        else:
            self._sort(None if self._order.descending else self.column, not self._order.descending)

    def _span(self) -> tuple[int, int] | None:
        """Where the cursor's column is painted."""
        start = 1
        for number, width in self._layout.places:
            if number == self.column:
                return start, start + width
            start += width + GAP
        return None

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        line = self._lines[y] if y < len(self._lines) else None
        span = self._span() if line is not None and (line.cursor or line.kind == "head") else None
        if line is None or span is None:
            return strip
        style = _HEAD if line.kind == "head" else _CURSOR if self.has_focus else Style(underline=True)
        start, end = span
        parts = [strip.crop(0, start), strip.crop(start, end).apply_style(style), strip.crop(end, strip.cell_length)]
        return Strip.join(parts)
