"""A matrix of numbers as shaded cells: a model's posterior in two dimensions, who wins against whom."""

from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.message import Message
from textual.strip import Strip

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.bars import value as number
from hpobench_tui.tui.widgets.chart import axes
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.drawing import NO_ROOM, Drawing
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.looks import Depth
from hpobench_tui.tui.widgets.chart.paint import cut

Matrix = NDArray[np.float64]
SHADES, ASCII_SHADES = " ░▒▓█", " .:-=+*#%@"
_STEPS = 24
_WIDEST, _HIGHEST = 9, 4
"""Columns and rows of a cell at most."""


def ramp(inks: Inks, steps: int = _STEPS) -> list[Color]:
    """Colours from the ground to the first series' colour, in even steps of lightness.

    CIE L* is even to the eye; hue and chroma go along with it.
    """
    first, last = (_lab(colour) for colour in (inks.background, inks.series(0)))
    return [_colour(first + (last - first) * (0.08 + 0.92 * step / (steps - 1))) for step in range(steps)]


def shares(values: Matrix, limits: tuple[float, float] | None = None, log: bool = False) -> Matrix:
    """Where values lie between the ends of their scale, 0 to 1; NaN stays. On a log scale what is not positive is 0."""
    scale = Interval(*limits, log) if limits is not None and _is_scale(*limits, log) else None
    if scale is None:
        shown = values[np.isfinite(values) & ((values > 0) | (not log))]
        low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 0.0)
        scale = Interval(low, high, log) if _is_scale(low, high, log) else axes.fit(shown, log)
    if scale is None:
        return np.where(np.isnan(values), np.nan, 0.0)
    return np.clip(scale.fraction(values), 0.0, 1.0)


def _is_scale(low: float, high: float, log: bool) -> bool:
    return isfinite(low) and isfinite(high) and low < high and (low > 0 or not log)


