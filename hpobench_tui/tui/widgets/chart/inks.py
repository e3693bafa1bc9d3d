"""The colours that a chart is painted with, and the styles made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.looks import Depth

_BRIGHT_BLACK, _WHITE = 8, 7
_FAINT = 0.3
"""Shares below it are lines, others are words: where colours cannot be blended, words stay as legible as they can."""
_BAND = 0.22
"""How strongly a band has its series' colour."""

_GREY = 0.35
"""The same of text, in what stands back."""


@dataclass(frozen=True, slots=True)
class Inks:
    """Ground and text of the widget; ``dark`` and ``depth`` choose the palette of the series."""

    background: Color
    text: Color
    dark: bool
    depth: Depth = Depth.FULL

    @classmethod
    def of(cls, widget: Widget) -> "Inks":
        """Those of a widget; keep them until its style changes, asking costs more than a drawing."""
        theme, depth = widget.app.current_theme, looks.depth(widget.app)
        if depth is Depth.ANSI:
            plain = Color(0, 0, 0, ansi=-1)
            return cls(plain, plain, theme.dark, depth)
        return cls(widget.background_colors[1], widget.colors[3], theme.dark, depth)

    def ground(self) -> Style:
        """Plain text."""
        return self.of_colour(self.text)

    def of_colour(self, colour: Color, under: Color | None = None, bold: bool = False) -> Style:
        """That colour on the ground, or on another one."""
        return Style(color=colour.rich_color, bgcolor=(under or self.background).rich_color, bold=bold)

    def cut_out(self, under: Color) -> Style:
        """The ground's colour on another one. What a terminal's own ground looks like only the terminal knows."""
        if self.depth is Depth.ANSI:
            return Style(color=under.rich_color, bgcolor=self.background.rich_color, reverse=True)
        return self.of_colour(self.background, under)

    def dim(self, share: float) -> Style:
        """Text blended with the ground; ``share`` 1 is plain. A terminal's own colours cannot be blended: it dims
        words itself, and lines are in its grey.
        """
        if self.depth is Depth.ANSI and share < 1:
            if share < _FAINT:
                return self.of_colour(self.shade())
            return Style(color=self.text.rich_color, bgcolor=self.background.rich_color, dim=True)
        return self.of_colour(self.background.blend(self.text, share))

    def shade(self) -> Color:
        """A grey between ground and text."""
        if self.depth is Depth.FULL:
            return self.background.blend(self.text, _BAND)
        return looks.terminal_colour(_BRIGHT_BLACK if self.dark else _WHITE, self.depth)

    def grey(self) -> Color:
        """What is drawn without a colour of its own, but is to be seen."""
        if self.depth is Depth.FULL:
            return self.background.blend(self.text, _GREY)
        return looks.terminal_colour(_BRIGHT_BLACK, self.depth)

    def tint(self, colour: Color) -> Color:
        """The ground with some of that colour in it, for what is behind other things."""
        return self.background.blend(colour, _BAND) if self.depth is Depth.FULL else self.shade()

    def series(self, look: int) -> Color:
        """The colour of a series."""
        return looks.colour(look, self.dark, self.depth)

    def strip(self, segments: Sequence[Segment], width: int) -> Strip:
        """A row of exactly ``width`` columns."""
        return Strip(segments).adjust_cell_length(width, self.ground())
