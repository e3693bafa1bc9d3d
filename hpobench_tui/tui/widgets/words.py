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


_DRAWN = {
    "─━╌┄┈╴╸╶╺▔—–": "-",
    "│┃┆┊▏▕▎▍▌▐": "|",
    "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫╞╡╟╢": "+",
    "▁": "_",
    "▂▃▄▅▆▇█▀▉▊▋▙▟▛▜▘▝▖▗■●◆▓": "#",
    "░▒□○◇·∙": ".",
    "•★☆▪◦": "*",
    "…≈±": "~",
    "▸▶→›⏵►≥": ">",
    "◂◀←‹◄≤": "<",
    "▴▲↑△": "^",
    "▾▼↓▽": "v",
    "✓✔": "+",
    "✗✘×": "x",
    "⏎↵": "&",
    "⏸": "=",
    "µμ": "u",
    "’‘": "'",
    "“”": '"',
}
_ASCII = str.maketrans({character: plain for drawn, plain in _DRAWN.items() for character in drawn} | {"🔎": "? "})
"""What the app and Textual draw with, in as many columns of ASCII."""


class OnlyVisible(LineFilter):
    """The net below all widgets: what of their lines would reach the terminal and do something there, does not.

    Args:
        ascii_only: Also draw with ASCII what the app and Textual draw, frames and signs; names stay what they are.
    """

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if self._ascii_only and not all(segment.text.isascii() for segment in segments):
            segments = [Segment(text.translate(_ASCII), style, control) for text, style, control in segments]
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(as_wide(text), style, control) for text, style, control in segments]
