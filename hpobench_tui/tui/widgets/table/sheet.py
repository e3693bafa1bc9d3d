"""A table without keys: rows of which it makes those on the screen, a cursor on a thing, lines that it paints.

Textual's ``DataTable`` repaints itself whole whenever a cell changes, and makes all of its rows. Here a fill costs what
is on the screen, and paints the lines that changed. They are a header, the rows, and, where rows are out of sight or
left out by a filter, a foot that says so.
"""

from collections.abc import Hashable, Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.dirty import regions
from hpobench_tui.tui.widgets.table.cells import Cell, Columns, Row, aligned, centred, split, wrapped
from hpobench_tui.tui.widgets.table.layout import GAP, Layout, fitted
from hpobench_tui.tui.widgets.table.lines import Line, foot, head, overlap
from hpobench_tui.tui.widgets.table.order import Order
from hpobench_tui.tui.widgets.table.rows import Arranged, Rows, listed
from hpobench_tui.tui.widgets.table.styles import Styles

_MEASURED = 100
"""Up to so many rows all are measured; of more, those that were in sight."""
_STEADY = 9
"""Numbers change width all the time: up to here, their columns only ever grow."""


class Sheet(Widget):
    """Rows under a header, with a cursor on one of them."""

    DEFAULT_CSS = "Sheet { background: $surface; color: $foreground; width: 1fr; height: 1fr; max-height: 100%; }"

    def __init__(self, columns: Columns, hint: str, follow: bool, id: str | None, name_of: str) -> None:
        super().__init__(id=id)
        self.hint = hint
        self._columns = tuple(columns)
        self._follow, self._name_of = follow, name_of
        self._rows = listed(())
        self._order = Order()
        self._key: Hashable = None
        self._row = self._place = self._top = self._skipped = 0
        self._typing = False
        self._wanted: list[int] = []
        self._layout = Layout()
        self._lines: list[Line] = []
        self._styles: Styles | None = None

    # What is in it

    @property
    def rows(self) -> tuple[Row, ...]:
        """The cells of all rows that are shown, in order, made for whoever asks."""
        return tuple(self._rows.cells(i) for i in self._order.places)

    @property
    def row_count(self) -> int:
        """How many rows are shown, in sight or not."""
        return len(self._order.places)

    @property
    def cursor(self) -> int:
        """The number, among those filled in, of the row with the cursor; 0 where there is none."""
        return self._row if self.row_count else 0

    @property
    def cursor_key(self) -> Hashable:
        """The key of the thing with the cursor; None where there is none."""
        return self._key if self.row_count else None

    @property
    def pattern(self) -> str:
        """What rows are filtered by."""
        return self._order.pattern

    def set_columns(self, columns: Columns) -> None:
        """Other columns; the rows go. What was sorted by stays, if there is a column with its title."""
        if tuple(columns) == self._columns:
            return
        by = self._order.column
        title = self._columns[by].title if by is not None else None
        self._columns, self._wanted, self._skipped = tuple(columns), [], 0
        self._order.sort(None)
        if title is not None:
            at = next((i for i, column in enumerate(columns) if column.title == title), None)
            self._order.sort(at, self._order.descending)
        self._take(listed(()))
        self._show(whole=True)

    def fill(self, rows: Rows | Iterable[Row], hint: str | None = None) -> None:
        """Show these rows; the cursor stays on its thing, and only lines that changed are painted again."""
        before = self.row_count
        was_last, in_sight = self._place >= before - 1, self._top <= self._place < self._top + self._page
        if hint is not None:
            self.hint = hint
        self._take(rows if isinstance(rows, Rows) else listed(rows))
        if self._follow and was_last and self.row_count:
            self._put(self.row_count - 1)
        else:
            self._find_again()
        if self.row_count != before and self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
        self._show(follow=in_sight or not before)

    def move_to(self, key: Hashable) -> None:
        """Put the cursor on that thing, if it is shown, and bring it into sight. Nobody is told."""
        row = self._row_of(key)
        if row is not None and (place := self._order.place_of(row)) is not None and key != self._key:
            self._put(place)
            self._show(follow=True)

    def _take(self, rows: Rows) -> None:
        if not len(rows):
            self._wanted = []
        self._rows = rows
        self._order.take(rows)

    def _row_of(self, key: Hashable) -> int | None:
        """The row of a thing: things seldom go far, so that neighbours of its last row are looked at first."""
        rows, number = self._rows, len(self._rows)
        if isinstance(rows, Arranged):
            return rows.row_of(key)
        at = min(self._row, number - 1)
        for step in range(max(at + 1, number - at)):
            if at - step >= 0 and rows.key(at - step) == key:
                return at - step
            if step and at + step < number and rows.key(at + step) == key:
                return at + step
        return None

    def _find_again(self) -> None:
        """After other rows or another order: the cursor stays on its thing, or else where it is."""
        if not self.row_count:
            return  # the key is kept: the thing may come back
        row = self._row_of(self._key)
        place = None if row is None else self._order.place_of(row)
        if place is not None:
            self._put(place)
            return
        is_new = self._key is None
        self._put(min(self._place, self.row_count - 1))
        if not is_new:
            self.moved()

    def moved(self) -> None:
        """The cursor came to be on another thing."""

    def _put(self, place: int) -> None:
        self._place = place
        self._row = self._order.places[place]
        self._key = self._rows.key(self._row)

    # What is seen

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return 1 + sum(width + GAP for width in self._measured())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(self.row_count, 1) + 1 + bool(self._typing or self.pattern)

    @property
    def _ascii(self) -> bool:
        return looks.only_ascii()

    @property
    def _has_foot(self) -> bool:
        height = self.size.height
        asked = self._typing or bool(self.pattern) or self._order.failures_first
        return (asked and height > 1) or (height > 2 and self.row_count > height - 1)

    @property
    def _page(self) -> int:
        """How many rows there is room for."""
        height = self.size.height
        return max(height - (height > 1) - self._has_foot, 1 if not self._has_foot else 0)

    def _measured(self, seen: Sequence[Row] = ()) -> list[int]:
        """How wide the columns want to be; what scrolling brings into sight only ever widens them."""
        many = len(self._rows) > _MEASURED
        rows = seen if many else [self._rows.cells(i) for i in range(len(self._rows))]
        widths = []
        for i, column in enumerate(self._columns):
            width = max((cell_len(row[i].text) for row in rows), default=0)
            width = max(width, cell_len(self._title(i)))
            if self._wanted and (many or column.align == "right"):
                width = max(width, self._wanted[i] if many else min(self._wanted[i], _STEADY))
            widths.append(width)
        return widths

    def _title(self, column: int) -> str:
        title = in_line(self._columns[column].title)
        if column != self._order.column:
            return title
        arrow = ("v" if self._order.descending else "^") if self._ascii else "↓" if self._order.descending else "↑"
        return f"{title} {arrow}".strip()

    def _show(self, follow: bool = False, whole: bool = False) -> None:
        """Work out what is seen; paint what is new of it. ``follow`` brings the cursor into sight."""
        size = self.size
        if not size.width or not size.height or not self.is_mounted:
            return
        places, page = self._order.places, self._page
        if follow:
            self._top = min(max(self._top, self._place - page + 1), self._place)
        self._top = min(max(self._top, 0), max(len(places) - page, 0))
        rows = [self._rows.cells(i) for i in places[self._top : self._top + page]]
        self._wanted = self._measured(rows)
        layout = fitted(self._columns, self._wanted, size.width, self._skipped)
        self._skipped = layout.left
        lines = self._worked_out(rows)
        old, self._lines = self._lines, lines
        if whole or layout != self._layout or len(old) != len(lines):
            self._layout = layout
            self.refresh()
            return
        changed = [y for y, (one, other) in enumerate(zip(old, lines, strict=True)) if one != other]
        if changed:
            self.refresh(*regions(changed, size.width))

    def _worked_out(self, rows: Sequence[Row]) -> list[Line]:
        """The lines, as many as there is room for."""
        width, height = self.size
        lines = []
        if height > 1 and len(self._rows):
            lines.append(Line("head", tuple(Cell(self._title(i), "dim") for i in range(len(self._columns)))))
        number = self._place - self._top if self.can_focus else -1
        lines += [Line("row", row, cursor=y == number) for y, row in enumerate(rows)]
        foot = self._has_foot
        if not rows:
            hint = in_line(self.hint) if not len(self._rows) else f"nothing with {in_line(self.pattern)!r}"
            room = height - len(lines) - foot
            texts = list(wrapped(hint, width - 2, room, self._ascii))
            lines += [Line("hint")] * ((room - len(texts)) // 2) + [
                Line("hint", text=centred(text, width)) for text in texts
            ]
        lines += [Line("hint")] * (height - foot - len(lines))
        if foot:
            lines.append(self._foot(width))
        return lines

    def _foot(self, width: int) -> Line:
        """What was asked for, and how many rows are out of sight."""
        there, shown, page = len(self._rows), self.row_count, self._page
        of = f" {self._name_of}" if self._name_of else ""
        said = []
        if self._order.failures_first:
            said.append("failures first")
        if self.pattern.strip():
            said.append(f"{shown} of {there}{of}")
        elif shown > page > 0:
            said.append(f"{self._top + 1}-{self._top + page} of {there}{of}")
        if (below := shown - self._top - page) > 0:
            said.append(f"+{below} more")
        asked = in_line(self.pattern) if self._typing or self.pattern else None
        return Line("foot", text=foot(asked, said, width, self._ascii, self._typing))

    # Painting

    def render_line(self, y: int) -> Strip:
        styles = self._styles = self._styles or Styles(self)
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else Line("hint")
        if line.kind == "row":
            strip = Strip(self._row_segments(line, styles))
        else:
            titles = [self._title(i) for i in range(len(self._columns))] if line.kind == "head" else []
            text = head(self._columns, titles, self._layout, width, self._ascii) if titles else line.text
            strip = Strip([Segment(text, styles.dim)])
        return strip.adjust_cell_length(width, styles.of(Cell(""), line.cursor, self.has_focus))

    def _row_segments(self, line: Line, styles: Styles) -> Iterable[Segment]:
        focus, ascii_only = self.has_focus, self._ascii
        plain = styles.of(Cell(""), line.cursor, focus)
        yield Segment((">" if ascii_only else "▸") if line.cursor and focus else " ", plain)
        for number, (i, room) in enumerate(self._layout.places):
            cell = line.row[i]
            if number:
                yield Segment(" " * GAP, plain)
            text = aligned(cell.text, room, self._columns[i].align, ascii_only)
            style = styles.of(cell, line.cursor, focus)
            if cell.share:
                full, text = split(text, round(min(max(cell.share, 0.0), 1.0) * room))
                yield Segment(full, styles.of(cell, line.cursor, focus, full=True))
            yield Segment(text, style)

    def on_resize(self) -> None:
        self._wanted = []
        self._show(follow=True, whole=True)

    def _bring(self, column: int) -> None:
        """Bring a column into sight, with its title whole if that can be, by as few steps sideways as there are."""
        width, wanted, best = self.size.width, self._measured(), None
        for skipped in (self._skipped, *range(len(self._columns))):
            layout = fitted(self._columns, wanted, width, skipped)
            if any(i == column for i, _ in layout.places):
                best = skipped if best is None else best
                if layout.places[-1][0] != column or not overlap(layout, width):
                    best = skipped
                    break
        self._skipped = self._skipped if best is None else best

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = None
        self.refresh()
