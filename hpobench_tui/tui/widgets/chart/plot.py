"""What a chart shows: its curves, the visible intervals of its axes, and the value that is read out.

Only rows whose cells changed are repainted. While nobody zoomed, the axes follow the data, on round numbers so that
they seldom move. A logarithmic axis with nothing positive on it is drawn linear; ``x_scale`` and ``y_scale`` say what
was drawn.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from hpobench_tui.tui.widgets.chart import axes, guides, paint
from hpobench_tui.tui.widgets.chart import legend as legends
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.drawing import NO_ROOM, Drawing
from hpobench_tui.tui.widgets.chart.heights import Heights, heights
from hpobench_tui.tui.widgets.chart.raster import NOBODY, Memory, Raster, Tint, rasterize
from hpobench_tui.tui.widgets.chart.series import Series

_MIN_ROWS, _MIN_COLUMNS = 3, 10


Scale = Literal["log", "linear"]


class Plot(Drawing):
    """Curves on linear or logarithmic axes, with a legend and the values at one x.

    ``legend=False`` where a table is the legend: then only the value of the focused curve is read out.
    """

    def __init__(self, *, legend: bool = True, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.has_legend = legend
        self.x_log = True
        self.y_log = True
        self.focused_label: str | None = None
        self._series: tuple[Series, ...] = ()
        self._guides: tuple[guides.Guide, ...] = ()
        self._x_limits: tuple[float, float] | None = None
        self._y_limits: tuple[float, float] | None = None
        self._x: Interval | None = None
        self._y: Interval | None = None
        self._zoomed = False
        self._reading: float | None = None
        self._heights: Heights | None = None
        self._raster: Raster | None = None
        self._memory = Memory()
        self._stale_frame = True
        self._legend_places: legends.Places = []

    # What to show

    def show(
        self,
        series: Sequence[Series],
        x_limits: tuple[float, float] | None = None,
        hint: str = "",
        known: Sequence[guides.Guide] = (),
        y_limits: tuple[float, float] | None = None,
    ) -> None:
        """Show these curves; ``x_limits`` fixes the x axis (a budget), else it follows the data.

        Args:
            y_limits: Fixes the y axis (shares: 0 to 1).
            known: Values to draw lines at, where they are within the axis, which does not follow them.
        """
        before = self._frame()
        self._series, self._guides = tuple(series), tuple(known)
        self._x_limits, self._y_limits = x_limits, y_limits
        self.hint = hint or self.hint
        self._stale_frame |= before != self._frame()
        self.repaint()

    def _frame(self) -> object:
        """Whatever else than cells of curves a change of data changes."""
        return [(s.label, s.look, s.grey) for s in self._series], self._guides

    @property
    def x_scale(self) -> Scale:
        """How the x axis is drawn."""
        return "log" if (self.x_log if self._x is None else self._x.log) else "linear"

    @property
    def y_scale(self) -> Scale:
        """How the y axis is drawn."""
        return "log" if (self.y_log if self._y is None else self._y.log) else "linear"

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
        self.show_all()
        return None

    def focus_series(self, label: str | None) -> None:
        """Draw that series on top, with its band."""
        self.focused_label = label
        self._stale_frame = True
        self.repaint()

    # Geometry

    def _focused_index(self) -> int | None:
        return next((i for i, s in enumerate(self._series) if s.label == self.focused_label), None)

    def _legend(self) -> legends.Legend:
        shown = self._series if self.has_legend else ()
        return legends.Legend(shown, self._reading, self.focused_label, self._inks(), self.ascii_only)

    def _side_legend(self) -> int:
        """Columns of a legend at the side, 0 if it stands below."""
        return legends.side_width(self._series, self.size.width) if self.has_legend else 0

    def _legend_rows(self) -> list[list[Series]]:
        """The series of each legend row below the plot."""
        return legends.rows_below(self._legend(), self.size.width, self.size.height)

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
        self._x = _followed(self._x_values(), self.x_log, self._x_limits)
        self._y = _followed(self._y_values(), self.y_log, self._y_limits)

    # Painting

    def _prepare(self) -> None:
        before = (self._x, self._y)
        self._follow_data()
        self._stale_frame |= before != (self._x, self._y)

    def _redraw(self) -> None:
        size = self._plot_size()
        if self._x is None or self._y is None or size.height < _MIN_ROWS or size.width < _MIN_COLUMNS:
            self.say(self.hint if self._x is None or self._y is None else NO_ROOM)
            return
        layout = heights(self._y, self._y_values(), size.height)
        self._stale_frame |= layout != self._heights
        self._heights = layout
        raster = rasterize(
            self._series, self._x, layout, size.width, self._focused_index(), self.ascii_only, self._memory
        )
        changed = raster.changed(self._raster) | (len(self._strips) != self.size.height)
        if self._stale_frame:
            changed[:] = True
        if self._side_legend():
            changed[: len(self._series) + 2] = True  # their values beside it
        painted = self._paint(raster, changed)
        old = self._strips if len(self._strips) == self.size.height else [Strip([])] * self.size.height
        self._raster, self._stale_frame = raster, False
        self._take([new if new is not None else old[row] for row, new in enumerate(painted)])

    def say(self, text: str) -> None:
        self._raster = None
        super().say(text)

    def _forget(self) -> None:
        super()._forget()
        self._raster, self._stale_frame = None, True

    def _paint(self, raster: Raster, wanted: NDArray[np.bool_]) -> list[Strip | None]:
        """A strip for every row of the widget; None for plot rows that are not ``wanted``."""
        assert self._x is not None
        assert self._heights is not None
        rows, columns = raster.glyph.shape
        width, gutter, inks, ascii_only = self.size.width, self._gutter(), self._inks(), self.ascii_only
        free = (raster.owner == NOBODY) & (raster.tint == Tint.NONE)
        known = guides.lines(self._guides, self._heights, free, ascii_only)
        focused, at = self._focused_index(), self._reading_column(columns)
        series = [paint.GREY if s.grey and i != focused else s.look for i, s in enumerate(self._series)]
        labels = paint.gutter_labels(self._heights, gutter, ascii_only)
        plot = paint.plot_rows(raster, wanted, series, focused, labels, known, at, inks, ascii_only)
        side, words = self._side_legend(), self._legend()
        beside, places = legends.beside(words, width - side, side, rows)
        result = [
            None if row is None else inks.strip([*row, *entry], width) for row, entry in zip(plot, beside, strict=True)
        ]
        at_edge = self._x.log and any((s.x <= 0).any() for s in self._series)
        axis = paint.axis_row(self._x, columns, gutter, ascii_only, at_edge)
        if not self.has_legend:
            read = legends.line(words._replace(series=self._series), width)
            axis = set_cell_size(axis, width - cell_len(read)) + read
        result.append(inks.strip([Segment(axis, inks.dim(0.6))], width))
        if not side:
            entries = self._legend_rows()
            below, places = legends.below(words, entries, self.size.height - len(entries), width)
            result += [inks.strip(row, width) for row in below]
        self._legend_places = places
        return result

    # What is visible, and what is read out

    def show_all(self) -> None:
        """Let the axes follow the data again."""
        self._zoomed, self._stale_frame = False, True
        self.repaint()

    def show_only(self, x: Interval, y: Interval) -> None:
        """Show these parts of the axes, whatever the data, until :meth:`show_all`."""
        self._zoomed, self._stale_frame = True, True
        self._x, self._y = x, y
        self.repaint()

    def _reading_column(self, columns: int) -> int | None:
        if self._reading is None or self._x is None:
            return None
        fraction = float(self._x.fraction(np.array([self._reading]))[0])
        return int(fraction * columns) if 0 <= fraction < 1 else None

    def _read(self, column: int | None) -> None:
        columns = self._plot_size().width
        if column is None or self._x is None or columns < 1:
            self._reading = None
        else:
            self._reading = self._x.value((min(max(column, 0), columns - 1) + 0.5) / columns)
        self._stale_frame = True
        self.repaint()


def _followed(values: NDArray[np.float64], log: bool, limits: tuple[float, float] | None) -> Interval | None:
    """The axis for these values: linear where nothing is positive, between ``limits`` where it can have them."""
    fitted = axes.fit(values, log) or axes.fit(values, log=False)
    if fitted is None or limits is None or not (limits[0] < limits[1] and (limits[0] > 0 or not fitted.log)):
        return fitted
    return Interval(*limits, fitted.log)
