"""The chart widget: paints rasters, keeps what is visible, zooms, pans and reads values out.

Only rows whose cells changed are repainted. While nobody zoomed, the axes follow the data, on round numbers so that
they seldom move.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hpobench_tui.tui.widgets.chart import axes, looks
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.raster import NOBODY, Raster, Series, Tint, rasterize
from hpobench_tui.tui.widgets.dirty import regions

_SIDE_LEGEND_FROM = 90
"""Columns from which the legend stands at the side."""
_MIN_ROWS = 3
_NO_ROOM = "too small for a chart"
_ZOOM = 0.8


class Chart(Widget, can_focus=True):
    """Curves on linear or logarithmic axes, with a legend, a read-out, zoom and pan."""

    DEFAULT_CSS = """
    Chart { background: $surface; color: $foreground; height: 1fr; width: 1fr; }
    """
    HELP = """\
Arrows move the read-out (Shift: pan), + and - zoom, r resets, Esc hides the read-out. With the mouse: move to read, \
wheel to zoom, drag to pan, click a name in the legend to put that optimizer on top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "read(-1)", "Read left", show=False),
        Binding("right", "read(1)", "Read right", show=False),
        Binding("shift+left", "pan(-0.1, 0)", "Pan left", show=False),
        Binding("shift+right", "pan(0.1, 0)", "Pan right", show=False),
        Binding("shift+up", "pan(0, 0.1)", "Pan up", show=False),
        Binding("shift+down", "pan(0, -0.1)", "Pan down", show=False),
        Binding("plus,equals_sign", "zoom(0.8)", "Zoom in", show=False),
        Binding("minus", "zoom(1.25)", "Zoom out", show=False),
        Binding("escape", "hide_reading", "Hide read-out", show=False),
    ]

    class SeriesPicked(Message):
        """A name in the legend was clicked."""

        def __init__(self, label: str) -> None:
            self.label = label
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.x_log = True
        self.y_log = True
        self.hint = "no data yet"
        self.focused_label: str | None = None
        self.ascii_only = looks.only_ascii()
        self._series: tuple[Series, ...] = ()
        self._x_limits: tuple[float, float] | None = None
        self._x: Interval | None = None
        self._y: Interval | None = None
        self._zoomed = False
        self._reading: float | None = None
        self._drag: tuple[int, int] | None = None
        self._known_inks: tuple[Color, Color] | None = None
        self._raster: Raster | None = None
        self._strips: list[Strip] = []
        self._stale_frame = True
        self._legend_places: list[tuple[Region, str]] = []

    # What to show

    def show(self, series: Sequence[Series], x_limits: tuple[float, float] | None = None, hint: str = "") -> None:
        """Show these curves; ``x_limits`` fixes the x axis (a budget), else it follows the data."""
        before = [(s.label, s.look) for s in self._series]
        self._series = tuple(series)
        self._x_limits = x_limits
        self.hint = hint or self.hint
        self._stale_frame |= before != [(s.label, s.look) for s in self._series]
        self._repaint()

    @property
    def reading(self) -> float | None:
        """The x value under the crosshair."""
        return self._reading

    @property
    def visible_x(self) -> Interval | None:
        """What is visible of the x axis; None while there is nothing to show."""
        return self._x

    @property
    def visible_y(self) -> Interval | None:
        """What is visible of the y axis."""
        return self._y

    def toggle_log(self, axis: str) -> str | None:
        """Switch the ``x`` or ``y`` axis between linear and logarithmic; returns why not, if refused."""
        name = f"{axis}_log"
        wanted = not getattr(self, name)
        values = self._x_values() if axis == "x" else self._y_values()
        if wanted and len(values) and axes.fit(values, log=True) is None:
            return f"No positive value on the {axis} axis: it stays linear."
        setattr(self, name, wanted)
        self.action_reset()
        return None

    def focus_series(self, label: str | None) -> None:
        """Draw that series on top, with its band."""
        self.focused_label = label
        self._stale_frame = True
        self._repaint()

    # Geometry

    def _focused_index(self) -> int | None:
        return next((i for i, s in enumerate(self._series) if s.label == self.focused_label), None)

    def _side_legend(self) -> int:
        """Columns of a legend at the side, 0 if it stands below."""
        if self.size.width < _SIDE_LEGEND_FROM or not self._series:
            return 0
        return min(max(cell_len(s.label) for s in self._series) + 14, self.size.width // 3)

    def _plot_size(self) -> Size:
        """Cells of the plot itself."""
        below = 0 if self._side_legend() else len(self._legend_rows())
        return Size(
            max(self.size.width - self._gutter() - self._side_legend(), 0), max(self.size.height - 1 - below, 0)
        )

    def _gutter(self) -> int:
        return 8

    def _x_values(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        parts = [s.x for s in self._series] + ([np.array(self._x_limits)] if self._x_limits else [])
        return np.concatenate(parts) if parts else np.empty(0)

    def _y_values(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        parts = [s.y for s in self._series]
        focused = self._focused_index()
        for band in () if focused is None else (self._series[focused].lower, self._series[focused].upper):
            parts += [] if band is None else [band]
        return np.concatenate(parts) if parts else np.empty(0)

    def _follow_data(self) -> None:
        if self._zoomed:
            return
        limits = None if self._x_limits is None or (self.x_log and self._x_limits[0] <= 0) else self._x_limits
        x = axes.fit(self._x_values(), self.x_log)
        if x is not None and limits is not None and limits[0] < limits[1]:
            x = Interval(limits[0], limits[1], self.x_log)
        y = axes.fit(self._y_values(), self.y_log)
        if y is None and self.y_log:  # nothing positive (yet): show it all the same
            y = axes.fit(self._y_values(), log=False)
        self._x, self._y = x, y

    # Painting

    def _repaint(self) -> None:
        """Make the rows anew that changed, and only refresh those."""
        if not self.is_mounted or not self.size.width or not self.size.height:
            return
        before = (self._x, self._y)
        self._follow_data()
        self._stale_frame |= before != (self._x, self._y)
        if self._x is None or self._y is None or self._plot_size().height < _MIN_ROWS or self._plot_size().width < 10:
            self._raster = None
            self._strips = self._empty_strips(_NO_ROOM if self._x is not None else self.hint)
            self.refresh()
            return
        size = self._plot_size()
        raster = rasterize(
            self._series, self._x, self._y, size.height, size.width, self._focused_index(), self.ascii_only
        )
        changed = raster.changed(self._raster) | (len(self._strips) != self.size.height)
        if self._stale_frame:
            changed[:] = True
        if self._side_legend():
            changed[: len(self._series) + 1] = True
        painted = self._paint(raster, changed)
        old = self._strips if len(self._strips) == self.size.height else [Strip([])] * self.size.height
        self._raster, self._stale_frame = raster, False
        self._strips = [new if new is not None else old[row] for row, new in enumerate(painted)]
        dirty = [row for row, new in enumerate(painted) if new is not None and list(new) != list(old[row])]
        if dirty:
            self.refresh(*regions(dirty, self.size.width))

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self._ground())

    def on_resize(self) -> None:
        self._raster, self._stale_frame = None, True
        self._repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._known_inks = None
        self._stale_frame = True
        self._repaint()

    def _inks(self) -> tuple[Color, Color]:
        """The colours of the ground and of text; asking the styles each time would cost more than the drawing."""
        if self._known_inks is None:
            self._known_inks = (self.background_colors[1], self.colors[3])
        return self._known_inks

    def _ground(self) -> Style:
        return Style(bgcolor=self._inks()[0].rich_color, color=self._inks()[1].rich_color)

    def _dim(self, share: float) -> Style:
        background, text = self._inks()
        return Style(bgcolor=background.rich_color, color=background.blend(text, share).rich_color)

    def _empty_strips(self, text: str) -> list[Strip]:
        width, height = self.size
        text = text[:width]
        line = set_cell_size(" " * ((width - cell_len(text)) // 2) + text, width)
        rows = [Strip.blank(width, self._ground()) for _ in range(height)]
        rows[height // 2] = Strip([Segment(line, self._dim(0.6))], width)
        return rows

    def _paint(self, raster: Raster, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Strip | None]:
        """A strip for every row of the widget; None for plot rows that are not ``wanted``."""
        assert self._x is not None
        assert self._y is not None
        rows, columns = raster.glyph.shape
        dark = self.app.current_theme.dark
        background = self._inks()[0]
        colours = [looks.colour(s.look, dark) for s in self._series]
        focused = self._focused_index()
        tint = background.blend(colours[focused], 0.22) if focused is not None else background
        reading = self._reading_column(columns)
        gutter = self._gutter_labels(rows)
        legend = self._legend_side(rows)
        styles: dict[tuple[int, int], Style] = {}
        result: list[Strip | None] = []
        dim, faint = self._dim(0.6), self._dim(0.16)
        cross = "|" if self.ascii_only else "│"
        grid = " " if self.ascii_only else "┈"
        for row in range(rows):
            if not wanted[row]:
                result.append(None)
                continue
            label, is_tick = gutter[row]
            segments = [Segment(label, dim)]
            text, style = "", faint
            owners, tints = raster.owner[row].tolist(), raster.tint[row].tolist()
            for column, point in enumerate(raster.glyph[row].tolist()):
                owner, shade = owners[column], tints[column]
                glyph = chr(point)
                if owner == NOBODY and shade == Tint.NONE:
                    wanted_style = faint
                    if is_tick:
                        glyph = grid
                else:
                    key = (owner, shade)
                    if key not in styles:
                        ink = colours[owner] if owner != NOBODY else tint
                        under = background
                        if shade == Tint.FULL or (shade != Tint.NONE and owner != NOBODY):
                            under = tint
                            ink = ink if owner != NOBODY else self._inks()[1]
                        elif shade == Tint.BOTTOM:
                            ink, under = background, tint
                        bold = owner != NOBODY and owner == focused
                        styles[key] = Style(color=ink.rich_color, bgcolor=under.rich_color, bold=bold)
                    wanted_style = styles[key]
                if column == reading and owner == NOBODY:
                    glyph = cross
                    bgcolor = wanted_style.bgcolor if shade == Tint.FULL else background.rich_color
                    wanted_style = Style(color=dim.color, bgcolor=bgcolor)
                if wanted_style is not style and text:
                    segments.append(Segment(text, style))
                    text = ""
                style = wanted_style
                text += glyph
            segments.append(Segment(text, style))
            segments += legend[row]
            result.append(Strip(segments).adjust_cell_length(self.size.width, self._ground()))
        result.append(self._axis_strip(columns))
        result += self._legend_strips()
        return result

    def _gutter_labels(self, rows: int) -> list[tuple[str, bool]]:
        assert self._y is not None
        width = self._gutter()
        bar, tick = ("|", "+") if self.ascii_only else ("│", "┤")
        labels = [(" " * (width - 1) + bar, False)] * rows
        last = rows
        for t in axes.ticks(self._y, max(rows // 3, 2), self.ascii_only):
            row = rows - 1 - round(t.fraction * (rows - 1))
            if 0 <= row < last and cell_len(t.label) < width:
                labels[row] = (f"{t.label:>{width - 1}}{tick}", 0 < row < rows - 1)
                last = row
        return labels

    def _axis_strip(self, columns: int) -> Strip:
        """The x axis in one row: a line with the labels in it,"""
        assert self._x is not None
        rule, corner = ("-", "+") if self.ascii_only else ("─", "└")
        line = [rule] * columns
        free_from = 0
        for t in axes.ticks(self._x, max(columns // 12, 2), self.ascii_only):
            text = f" {t.label} "
            start = round(t.fraction * columns) - cell_len(text) // 2
            if not -0.001 <= t.fraction <= 1.001:
                continue
            start = min(max(start, 0), columns - cell_len(text))
            if start < free_from:
                continue
            line[start : start + cell_len(text)] = list(text)
            free_from = start + cell_len(text) + 1
        text = " " * (self._gutter() - 1) + corner + "".join(line)
        return Strip([Segment(text, self._dim(0.6))]).adjust_cell_length(self.size.width, self._ground())

    # Legend and read-out

    def _value_of(self, series: Series) -> float:
        if self._reading is not None:
            return series.at(self._reading)
        return float(series.y[-1]) if len(series.y) else float("nan")

    def _legend_entry(self, series: Series, width: int | None = None) -> list[Segment]:
        dark = self.app.current_theme.dark
        ink = Style(
            color=looks.colour(series.look, dark).rich_color,
            bgcolor=self._inks()[0].rich_color,
            bold=series.label == self.focused_label,
        )
        value = axes.number(self._value_of(series))
        if self.ascii_only:
            value = value.replace("–", "-").replace("∞", "inf")
        name = f"{looks.marker(series.look, self.ascii_only)} {series.label}"
        if width is None:
            return [Segment(name, ink), Segment(f" {value:<8} ", self._dim(0.75))]
        return [Segment(set_cell_size(name, width - 10), ink), Segment(f"{value:>9} ", self._dim(0.75))]

    def _legend_rows(self) -> list[list[Series]]:
        """The series of each legend row below the plot, at most a third of the height."""
        rows: list[list[Series]] = []
        used = 0
        for series in self._series:
            width = cell_len(series.label) + 12
            if not rows or used + width > self.size.width - 1:
                rows.append([])
                used = 0
            rows[-1].append(series)
            used += width
        return rows[: max(self.size.height // 4, 1)]

    def _legend_strips(self) -> list[Strip]:
        if self._side_legend():
            return []
        strips = []
        self._legend_places = []
        for number, row in enumerate(self._legend_rows()):
            segments = [Segment(" ", self._ground())]
            at = 1
            for series in row:
                entry = self._legend_entry(series)
                width = sum(cell_len(s.text) for s in entry)
                place = Region(at, self.size.height - len(self._legend_rows()) + number, width, 1)
                self._legend_places.append((place, series.label))
                segments += entry
                at += width
            strips.append(Strip(segments).adjust_cell_length(self.size.width, self._ground()))
        return strips

    def _legend_side(self, rows: int) -> list[list[Segment]]:
        width = self._side_legend()
        if not width:
            return [[] for _ in range(rows)]
        blank = [Segment(" " * width, self._ground())]
        title = "latest" if self._reading is None else f"at {axes.number(self._reading)}"
        result = [[Segment("  "[:2], self._ground()), Segment(f"{title:>{width - 3}} ", self._dim(0.6))]]
        self._legend_places = []
        for row, series in enumerate(self._series[: max(rows - 1, 0)], start=1):
            result.append([Segment("  ", self._ground()), *self._legend_entry(series, width - 2)])
            self._legend_places.append((Region(self.size.width - width, row, width, 1), series.label))
        return (result + [blank] * rows)[:rows]

    def _reading_column(self, columns: int) -> int | None:
        if self._reading is None or self._x is None:
            return None
        fraction = float(self._x.fraction(np.array([self._reading]))[0])
        return int(fraction * columns) if 0 <= fraction < 1 else None

    def _read(self, column: int | None) -> None:
        columns = self._plot_size().width
        if column is None or self._x is None:
            self._reading = None
        else:
            self._reading = self._x.value((min(max(column, 0), columns - 1) + 0.5) / columns)
        self._stale_frame = True
        self._repaint()

    # Keys

    def action_read(self, step: int) -> None:
        columns = self._plot_size().width
        now = self._reading_column(columns)
        self._read((columns // 2 if step > 0 else columns // 2 - 1) if now is None else now + step)

    def action_hide_reading(self) -> None:
        self._read(None)

    def action_pan(self, right: float, up: float) -> None:
        if self._x is not None and self._y is not None:
            self._zoomed, self._stale_frame = True, True
            self._x, self._y = self._x.panned(right), self._y.panned(up)
            self._repaint()

    def action_zoom(self, factor: float, x_anchor: float = 0.5, y_anchor: float = 0.5) -> None:
        if self._x is not None and self._y is not None:
            self._zoomed, self._stale_frame = True, True
            self._x, self._y = self._x.zoomed(factor, x_anchor), self._y.zoomed(factor, y_anchor)
            self._repaint()

    def action_reset(self) -> None:
        """Back to all the data."""
        self._zoomed, self._stale_frame = False, True
        self._repaint()

    # Mouse

    def _plot_offset(self, event: events.MouseEvent) -> tuple[int, int] | None:
        """Column and row in the plot, None outside."""
        size = self._plot_size()
        column, row = int(event.x) - self._gutter(), int(event.y)
        return (column, row) if 0 <= column < size.width and 0 <= row < size.height else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drag is not None and self._x is not None and self._y is not None:
            size = self._plot_size()
            dx, dy = int(event.x) - self._drag[0], int(event.y) - self._drag[1]
            if (dx or dy) and size.width and size.height:
                self._drag = (int(event.x), int(event.y))
                self.action_pan(-dx / size.width, dy / size.height)
            return
        place = self._plot_offset(event)
        if place is not None:
            self._read(place[0])

    def on_leave(self) -> None:
        if self._drag is None and self._reading is not None and not self.has_focus:
            self._read(None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        label = next(
            (name for region, name in self._legend_places if region.contains(int(event.x), int(event.y))), None
        )
        if label is not None:
            self.post_message(self.SeriesPicked(label))
        elif event.button == 1 and self._plot_offset(event) is not None:
            self._drag = (int(event.x), int(event.y))
            self.capture_mouse()

    def on_mouse_up(self) -> None:
        if self._drag is not None:
            self._drag = None
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, _ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1 / _ZOOM)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        place, size = self._plot_offset(event), self._plot_size()
        if place is not None:
            event.stop()
            self.action_zoom(factor, (place[0] + 0.5) / size.width, 1 - (place[1] + 0.5) / size.height)
