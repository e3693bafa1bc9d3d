"""The table that people use: keys and mouse to move, filter, sort, copy and choose.

The filter is typed into the foot by the table itself, so that keys which come at once are all read by one widget.
"""

from collections.abc import Hashable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hpobench_tui.core.text import in_line, storable
from hpobench_tui.tui.widgets.dirty import regions
from hpobench_tui.tui.widgets.table.cells import Columns, cut
from hpobench_tui.tui.widgets.table.layout import GAP
from hpobench_tui.tui.widgets.table.sheet import Sheet

_NOTICE = 60
_WHEEL = 3


class Table(Sheet, can_focus=True):
    """Rows under a header, with a cursor on one of them.

    Args:
        hint: Shown while there are no rows.
        follow: While the cursor is on the last row, it goes to the new last row.
        name_of: What the rows are, for the foot: ``3 of 17 runs``.
        enter, space, solo: What these keys do, for the footer and the help; "" where they do nothing.
    """

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
        super().__init__(columns, hint, follow, id, name_of)
        for key, action, words in (("enter", "choose", enter), ("space", "space", space), ("o", "solo", solo)):
            self._bindings.bind(key, action, words, show=bool(words))

    def moved(self) -> None:
        self._tell(self.Moved)

    def _tell(self, message: type[About]) -> None:
        if self.row_count:
            self.post_message(message(self, self._key, self._row))

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
        if column is not None:
            self._bring(column)
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
                self.moved()

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
