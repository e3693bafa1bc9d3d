"""Text of anybody's on a screen: no markup, and nothing but what is seen."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.widgets import Static

from hpobench_tui.core.text import as_wide, visible


class Words(Static):
    """Lines of text."""

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(visible(text), id=id, classes=classes, markup=False)

    def say(self, text: str) -> None:
        """Show this in place of what was there."""
        self.update(visible(text))


class OnlyVisible(LineFilter):
    """The net below all widgets: what of their lines would reach the terminal and do something there, does not."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(as_wide(text), style, control) for text, style, control in segments]
