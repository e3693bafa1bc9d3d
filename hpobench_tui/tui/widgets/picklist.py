"""A selection list for fast typists and for terminals without colours.

Textual 8's list ticks whatever is highlighted when the message arrives, so that Space, Down, Space typed quickly hits
the wrong line; and it tells ticked from unticked by colour alone.
"""

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import SelectionList

_TICK = 1
"""Position of the tick among the segments of a line."""


class PickList(SelectionList[str]):
    """Space and Enter tick the line they were typed on; unticked boxes are empty."""

    def action_select(self) -> None:
        if self.highlighted is not None:
            self.toggle(self.get_option_at_index(self.highlighted))

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        segments = list(strip)
        if len(segments) > _TICK and (style := segments[_TICK].style) is not None and style.meta.keys() == {"option"}:
            option = self.get_option_at_index(style.meta["option"])
            if option.value not in self.selected:
                segments[_TICK] = Segment(" ", style)
                return Strip(segments, strip.cell_length)
        return strip
