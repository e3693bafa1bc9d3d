"""Series can be told apart: in every theme, in 16 colours, by colour-blind readers, and without colours.

The difference of two colours is CIEDE2000 (Sharma, Wu, Dalal 2005, https://doi.org/10.1002/col.20070), checked against
pairs of their table 1; what colour-blind readers see is simulated as in Machado, Oliveira, Fernandes 2009
(https://doi.org/10.1109/TVCG.2009.113), table at severity 1, on linear RGB.
"""

from itertools import combinations, pairwise
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

import numpy as np
import pytest
from rich.color import ColorSystem
from textual._ansi_theme import ALABASTER, MONOKAI
from textual.app import App
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.looks import Depth

Triple = tuple[float, float, float]

SIGHT = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
D65 = np.array([0.95047, 1.0, 1.08883])
ENOUGH = 10.0
COUNT = 60
"""Looks that are held against each other; colours come round after ten, so that all neighbours are among them."""

VGA = [(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)]
VGA += [(85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255)]
XTERM = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)]
XTERM += [(127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)]
WHITE = (255, 255, 255)


def shades(dark: bool) -> dict[str, list[tuple[int, ...]]]:
    """What terminals make of their 16 colours."""
    textual = MONOKAI if dark else ALABASTER
    return {
        "VGA": [*VGA, WHITE],
        "xterm": [*XTERM, WHITE],
        "Textual": [tuple(textual.ansi_colors[i]) for i in range(16)],
    }


def linear(rgb: tuple[int, ...]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    share = np.array(rgb) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: tuple[int, ...], sight: str) -> Triple:
    xyz = TO_XYZ @ np.clip(SIGHT[sight] @ linear(rgb), 0, 1) / D65
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return float(116 * f[1] - 16), float(500 * (f[0] - f[1])), float(200 * (f[1] - f[2]))


def ciede2000(first: Triple, second: Triple) -> float:
    """Equations (2) to (22) of Sharma et al., all weights 1."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean = ((hypot(a1, b1) + hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * sqrt(mean / (mean + 25**7))
    c1, c2 = hypot(stretch * a1, b1), hypot(stretch * a2, b2)
    h1, h2 = degrees(atan2(b1, stretch * a1)) % 360, degrees(atan2(b2, stretch * a2)) % 360
    turn, hue = h2 - h1, h1 + h2
    if c1 * c2 == 0:
        turn = 0.0
    elif abs(turn) <= 180:
        hue /= 2
    else:
        turn += 360 if turn < 0 else -360
        hue = (hue + 360) / 2 if hue < 360 else (hue - 360) / 2
    d_hue = 2 * sqrt(c1 * c2) * sin(radians(turn) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue))
    t += 0.32 * cos(radians(3 * hue + 6)) - 0.20 * cos(radians(4 * hue - 63))
    s_l = 1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = -2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    parts = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    return sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2])


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_its_authors(first: Triple, second: Triple, difference: float) -> None:
    assert ciede2000(first, second) == pytest.approx(difference, abs=5e-5)
    assert ciede2000(second, first) == pytest.approx(difference, abs=5e-5)


def closest(colours: list[tuple[int, ...]], sight: str) -> float:
    """The least difference of two neighbours."""
    seen = [lab(colour, sight) for colour in colours]
    return min(ciede2000(seen[i], seen[i + 1]) for i in range(len(seen) - 1))


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("theme", [theme for theme in BUILTIN_THEMES.values() if not theme.ansi], ids=lambda t: t.name)
def test_neighbours_differ_in_every_theme(theme: object, sight: str) -> None:
    """With 2^24 colours, and where the terminal has 256 of them."""
    dark = theme.dark  # type: ignore[attr-defined]
    colours = [looks.colour(look, dark) for look in range(COUNT)]
    assert closest([c.rgb for c in colours], sight) >= ENOUGH
    rounded = [tuple(c.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()) for c in colours]
    assert closest(rounded, sight) >= ENOUGH


@pytest.mark.parametrize("sight", list(SIGHT))
@pytest.mark.parametrize("dark", [True, False])
def test_neighbours_differ_in_sixteen_colours(dark: bool, sight: str) -> None:
    for depth in (Depth.SIXTEEN, Depth.ANSI):
        colours = [looks.colour(look, dark, depth).rich_color for look in range(COUNT)]
        numbers = [c.downgrade(ColorSystem.STANDARD).number for c in colours]
        for terminal, palette in shades(dark).items():
            assert closest([palette[number or 0] for number in numbers], sight) >= ENOUGH, terminal


@pytest.mark.parametrize("theme", [theme for theme in BUILTIN_THEMES.values() if not theme.ansi], ids=lambda t: t.name)
def test_every_colour_is_seen_on_the_ground_of_every_theme(theme: object) -> None:
    """WCAG 2.1, 1.4.11: graphics have a contrast of at least 3 to 1."""

    def luminance(colour: Color) -> float:
        return float(TO_XYZ[1] @ linear(colour.rgb)) + 0.05

    ground = luminance(Color.parse(theme.to_color_system().generate()["surface"]))  # type: ignore[attr-defined]
    for look in range(COUNT):
        ink = luminance(looks.colour(look, theme.dark))  # type: ignore[attr-defined]
        assert max(ink, ground) / min(ink, ground) >= 3, looks.colour(look, theme.dark)  # type: ignore[attr-defined]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_no_two_of_sixty_are_alike_even_without_colours(ascii_only: bool) -> None:
    cues = [(looks.marker(look, ascii_only), looks.rhythm(look)) for look in range(COUNT)]
    assert len(set(cues)) == COUNT
    for before, after in pairwise(cues):
        assert all(one != other for one, other in zip(before, after, strict=True)), "neighbours differ by both"
    for depth in Depth:
        for dark in (True, False):
            hundred = {(looks.colour(look, dark, depth), looks.marker(look, ascii_only)) for look in range(100)}
            assert len(hundred) == 100


@pytest.mark.parametrize("dark", [True, False])
def test_the_first_four_differ_from_each_other(dark: bool) -> None:
    for depth in Depth:
        for sight in SIGHT:
            first = [lab(looks.colour(look, dark, depth).rgb, sight) for look in range(4)]
            assert min(ciede2000(a, b) for a, b in combinations(first, 2)) >= ENOUGH


async def test_the_depth_is_that_of_terminal_and_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    app: App[None] = App()
    async with app.run_test():
        app.theme = "nord"
        assert looks.depth(app) is Depth.FULL, "pictures have all colours, wherever they are made"
        monkeypatch.setattr(App, "is_headless", False)
        monkeypatch.setattr(app.console, "_color_system", ColorSystem.STANDARD)
        assert looks.depth(app) is Depth.SIXTEEN
        app.theme = "ansi-light"
        assert looks.depth(app) is Depth.ANSI
