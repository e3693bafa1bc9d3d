"""The table: a cursor, a filter, a sort, and lines of which only those that changed are painted again.

Textual's ``DataTable`` repaints itself whole whenever a cell changes, and makes all of its rows. Here a fill costs what
is on the screen. Lines are a header, the rows, and, where rows are out of sight or left out by a filter, a foot that
says so. The filter is typed into the foot by the table itself: keys that come at once are all read by one widget.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar, Literal, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hpobench_tui.core.text import in_line, storable
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.dirty import regions
from hpobench_tui.tui.widgets.table.cells import Cell, Columns, Row, aligned, centred, cut, cut_front, split, wrapped
from hpobench_tui.tui.widgets.table.layout import GAP, Layout, fitted
from hpobench_tui.tui.widgets.table.order import Order
from hpobench_tui.tui.widgets.table.rows import Rows, listed
from hpobench_tui.tui.widgets.table.styles import Styles

_MEASURED = 100
"""Up to so many rows all are measured; of more, those that were in sight."""
_STEADY = 9
"""Numbers change width all the time: up to here, their columns only ever grow."""
_NOTICE = 60
_WHEEL = 3


class _Line(NamedTuple):
    """A line of the table as it is to be painted."""

    kind: Literal["head", "row", "foot", "hint"]
    row: Row = ()
    text: str = ""
    cursor: bool = False


class Table(Widget, can_focus=True):
    """Rows under a header, with a cursor on one of them.

    Args:
        hint: Shown while there are no rows.
        follow: While the cursor is on the last row, it goes to the new last row.
        name_of: What the rows are, for the foot: ``3 of 17 runs``.
        enter, space, solo: What these keys do, for the footer and the help; "" where they do nothing.
    """

    DEFAULT_CSS = "Table { background: $surface; color: $foreground; width: 1fr; height: 1fr; max-height: 100%; }"
    HELP = """\
