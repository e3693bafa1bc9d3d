"""The styles of a table's cells, worked out once for each kind of cell."""

from rich.style import Style
from textual.color import Color
from textual.widget import Widget

from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.table.cells import Cell

_VARIABLES = {"good": "success", "bad": "error", "warn": "warning", "accent": "accent"}
_DIM = 0.6
_CURSOR, _CURSOR_ELSEWHERE, _SHARE = 0.3, 0.15, 0.25
"""How strongly the primary colour tints the cursor's row, with and without the focus, and progress."""


class Styles:
    """Those of one widget; make others when its style or the theme changes."""

    def __init__(self, widget: Widget) -> None:
        self._inks = Inks.of(widget)
        self._variables = widget.app.theme_variables
        self._plain = looks.depth(widget.app) is looks.Depth.ANSI
        self._known: dict[object, Style] = {}
        self.ground = self._inks.ground()
        self.dim = self._inks.dim(_DIM)

    def of(self, cell: Cell, cursor: bool = False, focus: bool = False, full: bool = False) -> Style:
        """The style of a cell, or of the part of it that is ``full``, on the cursor's row or on another one."""
        sign = (cell.tone, cell.look, cell.bold, cursor, focus, full)
        if (style := self._known.get(sign)) is None:
            style = self._known[sign] = self._made(cell, cursor, focus, full)
        return style

    def _made(self, cell: Cell, cursor: bool, focus: bool, full: bool) -> Style:
        inks = self._inks
        if cell.look is not None:
            style = inks.of_colour(inks.series(cell.look))
        elif cell.tone == "dim":
            style = self.dim
        elif cell.tone:
            style = inks.of_colour(looks.named(self._variables[f"text-{_VARIABLES[cell.tone]}"], self._variables))
        else:
            style = self.ground
        if cell.bold:
            style += Style(bold=True)
        if self._plain:  # a terminal's own colours cannot be blended
            return style + Style(reverse=True if cursor and focus else None, underline=True if full else None)
        return style + Style(bgcolor=self._ground(cursor, focus, full).rich_color)

    def _ground(self, cursor: bool, focus: bool, full: bool) -> Color:
        ground, primary = self._inks.background, looks.named(self._variables["primary"], self._variables)
        if cursor:
            ground = ground.blend(primary, _CURSOR if focus else _CURSOR_ELSEWHERE)
        return ground.blend(primary, _SHARE) if full else ground
