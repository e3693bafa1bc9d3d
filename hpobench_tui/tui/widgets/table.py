"""A table that repaints only the rows that changed; its columns shrink to what is in them.

Textual's ``DataTable`` repaints itself whole whenever a cell changes, which is too much for tables that tick.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.dirty import regions

Tone = Literal["", "dim", "good", "bad", "warn", "accent"]
_VARIABLES = {"good": "success", "bad": "error", "warn": "warning", "accent": "accent"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, of which nothing is left but what is seen, with a tone or the colour of a series."""

    text: str
    tone: Tone = ""
    bold: bool = False
    look: int | None = None

    def __post_init__(self) -> None:
        if not self.text.isprintable():
            object.__setattr__(self, "text", in_line(self.text))


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Where there is too little room, one ``yields`` some, and the most ``spare`` are left out whole."""

    title: str
    align: Literal["left", "right"] = "left"
    yields: bool = False
    spare: int = 0


def numbers(*titles: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(title, "right") for title in titles]


Columns = Sequence[Column]
Row = tuple[Cell, ...]


class Table(ScrollView, can_focus=True):
    """Rows of cells under a header that stays."""

    DEFAULT_CSS = "Table { background: $surface; color: $foreground; overflow-x: hidden; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Up a page", show=False),
        Binding("pagedown", "move(10)", "Down a page", show=False),
        Binding("home", "move(-1000000)", "First row", show=False),
        Binding("end", "move(1000000)", "Last row", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Chosen(Message):
        """Enter or a double click on a row."""

        def __init__(self, table: "Table", row: int) -> None:
            self.table, self.row = table, row
            super().__init__()

        @property
        def control(self) -> "Table":
            return self.table

    class Moved(Chosen):
        """The cursor is on another row."""

    def __init__(
        self, columns: Columns, *, hint: str = "", cursor: bool = False, follow: bool = False, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._rows: tuple[Row, ...] = ()
        self._widths: tuple[int, ...] = ()
        self.hint = hint
        self._has_cursor = cursor
        self._follow = follow
        self.cursor = 0

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    def set_columns(self, columns: Columns) -> None:
        """Other columns; the rows go."""
        if tuple(columns) != self._columns:
            self._columns, self._rows, self._widths = tuple(columns), (), ()
            self.refresh()

    def fill(self, rows: Iterable[Row], hint: str | None = None) -> None:
        """Show these rows; only those that changed are repainted."""
        old, self._rows = self._rows, tuple(rows)
        if hint is not None and hint != self.hint:
            self.hint = hint
            old = ()
        self.cursor = min(self.cursor, max(len(self._rows) - 1, 0))
        widths = self._measure()
        at_end = self.scroll_offset.y >= self.max_scroll_y
        if len(old) != len(self._rows):
            self.virtual_size = Size(0, len(self._rows) + 1)
        if widths != self._widths or not old or not self._rows:
            self._widths = widths
            self.refresh()
        else:
            top, height = self.scroll_offset.y, self.size.height
            changed = [i for i in range(max(len(old), len(self._rows))) if old[i : i + 1] != self._rows[i : i + 1]]
            visible = [i - top + 1 for i in changed if 0 < i - top + 1 < height]
            if visible:
                self.refresh(*regions(visible, self.size.width))
        if self._follow and at_end and len(old) != len(self._rows):
            self.scroll_end(animate=False)

    def _measure(self) -> tuple[int, ...]:
        """Column widths. Numbers change width all the time: right-aligned columns only ever grow."""
        widths = []
        for i, column in enumerate(self._columns):
            width = max((cell_len(row[i].text) for row in self._rows), default=0)
            width = max(width, cell_len(column.title))
            if column.align == "right" and i < len(self._widths):
                width = max(width, min(self._widths[i], 9))
            widths.append(width)
        return tuple(self._fitted(widths) if self.size.width else widths)

    def _fitted(self, widths: list[int]) -> list[int]:
        """The widths that there is room for; 0: the column is left out. What is cut all the same shows that it is."""
        columns = self._columns

        def lacking(least: int) -> int:
            needed = (min(w, least) if column.yields else w for w, column in zip(widths, columns, strict=True))
            return sum(w + 2 for w in needed if w) - self.size.width

        for i in sorted((i for i, column in enumerate(columns) if column.spare), key=lambda i: -columns[i].spare):
            if lacking(12) > 0:
                widths[i] = 0
        for i, column in enumerate(columns):
            if column.yields and (over := lacking(widths[i])) > 0:
                widths[i] = max(widths[i] - over, min(widths[i], 6))
        room = self.size.width - 1
        for i, width in enumerate(widths):
            widths[i] = min(width, max(room, 0))
            room -= widths[i] + 2 if width else 0
        return widths

    def on_resize(self) -> None:
        self._widths = self._measure()
        self.refresh()

    def _style(self, cell: Cell, background: Style) -> Style:
        if cell.look is not None:
            ink = looks.colour(cell.look, self.app.current_theme.dark).rich_color
            return background + Style(color=ink, bold=cell.bold)
        ground, text = self.background_colors[1], self.colors[3]
        if cell.tone == "dim":
            return background + Style(color=ground.blend(text, 0.6).rich_color, bold=cell.bold)
        if cell.tone:
            named = self.app.theme_variables[f"text-{_VARIABLES[cell.tone]}"]
            colour = looks.named(named, self.app.theme_variables)
            return background + Style(color=colour.rich_color, bold=cell.bold)
        return background + Style(bold=cell.bold)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        ground, text = self.background_colors[1], self.colors[3]
        plain = Style(bgcolor=ground.rich_color, color=text.rich_color)
        if not self._rows:
            if y == self.size.height // 2 and self.hint:
                line = self.hint[: width - 2].center(width)
                return Strip([Segment(line, plain + Style(color=ground.blend(text, 0.6).rich_color))], width)
            return Strip.blank(width, plain)
        if y == 0:
            row: Row = tuple(Cell(column.title, "dim") for column in self._columns)
        else:
            number = self.scroll_offset.y + y - 1
            if number >= len(self._rows):
                return Strip.blank(width, plain)
            row = self._rows[number]
            if self._has_cursor and number == self.cursor:
                share = 0.3 if self.has_focus else 0.15
                accent = looks.named(self.app.theme_variables["primary"], self.app.theme_variables)
                plain += Style(bgcolor=ground.blend(accent, share).rich_color)
        segments = [Segment(" ", plain)]
        for i, (cell, column) in enumerate(zip(row, self._columns, strict=True)):
            space = self._widths[i]
            if not space:
                continue
            shown = cell.text
            if cell_len(shown) > space:
                shown = set_cell_size(shown, max(space - 1, 0)) + ("~" if looks.only_ascii() else "…")
            gap = " " * (space - cell_len(shown))
            shown = gap + shown if column.align == "right" else shown + gap
            segments.append(Segment(shown, self._style(cell, plain)))
            segments.append(Segment("  ", plain))
        return Strip(segments).adjust_cell_length(width, plain)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def action_move(self, step: int) -> None:
        if not self._has_cursor:
            self.scroll_to(y=self.scroll_offset.y + step, animate=False)
            return
        self._move_to(self.cursor + step)

    def _move_to(self, row: int) -> None:
        self.cursor = min(max(row, 0), max(len(self._rows) - 1, 0))
        self.refresh()
        top, height = self.scroll_offset.y, self.size.height - 1
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)
        self.post_message(self.Moved(self, self.cursor))

    def action_choose(self) -> None:
        if self._rows:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y - 1
        if event.y >= 1 and row < len(self._rows):
            if self._has_cursor:
                self._move_to(row)
            else:
                self.cursor = row
            if event.chain >= 2 or not self._has_cursor:
                self.action_choose()
