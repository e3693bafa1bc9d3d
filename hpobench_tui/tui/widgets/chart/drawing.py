"""What all that is drawn has in common: rows made by a function, of which only those that changed are repainted; a
sentence where there is nothing to draw, no room for it, or an error.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from hpobench_tui.tui.widgets.chart import looks, paint
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.dirty import regions

NO_ROOM = "too small for a chart"


class Drawing(Widget):
    """A widget that draws itself row by row; subclasses say how in :meth:`drawn`."""

    DEFAULT_CSS = "Drawing { background: $surface; color: $foreground; height: 1fr; width: 1fr; }"

    def __init__(self, *, hint: str = "no data yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.hint = hint
        self.ascii_only = looks.only_ascii()
        self._known_inks: Inks | None = None
        self._strips: list[Strip] = []

    def drawn(self, width: int, height: int) -> Sequence[Strip] | str:
        """The rows, or why there are none; ``width`` and ``height`` are at least 1."""
        raise NotImplementedError  # each drawing is a subclass; a widget's metaclass leaves no room for ABC's

    def say(self, text: str) -> None:
        """Show a sentence in place of the drawing."""
        size = self.size
        self._take(paint.hint_rows(text, size.width, size.height, self._inks(), self.ascii_only))

    def repaint(self) -> None:
        """Draw anew, and refresh the rows that changed.

        What cannot be drawn costs the drawing, not the app, whatever data, key or size it came from.
        """
        try:
            self._prepare()
            if self._has_room():
                self._redraw()
        except Exception as error:  # noqa: BLE001 - said in place of the drawing
            if self._has_room():
                text = f"this chart cannot be drawn: {type(error).__name__}: {error}"
                self.say(" ".join(text.split()))

    def _has_room(self) -> bool:
        return bool(self.is_mounted and self.size.width and self.size.height)

    def _prepare(self) -> None:
        """Work out what does not need any room."""

    def _redraw(self) -> None:
        made = self.drawn(self.size.width, self.size.height)
        if isinstance(made, str):
            self.say(made)
        else:
            self._take(made)

    def _take(self, rows: Sequence[Strip]) -> None:
        width, height = self.size
        blank = [Strip.blank(width, self._inks().ground())] * (height - len(rows))
        old, self._strips = self._strips, [*rows[:height], *blank]
        dirty = [
            y
            for y, new in enumerate(self._strips)
            if y >= len(old) or (new is not old[y] and list(new) != list(old[y]))
        ]
        if dirty:
            self.refresh(*regions(dirty, width))

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self._inks().ground())

    def on_resize(self) -> None:
        self._forget()
        self.repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._forget()
        self.repaint()

    def _forget(self) -> None:
        """Nothing is as it was: the size or the style changed."""
        self._known_inks = None
        self._strips = []

    def _inks(self) -> Inks:
        """Kept: asking the styles each time would cost more than the drawing."""
        if self._known_inks is None:
            self._known_inks = Inks.of(self)
        return self._known_inks


class Scrolled(Drawing, can_focus=True):
    """A drawing of as many rows as there are things; keys scroll it, and its last row says how many are not seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_rows(-1)", "Up", show=False),
        Binding("down", "scroll_rows(1)", "Down", show=False),
        Binding("pageup", "scroll_rows(-10)", "Up a page", show=False),
        Binding("pagedown", "scroll_rows(10)", "Down a page", show=False),
        Binding("home", "scroll_rows(-1000000)", "First row", show=False),
        Binding("end", "scroll_rows(1000000)", "Last row", show=False),
    ]

    def __init__(self, *, hint: str = "no data yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(hint=hint, id=id, classes=classes)
        self._top = 0
        self._count = 0

    def action_scroll_rows(self, step: int) -> None:
        self._top = min(max(self._top + step, 0), max(self._count - 1, 0))
        self.repaint()

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll_rows(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll_rows(-1)

    def window(self, count: int, room: int) -> range:
        """Which of ``count`` things are seen in ``room`` rows, one of which is for :meth:`remark` if need be."""
        self._count = count
        if count <= room:
            self._top = 0
            return range(count)
        shown = max(room - 1, 0)
        self._top = min(self._top, count - shown)
        return range(self._top, self._top + shown)

    def remark(self, seen: range, width: int) -> list[Strip]:
        """How many are above and below, as a row; none if all are seen."""
        above, below = seen.start, self._count - seen.stop
        up, down = ("^", "v") if self.ascii_only else ("▴", "▾")
        parts = [f"{up} +{above} more"] * (above > 0) + [f"{down} +{below} more"] * (below > 0)
        if not parts:
            return []
        text = paint.cut(" " + "  ".join(parts), width, self.ascii_only)
        return [self._inks().strip([Segment(text, self._inks().dim(0.6))], width)]