In tables: / shows only rows with what you type in them, till Esc. s sorts by the next column, S the other way round; \
f puts failures first. Left and right show columns that have no room; y copies what is under the cursor."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep_filter", "Keep filter"),
        Binding("escape", "clear_filter", "Clear filter"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("s", "sort", "Sort", tooltip="By the next column"),
        Binding("S", "reverse", "Sort the other way round", show=False),
        Binding("f", "failures_first", "Failures first", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Up a page", show=False),
        Binding("pagedown", "page(1)", "Down a page", show=False),
        Binding("home", "move(-1000000000)", "First row", show=False),
        Binding("end", "move(1000000000)", "Last row", show=False),
        Binding("left", "sideways(-1)", "Columns on the left", show=False),
        Binding("right", "sideways(1)", "Columns on the right", show=False),
    ]

    class About(Message):
        """Something happened to a thing: ``key`` is what it is known by, ``row`` its number among those filled in."""

        def __init__(self, table: "Table", key: Hashable, row: int) -> None:
            self.table, self.key, self.row = table, key, row
            super().__init__()

        @property
        def control(self) -> "Table":
            return self.table

    class Chosen(About):
        """Enter or a double click on it."""

    class Moved(About):
        """The cursor came to be on it."""

    class Toggled(About):
        """Space on it."""

    class Solo(About):
        """It alone."""

    def __init__(
        self,
        columns: Columns,
        *,
        hint: str = "",
        follow: bool = False,
        id: str | None = None,
        name_of: str = "",
        enter: str = "Open",
        space: str = "",
        solo: str = "",
    ) -> None:
        super().__init__(id=id)
        for key, action, words in (("enter", "choose", enter), ("space", "space", space), ("o", "solo", solo)):
            self._bindings.bind(key, action, words, show=bool(words))
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
        self._lines: list[_Line] = []
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
            self._tell(self.Moved)

    def _put(self, place: int) -> None:
        self._place = place
        self._row = self._order.places[place]
        self._key = self._rows.key(self._row)

    def _tell(self, message: type[About]) -> None:
        if self.row_count:
            self.post_message(message(self, self._key, self._row))

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

    def _worked_out(self, rows: Sequence[Row]) -> list[_Line]:
        """The lines, as many as there is room for."""
        width, height = self.size
        lines = []
        if height > 1 and len(self._rows):
            lines.append(_Line("head", tuple(Cell(self._title(i), "dim") for i in range(len(self._columns)))))
        number = self._place - self._top if self.can_focus else -1
        lines += [_Line("row", row, cursor=y == number) for y, row in enumerate(rows)]
        foot = self._has_foot
        if not rows:
            hint = in_line(self.hint) if not len(self._rows) else f"nothing with {in_line(self.pattern)!r}"
            room = height - len(lines) - foot
            texts = list(wrapped(hint, width - 2, room, self._ascii))
            lines += [_Line("hint")] * ((room - len(texts)) // 2) + [
                _Line("hint", text=centred(text, width)) for text in texts
            ]
        lines += [_Line("hint")] * (height - foot - len(lines))
        if foot:
            lines.append(_Line("foot", text=self._foot(width)))
        return lines

    def _foot(self, width: int) -> str:
        """What was asked for, and how many rows are out of sight."""
        there, shown, page = len(self._rows), self.row_count, self._page
        below = max(shown - self._top - page, 0)
        of = f" {self._name_of}" if self._name_of else ""
        if self.pattern.strip():
            said = [f"{shown} of {there}{of}"]
        elif shown > page:
            said = [f"{self._top + 1}-{self._top + page} of {there}{of}" if page else ""]
        else:
            said = []
        if self._order.failures_first:
            said.insert(0, "failures first")
        if below:
            said.append(f"+{below} more")
        asked = f"/{in_line(self.pattern)}" if self._typing or self.pattern else ""
        between = " - " if self._ascii else " · "
        while said[1:] and cell_len(asked) + cell_len(between.join(said)) + 3 > width:
            said.pop(0)
        right = cut(between.join(said), width - 2, self._ascii)
        asked = cut_front(asked, max(width - 4 - cell_len(right), 1), self._ascii)
        asked += ("_" if self._ascii else "▏") if self._typing else ""
        return f" {asked}{' ' * max(width - 2 - cell_len(asked) - cell_len(right), 1)}{right}"

    # Painting

    def render_line(self, y: int) -> Strip:
        styles = self._styles = self._styles or Styles(self)
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else _Line("hint")
        if line.kind == "row":
            strip = Strip(self._row_segments(line, styles))
        else:
            text = self._head() if line.kind == "head" else line.text
            strip = Strip([Segment(text, styles.dim)])
        return strip.adjust_cell_length(width, styles.of(Cell(""), line.cursor, self.has_focus))

    def _row_segments(self, line: _Line, styles: Styles) -> Iterable[Segment]:
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

    def _head(self) -> str:
        """The titles, with how many columns are out of sight on either side."""
        layout, width, ascii_only = self._layout, self.size.width, self._ascii
        left = f"{'<' if ascii_only else '◂'}+{layout.left}" if layout.left else ""
        right = f"{'>' if ascii_only else '▸'}+{layout.right}" if layout.right else ""
        if not layout.fixed:
            left, right = "", left + right
        over = max(layout.used + cell_len(right) + 1 - width, 0) if right else 0
        titles = []
        for number, (i, room) in enumerate(layout.places):
            mark = left if number == 0 else ""
            lacking = (cell_len(mark) if mark else 0) + (over if number == len(layout.places) - 1 else 0)
            space = max(room - lacking, 0)
            titles.append(aligned(self._title(i), space, self._columns[i].align, ascii_only) + mark)
        text = f" {(' ' * GAP).join(titles)}"
        if not right:
            return text
        return set_cell_size(text, max(width - cell_len(right), 0)) + right

    def on_resize(self) -> None:
        self._wanted = []
        self._show(follow=True, whole=True)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = None
        self.refresh()

    def on_focus(self) -> None:
        self._paint_cursor()

    def on_blur(self) -> None:
        self._stop_typing()
        self._paint_cursor()

    def _paint_cursor(self) -> None:
        if lines := [y for y, line in enumerate(self._lines) if line.cursor]:
            self.refresh(*regions(lines, self.size.width))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, only what moves the cursor or ends the typing works."""
        match action:
            case "keep_filter":
                return self._typing
            case "clear_filter":
                return self._typing or bool(self.pattern)
            case "choose" | "space" | "solo" | "filter" | "sort" | "reverse" | "failures_first" | "copy":
                return not self._typing
        return True

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._typing and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """The filter's keys, here and not as bindings: those have their turn after all keys that came with them."""
        if self._typing:
            is_done = self._type(event)
        elif is_done := event.key == "slash":
            self.action_filter()
        elif is_done := event.key == "escape" and bool(self.pattern):
            self.action_clear_filter()
        if is_done:
            event.stop()
            event.prevent_default()

    def _type(self, event: events.Key) -> bool:
        pattern = self.pattern
        match event.key:
            case "enter":
                self.action_keep_filter()
            case "escape":
                self.action_clear_filter()
            case "backspace" | "ctrl+h":
                self._narrow(pattern[:-1])
            case "ctrl+u":
                self._narrow("")
            case "ctrl+w":
                self._narrow(pattern.rstrip().rpartition(" ")[0])
            case _ if event.is_printable and event.character is not None:
                self._narrow(pattern + event.character)
            case _:
                return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is typed: into the filter, or if it begins with its key."""
        text, ends, _ = event.text.partition("\n")
        if not self._typing and text.startswith("/"):
            self.action_filter()
            text = text[1:]
        if self._typing:
            event.stop()
            self._narrow(self.pattern + text.rstrip("\r"))
            if ends:
                self.action_keep_filter()

    def action_filter(self) -> None:
        """Type what rows must have in them."""
        self._typing = True
        self._asked()

    def action_keep_filter(self) -> None:
        self._stop_typing()

    def action_clear_filter(self) -> None:
        self._typing = False
        self._narrow("")

    def _stop_typing(self) -> None:
        if self._typing:
            self._typing = False
            self._asked()

    def _narrow(self, pattern: str) -> None:
        self._order.filter(pattern)
        self._wanted = []
        self._asked()

    def _asked(self) -> None:
        """Something else was asked for: show it, the cursor still on its thing."""
        self._find_again()
        self.refresh_bindings()
        if self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
        self._show(follow=True)

    def _sort(self, column: int | None, descending: bool = False) -> None:
        self._order.sort(column, descending)
        self._asked()

    def action_sort(self) -> None:
        """By the next column with a title; after the last one, as the rows come."""
        now = self._order.column
        start = -1 if now is None else now
        titled = (i for i, column in enumerate(self._columns) if i > start and column.title)
        self._sort(next(titled, None))

    def action_reverse(self) -> None:
        if self._order.column is None:
            self.action_sort()
        self._sort(self._order.column, not self._order.descending)

    def action_failures_first(self) -> None:
        self._order.put_failures_first(not self._order.failures_first)
        self._asked()

    def action_copy(self) -> None:
        """The thing under the cursor, as text."""
        if self.row_count:
            text = storable(self._rows.copied(self._row))
            self.app.copy_to_clipboard(text)
            self.app.notify(f"Copied {cut(in_line(text), _NOTICE, self._ascii)}", markup=False)

    def action_choose(self) -> None:
        self._tell(self.Chosen)

    def action_space(self) -> None:
        self._tell(self.Toggled)

    def action_solo(self) -> None:
        self._tell(self.Solo)

    def action_move(self, step: int) -> None:
        self._move(self._place + step)

    def action_page(self, step: int) -> None:
        self._move(self._place + step * max(self._page - 1, 1))

    def _move(self, place: int) -> None:
        before, number = self._key, self.row_count
        if number:
            self._put(min(max(place, 0), number - 1))
            self._show(follow=True)
            if self._key != before:
                self._tell(self.Moved)

    def action_sideways(self, step: int) -> None:
        """One column more on that side."""
        self._skipped = max(self._layout.left + step, 0)
        self._show()

    # Mouse

    def on_click(self, event: events.Click) -> None:
        line = self._lines[event.y] if 0 <= event.y < len(self._lines) else None
        if line is None:
            return
        if line.kind == "head":
            self._sort_at(event.x)
        elif line.kind == "row":
            self._move(self._top + event.y - (self._lines[0].kind == "head"))
            if event.chain >= 2:
                self.action_choose()

    def _sort_at(self, x: int) -> None:
        """By the column there; again: the other way round."""
        start = 1
        for i, width in self._layout.places:
            if start <= x < start + width + GAP and self._columns[i].title:
                again = self._order.column == i
                self._sort(i, again and not self._order.descending)
                return
            start += width + GAP

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, _WHEEL)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        """Rows go by, the cursor stays; where none are left, what is around the table may scroll."""
        before = self._top
        self._top += step
        self._show()
        if self._top != before:
            event.stop()
