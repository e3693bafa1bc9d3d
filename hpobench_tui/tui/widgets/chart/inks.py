"""The colours that a chart is painted with, and the styles made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from hpobench_tui.tui.widgets.chart import looks


@dataclass(frozen=True, slots=True)
class Inks:
    """Ground and text of the widget; ``dark`` chooses the palette of the series."""

    background: Color
    text: Color
    dark: bool

    def ground(self) -> Style:
        """Plain text."""
        return Style(bgcolor=self.background.rich_color, color=self.text.rich_color)

    def dim(self, share: float) -> Style:
        """Text blended with the ground; ``share`` 1 is plain."""
        return Style(bgcolor=self.background.rich_color, color=self.background.blend(self.text, share).rich_color)

    def series(self, look: int) -> Color:
        """The colour of a series."""
        return looks.colour(look, self.dark)

    def strip(self, segments: Sequence[Segment], width: int) -> Strip:
        """A row of exactly ``width`` columns."""
        return Strip(segments).adjust_cell_length(width, self.ground())