class Heat(Drawing, can_focus=True):
    """Shaded cells with names of rows and columns; arrows move a cursor that is read out in the last row."""

    HELP = "Arrows move the cursor; the last line reads out its cell."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", "Up", show=False),
        Binding("down", "move(1, 0)", "Down", show=False),
        Binding("left", "move(0, -1)", "Left", show=False),
        Binding("right", "move(0, 1)", "Right", show=False),
        Binding("home", "move(0, -1000000)", "First column", show=False),
        Binding("end", "move(0, 1000000)", "Last column", show=False),
        Binding("pageup", "move(-1000000, 0)", "First row", show=False),
        Binding("pagedown", "move(1000000, 0)", "Last row", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another cell."""

        def __init__(self, heat: "Heat", row: int, column: int) -> None:
            self.heat, self.row, self.column = heat, row, column
            super().__init__()

        @property
        def control(self) -> "Heat":
            return self.heat

    class Chosen(Moved):
        """Enter on a cell."""

    def __init__(self, *, hint: str = "no data yet", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(hint=hint, id=id, classes=classes)
        self.cursor: tuple[int, int] = (0, 0)
        self._values: Matrix = np.empty((0, 0))
        self._shares: Matrix = np.empty((0, 0))
        self._names: tuple[Sequence[str], Sequence[str]] = ((), ())
        self._titles = ("", "")
        self._marks: dict[tuple[int, int], str] = {}
        self._ramp: list[Color] = []
        self._looks: dict[tuple[int, bool], tuple[Style, str]] = {}

    def show(
        self,
        values: Matrix,
        rows: Sequence[str],
        columns: Sequence[str],
        *,
        titles: tuple[str, str] = ("", ""),
        limits: tuple[float, float] | None = None,
        log: bool = False,
        marks: Mapping[tuple[int, int], str] | None = None,
        hint: str = "",
    ) -> None:
        """Show a matrix, row 0 at the top.

        Args:
            values: Of shape (number of ``rows``, number of ``columns``), the names of which these are.
            titles: What rows and columns are, for the read-out.
            limits: The ends of the scale; else it holds all values.
            log: Whether it is logarithmic.
            marks: What stands in the middle of a cell, one column wide: data, the best.
        """
        if values.shape != (len(rows), len(columns)):
            raise ValueError(f"{values.shape} values for {len(rows)} rows and {len(columns)} columns")
        self._values, self._shares = values, shares(values, limits, log)
        self._names, self._titles = (tuple(map(in_line, rows)), tuple(map(in_line, columns))), titles
        self._marks = dict(marks or {})
        self.hint = hint or self.hint
        self.cursor = (min(self.cursor[0], max(len(rows) - 1, 0)), min(self.cursor[1], max(len(columns) - 1, 0)))
        self.repaint()

    def action_move(self, down: int, right: int) -> None:
        rows, columns = self._values.shape
        row, column = self.cursor
        moved = min(max(row + down, 0), max(rows - 1, 0)), min(max(column + right, 0), max(columns - 1, 0))
        if moved != self.cursor:
            self.cursor = moved
            self.repaint()
            self.post_message(self.Moved(self, *moved))

    def action_choose(self) -> None:
        if self._values.size:
            self.post_message(self.Chosen(self, *self.cursor))

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

    def read_out(self) -> str:
        """What is under the cursor."""
        row, column = self.cursor
        names = [
            f"{in_line(title)} {name}".strip() for title, name in zip(self._titles, self._at_cursor(), strict=True)
        ]
        return f"{', '.join(names)}: {number(float(self._values[row, column]), self.ascii_only)}"

    def _at_cursor(self) -> tuple[str, str]:
        return self._names[0][self.cursor[0]], self._names[1][self.cursor[1]]

    # Drawing

    def drawn(self, width: int, height: int) -> Sequence[Strip] | str:
        if not self._values.size:
            return self.hint
        names = min(max(map(cell_len, self._names[0])), width // 3)
        room, high = width - names - 1, height - 2
        if room < 2 or high < 1:
            return NO_ROOM
        rows, columns = self._values.shape
        wide = min(max(room // columns, 1), _WIDEST)
        tall = min(max(high // rows, 1), _HIGHEST, max(wide // 2, 1))
        down = _window(rows, high // tall, self.cursor[0])
        across = _window(columns, room // wide, self.cursor[1])
        inks = self._inks()
        made = [self._heading(across, wide, names, width)]
        for row in down:
            for part in range(tall):
                name = self._names[0][row] if part == tall // 2 else ""
                title = set_cell_size(cut(name, names, self.ascii_only), names) + " "
                bold = row == self.cursor[0] and self.has_focus
                cells = [self._cell(row, column, wide, part == tall // 2) for column in across]
                made.append(inks.strip([Segment(title, inks.of_colour(inks.text, bold=bold)), *cells], width))
        made += [Strip.blank(width, inks.ground())] * (height - 1 - len(made))
        hidden = rows - len(down), columns - len(across)
        more = [f"+{n} {what}{'s' if n > 1 else ''}" for n, what in zip(hidden, ("row", "column"), strict=True) if n]
        text = "  ".join([self.read_out(), *more])
        return [*made, inks.strip([Segment(cut(text, width, self.ascii_only), inks.dim(0.75))], width)]

    def _heading(self, across: range, wide: int, names: int, width: int) -> Strip:
        """Names of columns: each over its own cell where it is wide enough, else of some."""
        inks, text, at = self._inks(), " " * (names + 1), 0
        for index, column in enumerate(across):
            name, left = self._names[1][column], index * wide
            if wide >= 3:
                text += set_cell_size(cut(name, wide - 1, self.ascii_only), wide)
            elif left >= at and left + cell_len(name) <= len(across) * wide:
                text += " " * (names + 1 + left - cell_len(text)) + name
                at = left + cell_len(name) + 2
        return inks.strip([Segment(cut(text, width, self.ascii_only), inks.dim(0.6))], width)

    def _cell(self, row: int, column: int, wide: int, middle: bool) -> Segment:
        share = float(self._shares[row, column])
        unknown = isnan(share)
        text = self._text(row, column, wide) if middle else ""
        style, filler = self._look(-1 if unknown else round(share * (_STEPS - 1)))
        if unknown and not text:
            text = "." if self.ascii_only else "·"
        body = text.center(wide, filler) if middle or unknown else filler * wide
        if (row, column) == self.cursor and self.has_focus:
            style += Style(reverse=True, bold=True)
        return Segment(body, style)

    def _look(self, step: int) -> tuple[Style, str]:
        """Style and filler of one step of the scale, -1 for what is not known; kept."""
        key = step, self.ascii_only
        if key not in self._looks:
            inks = self._inks()
            if step < 0:
                made = inks.dim(0.6), " "
            elif inks.depth is Depth.FULL and not self.ascii_only:
                self._ramp = self._ramp or ramp(inks)
                under = self._ramp[step]
                made = Style(color=_on(under).rich_color, bgcolor=under.rich_color), " "
            else:
                glyphs = ASCII_SHADES if self.ascii_only else SHADES
                made = inks.of_colour(inks.series(0)), glyphs[round(step / (_STEPS - 1) * (len(glyphs) - 1))]
            self._looks[key] = made
        return self._looks[key]

    def _text(self, row: int, column: int, wide: int) -> str:
        mark = self._marks.get((row, column), "")
        if cell_len(mark) == 1:
            return mark
        if wide < 3:
            return ""
        value = float(self._values[row, column])
        texts = (number(value, self.ascii_only), f"{value:.2g}")
        return next((text for text in texts if len(text) < wide and not isnan(value)), "")

    def _forget(self) -> None:
        super()._forget()
        self._ramp, self._looks = [], {}


def _window(count: int, room: int, cursor: int) -> range:
    """Which of ``count`` are seen in so much room, the cursor among them."""
    room = min(max(room, 1), count)
    start = min(max(cursor - room // 2, 0), count - room)
    return range(start, start + room)


def _on(colour: Color) -> Color:
    """Black or white, whichever is read better on that."""
    return Color(0, 0, 0) if colour.brightness > 0.5 else Color(255, 255, 255)


# CIE L*a*b* (D65) of sRGB, https://www.w3.org/TR/css-color-4/#color-conversion-code

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def _lab(colour: Color) -> NDArray[np.float64]:
    rgb = np.array(colour.rgb) / 255
    xyz = _TO_XYZ @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _colour(lab: NDArray[np.float64]) -> Color:
    middle = (lab[0] + 16) / 116
    f = np.array([middle + lab[1] / 500, middle, middle - lab[2] / 200])
    xyz = np.where(f**3 > 216 / 24389, f**3, (116 * f - 16) * 27 / 24389) * _WHITE
    linear = np.clip(np.linalg.solve(_TO_XYZ, xyz), 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (round(float(part) * 255) for part in rgb)
    return Color(red, green, blue)
