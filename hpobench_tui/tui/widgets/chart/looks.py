"""Colours, markers and dashes by series: told apart on dark and light grounds, in 16 colours, also by colour-blind
readers, and without any colour.

Hues after Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), lightened or darkened for the ground. Their order
is the one in which any two neighbours, also the last and the first, are furthest apart for readers with normal sight,
deuteranopia and protanopia (``tests/tui/test_chart_looks.py`` works out by how much). Ten colours, ten markers and six
rhythms of dashes come round at different paces: neighbours differ by all three, and of 60 series no two have the same
marker and dashes.
"""

import locale
import os
from enum import Enum, auto

from textual.app import App
from textual.color import Color

MARKERS = "●▲■◆▼★○△□◇"
ASCII_MARKERS = "o^#*v@x+%="
RHYTHMS = ("x", "xxxxxx..", "x.", "xxxxxxxxxxxxxx..", "xxxx..x...", "xx..")
"""Line styles, as dot columns that are drawn; two make a cell."""

# On dark grounds, and on light ones:
_DARK = ("#56b4e9", "#f0e442", "#d7a98c", "#e69f00", "#b0bec5", "#c0ca33", "#9fa8ff", "#3fcf9b", "#e58ac0", "#ff7043")
_LIGHT = ("#0072b2", "#00795a", "#b35900", "#b0357f", "#5f7a00", "#455a64", "#8a7a00", "#7a5230", "#4a4fc4", "#c62828")
# The same of a terminal's sixteen, whose shades are its own: the order does with those of many terminals.
_DARK_ANSI = (12, 11, 9, 15, 13, 2, 14, 10, 6, 3)
_LIGHT_ANSI = (4, 3, 13, 0, 6, 1, 12, 9, 5, 2)
# VGA's, which colours are rounded to:
_SHADES = (
    *("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
    *("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"),
)


class Depth(Enum):
    """How many colours there are to choose from."""

    FULL = auto()
    """256 or more."""
    SIXTEEN = auto()
    """The terminal has 16; what is asked for comes out as the nearest of them."""
    ANSI = auto()
    """The theme is made of the terminal's own 16."""


def depth(app: App[object]) -> Depth:
    """What the app draws with; where there is no terminal, as for pictures, with all colours."""
    if app.native_ansi_color:
        return Depth.ANSI
    few = not app.is_headless and app.console.color_system in ("standard", "windows")
    return Depth.SIXTEEN if few else Depth.FULL


def colour(look: int, dark: bool, depth: Depth = Depth.FULL) -> Color:
    """The colour of series number ``look``."""
    if depth is Depth.FULL:
        palette = _DARK if dark else _LIGHT
        return Color.parse(palette[look % len(palette)])
    ansi = _DARK_ANSI if dark else _LIGHT_ANSI
    return terminal_colour(ansi[look % len(ansi)], depth)


def terminal_colour(number: int, depth: Depth) -> Color:
    """One of the terminal's 16 colours; for ``SIXTEEN`` as the shade that comes out as that very one."""
    return Color.parse(_SHADES[number])._replace(ansi=number if depth is Depth.ANSI else None)


def marker_number(look: int) -> int:
    """The marker of series number ``look``. Colours come round after as many series as markers do, so that the marker
    moves on by one then: the eleventh series differs from the first in the legend and in tables, too.
    """
    return (look + look // len(MARKERS)) % len(MARKERS)


def marker(look: int, ascii_only: bool) -> str:
    """The marker of series number ``look``."""
    return (ASCII_MARKERS if ascii_only else MARKERS)[marker_number(look)]


def rhythm(look: int) -> str:
    """The dashes of series number ``look``: others each time that its marker comes round."""
    return RHYTHMS[(marker_number(look) + look // len(MARKERS)) % len(RHYTHMS)]


def only_ascii() -> bool:
    """Whether the terminal's encoding lacks braille (or ``HPOBENCH_ASCII=1`` says so)."""
    if os.environ.get("HPOBENCH_ASCII", "") not in ("", "0"):
        return True
    return "utf" not in locale.getencoding().lower()


def named(value: str, variables: dict[str, str]) -> Color:
    """A theme variable's colour. ``auto 87%`` (text on any ground) stands for the foreground's colour."""
    if value.startswith("auto"):
        value = variables["foreground"]
    return Color.parse(value)
