"""How all figures look: colours, dashes, sizes, legends.

Colours are those of Okabe & Ito's palette for colour-blind readers (https://jfly.uni-koeln.de/color/), without its
yellow, which is too pale for a line; every line also has a dash pattern of its own. Figures are made object by object,
without pyplot's global state.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cycler import cycler
from matplotlib import rc_context, rc_params_from_file, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

from hpobench_tui.core.text import in_line
from hpobench_tui.export import markup
from hpobench_tui.export.figures.wanted import VENUES, Wanted, Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "solid", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1)), (0, (8, 2, 1, 1, 1, 2)),
)  # fmt: skip
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "legend.fontsize": 8,
    "axes.prop_cycle": cycler(color=COLOURS),
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,  # TrueType: Type 3 fonts are refused by many publishers
    "svg.hashsalt": "hpobench",  # else SVG ids are random
    "axes.spines.top": False,
    "axes.spines.right": False,
    "pgf.rcfonts": False,  # the paper's fonts
}
HEIGHT, LEGEND_LINE = 2.9, 0.17
"""Inches: the height without legend, and that of a line of the legend."""
MOST_COLOURED, COLOURED = 14, 10
"""Up to so many labels are all in colour; of more the best ones are, the others grey."""
GREY = "0.78"
MORE_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Noto Sans Arabic", "Noto Sans Hebrew",
              "Noto Sans Devanagari", "Noto Sans Thai")  # fmt: skip
LONGEST = 40
"""Letters of a label in a legend."""
LETTER = 0.0072
"""Inches of a letter's width, for each point of its size."""
_TEX: ContextVar[bool] = ContextVar("tex", default=False)


@contextmanager
def styled(wanted: Wanted, tex: bool = False) -> Iterator[Width]:
    """Draw in that style; the sizes to draw in. ``tex``: texts become LaTeX."""
    width = wanted.width
    own = rc_params_from_file(wanted.style, use_default_template=False) if wanted.style else {}
    with rc_context(STYLE | _sizes(width)), rc_context(own):
        if "figure.figsize" in own:
            width = Width(own["figure.figsize"][0], own["figure.figsize"][0], rcParams["font.size"])
        token = _TEX.set(tex or bool(rcParams["text.usetex"]))
        try:
            yield width._replace(font=rcParams["font.size"])
        finally:
            _TEX.reset(token)


def _sizes(width: Width) -> dict[str, Any]:
    small = width.font - 1
    return {
        "font.family": _families(), "font.size": width.font, "legend.fontsize": small,
        "axes.titlesize": width.font + (width.column > 4),
        "xtick.labelsize": small, "ytick.labelsize": small,
    }  # fmt: skip


def plain(text: str) -> str:
    """Somebody's text, or ours, as it is to be given to Matplotlib: without mathematics."""
    return tex_text(text) if _TEX.get() else markup.figure_text(written(text))


def tex_text(text: str) -> str:
    """A text as LaTeX that any engine typesets in its own fonts: what those lack is written out."""
    line = "".join(one if _typeset(one) else ascii(one)[1:-1] for one in written(text))
    latex = markup.latex_text(line)
    return latex.replace(r"\$", r"\textdollar{}")  # Matplotlib takes "\$" for "$"


def _typeset(character: str) -> bool:
    return r"\hpobenchletter" not in markup.latex_text(character)


def written(text: str) -> str:
    """What is seen of a text: what no font has that is drawn with is written out, as boxes would all look alike."""
    line = in_line(" ".join(text.split()))
    if line.isascii() or _TEX.get():
        return line
    return "".join(one if _has(one) else ascii(one)[1:-1] for one in line)


