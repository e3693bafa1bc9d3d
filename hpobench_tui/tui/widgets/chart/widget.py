"""The chart that people use: a plot with keys and mouse to zoom, pan, read values and pick a series."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hpobench_tui.tui.widgets.chart.plot import Plot

_ZOOM = 0.8


class Chart(Plot, can_focus=True):
    """A plot with keys and mouse."""

    HELP = """\
Arrows move the read-out (Shift: pan), + and - zoom, = shows all again, X and Y switch an axis between linear and \
logarithmic, Esc hides the read-out. On a logarithmic axis zero and negative values lie on the floor below the break. \
With the mouse: move to read, \
wheel to zoom, drag to pan, click a name in the legend to put that optimizer on top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "read(-1)", "Read left", show=False),
        Binding("right", "read(1)", "Read right", show=False),
        Binding("shift+left", "pan(-0.1, 0)", "Pan left", show=False),
        Binding("shift+right", "pan(0.1, 0)", "Pan right", show=False),
        Binding("shift+up", "pan(0, 0.1)", "Pan up", show=False),
        Binding("shift+down", "pan(0, -0.1)", "Pan down", show=False),
        Binding("plus", "zoom(0.8)", "Zoom in", show=False),
        Binding("minus", "zoom(1.25)", "Zoom out", show=False),
        Binding("equals_sign", "reset", "Reset the zoom", show=False),
        Binding("X", "log('x')", "x axis linear or logarithmic", show=False),
        Binding("Y", "log('y')", "y axis linear or logarithmic", show=False),
        Binding("escape", "hide_reading", "Hide read-out", show=False),
    ]

    class SeriesPicked(Message):
        """A name in the legend was clicked."""

        def __init__(self, label: str) -> None:
            self.label = label
            super().__init__()

    class Scaled(Message):
        """An axis is drawn linear that was logarithmic, or the other way round."""

    class Read(Message):
        """Another x is read out, or none (None)."""

        def __init__(self, x: float | None) -> None:
            self.x = x
            super().__init__()

    def __init__(self, *, legend: bool = True, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(legend=legend, id=id, classes=classes)
        self._drag: tuple[int, int] | None = None

    def action_reset(self) -> None:
        """Back to all the data."""
        self.show_all()

    def action_log(self, axis: str) -> None:
        """Switch the ``x`` or ``y`` axis; says why not, if there is nothing positive."""
        if refused := self.toggle_log(axis):
            self.notify(refused, severity="warning")
        else:
            self.post_message(self.Scaled())

    # Keys

    def _read(self, column: int | None) -> None:
        before = self.reading
        super()._read(column)
        if self.reading != before:
            self.post_message(self.Read(self.reading))

    def action_read(self, step: int) -> None:
        columns = self._plot_size().width
        now = self._reading_column(columns)
        self._read((columns // 2 if step > 0 else columns // 2 - 1) if now is None else now + step)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc means something else where nothing is read out."""
        return action != "hide_reading" or self.reading is not None

    def action_hide_reading(self) -> None:
        self._read(None)

    def action_pan(self, right: float, up: float) -> None:
        if self._x is not None and self._y is not None:
            self.show_only(self._x.panned(right), self._y.panned(up))

    def action_zoom(self, factor: float, x_anchor: float = 0.5, y_anchor: float = 0.5) -> None:
        if self._x is not None and self._y is not None:
            self.show_only(self._x.zoomed(factor, x_anchor), self._y.zoomed(factor, y_anchor))

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
        x, y = int(event.x), int(event.y)
        label = next((name for region, name in self._legend_places if region.contains(x, y)), None)
        if label is not None:
            self.post_message(self.SeriesPicked(label))
        elif event.button == 1 and self._plot_offset(event) is not None:
            self._drag = (x, y)
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
