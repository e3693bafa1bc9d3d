"""Colours and markers by series: told apart on dark and light grounds, also by colour-blind readers.

Hues after Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), lightened or darkened for the ground; the marker
is the second cue, the rhythm of its dashes (``raster.RHYTHMS``) the third.
"""

import locale
import os

from textual.color import Color

from hpobench_tui.tui.widgets.chart.raster import ASCII_MARKERS, MARKERS, marker_number

# On dark grounds, and on light ones:
_DARK = ("#56b4e9", "#e69f00", "#3fcf9b", "#f0e442", "#e58ac0", "#ff7043", "#9fa8ff", "#c0ca33", "#d7a98c", "#b0bec5")
_LIGHT = ("#0072b2", "#b35900", "#00795a", "#8a7a00", "#b0357f", "#c62828", "#4a4fc4", "#5f7a00", "#7a5230", "#455a64")


def colour(look: int, dark: bool) -> Color:
    """The colour of series number ``look``."""
    palette = _DARK if dark else _LIGHT
    return Color.parse(palette[look % len(palette)])


def marker(look: int, ascii_only: bool) -> str:
    """The marker of series number ``look``."""
    markers = ASCII_MARKERS if ascii_only else MARKERS
    return markers[marker_number(look)]


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