def shortened(text: str, most: int) -> str:
    """At most so many characters: of a long text both ends."""
    text = written(text)
    if len(text) <= most:
        return text
    end = max((most - 1) // 3, 1)
    return f"{text[: most - 1 - end]}…{text[-end:]}"


def fitting(text: str, inches: float) -> str:
    """As much of a text as there is room for, in letters of the usual size."""
    return shortened(text, max(int(inches / (rcParams["font.size"] * 0.0085)), 8))


def short_names(labels: Sequence[str], most: int) -> dict[str, str]:
    """Labels that are shortened, where they are still told apart."""
    short = {label: shortened(label, most) for label in labels}
    return {label: text if list(short.values()).count(text) == 1 else written(label) for label, text in short.items()}


def _has(character: str) -> bool:
    """Whether a font that is drawn with has it."""
    return character.isascii() or any(ord(character) in _characters(path) for path in _fonts())


def _fonts() -> list[str]:
    found = [findfont(FontProperties(family=[name]), rebuild_if_missing=False) for name in rcParams["font.family"]]
    return list(dict.fromkeys(map(str, found)))


@lru_cache(maxsize=32)
def _characters(path: str) -> frozenset[int]:
    return frozenset(get_font(path).get_charmap())


@lru_cache(maxsize=1)
def _families() -> list[str]:
    """Those that are drawn with: for what the first one has not, others that are installed."""
    there = set(fontManager.get_font_names())
    return ["sans-serif", *(name for name in MORE_FONTS if name in there)]


def power_of_ten(exponent: float) -> str:
    """As mathematics."""
    return f"$10^{{{exponent:g}}}$"


def new_figure(width: float, height: float) -> Figure:
    """An empty one, in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def one_axes(width: Width, height: float = HEIGHT, wide: bool = False) -> "tuple[Figure, Axes]":
    """A figure of one column (or the text's width) with one pair of axes; of narrow columns it is lower."""
    across = width.text if wide else width.column
    figure = new_figure(across, height * max(0.72, min(1.0, across / 5.5)))
    return figure, figure.add_subplot()


def across(axes: "Axes") -> float:
    """Inches of the width of its figure."""
    return float(axes.figure.bbox.width / axes.figure.dpi)


def add_grid(axes: "Axes") -> None:
    """Faint lines behind all else."""
    axes.grid(True, which="major", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def add_legend(figure: Figure, handles: Sequence[Any] | None = None) -> None:
    """One legend below all axes of a figure, each entry once; the figure is made higher by it."""
    if handles is None:
        found = [pair for axes in figure.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
        named = {entry: handle for handle, entry in reversed(found)}
        handles = [named[entry] for entry in dict.fromkeys(entry for _, entry in found)]
        handles.sort(key=lambda handle: hasattr(handle, "get_color") and handle.get_color() == GREY)
    if not handles:
        return
    entries = [str(handle.get_label()) for handle in handles]
    width, height = figure.get_size_inches()
    size = _points(rcParams["legend.fontsize"])
    each = (max(map(len, entries)) + 8) * LETTER * size
    columns = max(1, min(len(entries), int(width / each), 6))
    while True:
        lines = -(-len(entries) // columns)
        columns = -(-len(entries) // lines)  # as equally full as can be
        legend = figure.legend(handles, entries, loc="outside lower center", ncols=columns, frameon=False,
                               handlelength=3)  # fmt: skip
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            break
        legend.remove()  # letters are wider than was thought
        columns -= 1
    figure.set_figheight(height + LEGEND_LINE * lines * size / 8)


def _points(size: Any) -> float:
    return float(size) if isinstance(size, (int, float)) else float(rcParams["font.size"]) * 0.9


def look(number: int) -> dict[str, Any]:
    """Colour and dashes of the label with that place among all.

    7 colours and 6 dashes have no common divisor, so that 42 labels look different.
    """
    colours = rcParams["axes.prop_cycle"].by_key().get("color", COLOURS)
    width = rcParams["lines.linewidth"]
    return {"color": colours[number % len(colours)], "linestyle": DASHES[number % len(DASHES)], "linewidth": width}


def legend_entry(label: str) -> str:
    """A label as Matplotlib shows it: one that begins with "_" it would leave out."""
    label = plain(label)
    return f" {label}" if label.startswith("_") else label


@dataclass(frozen=True, slots=True)
class Looks:
    """How each label looks in all figures of an experiment.

    Attributes:
        labels: All of them.
        coloured: Those in colour, if not all are: the others are grey, and in legends one entry.
    """

    labels: tuple[str, ...]
    coloured: tuple[str, ...] = ()

    def grey(self, label: str) -> bool:
        return bool(self.coloured) and label not in self.coloured

    def of(self, label: str) -> dict[str, Any]:
        """Keywords of a line."""
        if self.grey(label):
            return {"color": GREY, "linestyle": "solid", "linewidth": 0.7, "zorder": 1.5}
        place = (self.coloured or self.labels).index(label)
        return {**look(place), "zorder": 3 + 0.01 * place}

    def entry(self, label: str, remark: str | None = None) -> str:
        """Of the legend: all grey ones share one."""
        if self.grey(label):
            return f"{len(self.labels) - len(self.coloured)} others"
        name = short_names(self.coloured or self.labels, LONGEST)[label]
        return legend_entry(f"{name} ({remark})" if remark else name)

    @property
    def alpha(self) -> float:
        """Of bands: many lie over each other."""
        return 0.15 if len(self.coloured or self.labels) <= 6 else 0.08

    @property
    def words(self) -> str:
        """What a caption must say of it."""
        if not self.coloured:
            return ""
        return (
            f"In colour: the {len(self.coloured)} of {len(self.labels)} optimizers with the lowest average ranks of"
            " final medians; the others are grey."
        )


def plain_looks(labels: Sequence[str]) -> Looks:
    """All in colour."""
    return Looks(tuple(labels))


PLAIN = Wanted(width=VENUES["neurips"])
