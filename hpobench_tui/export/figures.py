"""Regret figures for papers: a median line and a quartile band an optimizer, PDF or SVG, the same bytes each time.

Colours are those of Okabe & Ito's palette for colour-blind readers (https://jfly.uni-koeln.de/color/), without its
yellow, which is too pale for a line; every line also has a dash pattern of its own. Matplotlib is imported here, so
import this module only where a figure is made. Figures are made object by object, without pyplot's global state.
"""

from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpobench_tui.analysis.anytime import Band
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.export.heights import Scale, scale
from hpobench_tui.export.markup import figure_text

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "solid", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1)), (0, (8, 2, 1, 1, 1, 2)),
)  # fmt: skip
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "legend.fontsize": 8,
    "pdf.fonttype": 42,  # TrueType: Type 3 fonts are refused by many publishers
    "svg.hashsalt": "hpobench",  # else SVG ids are random
    "axes.spines.top": False,
    "axes.spines.right": False,
}
WIDTH, HEIGHT, LEGEND_LINE = 5.5, 2.9, 0.17
"""Inches: the text width of usual paper formats, the height without legend, and that of a line of the legend."""
NAME_HEIGHT = 0.035
"""Of a landmark's name, as a share of the height of the axes."""


def regret_figure(
    title: str,
    bands: Sequence[Band],
    x_label: str,
    y_label: str,
    remarks: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
    landmarks: Sequence[Known] = (),
) -> Figure:
    """Medians with quartile bands.

    Both axes are logarithmic where anything on them is positive; else the axis is linear and the figure says so. On a
    logarithmic axis a regret of 0 is a line that leaves the figure at its lower edge.

    Args:
        bands: One a label. A dot marks where its median ends.
        remarks: Label to what its legend entry should add, e.g. "1 of 5 runs failed".
        labels: All labels of the experiment, so that each looks alike in all figures; by default those of ``bands``.
        landmarks: Known solutions: dotted lines with their names, where they lie between the curves' extremes.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        FigureCanvasAgg(figure)
        draw_regret(figure.add_subplot(), title, bands, x_label, y_label, remarks, labels, landmarks)
        add_legend(figure)
    return figure


def draw_regret(
    axes: Axes,
    title: str,
    bands: Sequence[Band],
    x_label: str,
    y_label: str,
    remarks: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
    landmarks: Sequence[Known] = (),
) -> None:
    """The same on axes that there are, without a legend."""
    remarks = remarks or {}
    place = {label: number for number, label in enumerate(labels or [band.label for band in bands])}
    drawn = [band for band in bands if len(band.grid)]
    vertical = _vertical(drawn)
    title, x_label, y_label = map(figure_text, (title, x_label, y_label))
    for band in bands:
        if len(band.grid) or band.label in remarks:
            _draw(axes, place[band.label], band, remarks.get(band.label), vertical)
    if vertical is None:
        axes.set_xticks([])
        axes.set_yticks([])
        nothing = "no run has a finite value" if drawn else "no run has a value"
        axes.text(0.5, 0.5, nothing, transform=axes.transAxes, ha="center", va="center")
    else:
        _scale(axes, drawn, vertical)
        _orient(axes, landmarks, vertical)
        if vertical.power and not vertical.log:
            y_label += f", in $10^{{{vertical.power}}}$"
    axes.set_title(f"{title}: median and quartiles{_seeds(drawn)}")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    add_grid(axes)
    if vertical and vertical.note:
        axes.text(0.99, 0.98, vertical.note, transform=axes.transAxes, ha="right", va="top", fontsize=7, color="0.35")


def add_grid(axes: Axes) -> None:
    """Faint lines behind all else."""
    axes.grid(True, which="major", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def add_legend(figure: Figure) -> None:
    """A legend below the axes of a figure that has one, which is made higher by it."""
    (axes,) = figure.axes
    handles, entries = axes.get_legend_handles_labels()
    if handles:
        columns = max(1, min(len(entries), 3, 90 // (max(map(len, entries)) + 8)))
        figure.set_figheight(HEIGHT + LEGEND_LINE * -(-len(entries) // columns))
        figure.legend(handles, entries, loc="outside lower center", ncols=columns, frameon=False, handlelength=3)


def look(number: int) -> dict[str, Any]:
    """Colour and dashes of the label with that place among all.

    7 colours and 6 dashes have no common divisor, so that 42 labels look different.
    """
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)], "linewidth": 1.5}


def legend_entry(label: str) -> str:
    """A label as Matplotlib shows it: one that begins with "_" it would leave out."""
    label = figure_text(label)
    return f" {label}" if label.startswith("_") else label


def save(figure: Figure, stream: IO[bytes], kind: str) -> None:
    """Write the figure as ``pdf`` or ``svg`` without dates, so that the same figure gives the same bytes."""
    metadata = {"CreationDate": None} if kind == "pdf" else {"Date": None}
    with rc_context(STYLE):
        figure.savefig(stream, format=kind, metadata=metadata)


def _vertical(bands: Sequence[Band]) -> Scale | None:
    if not bands:
        return None
    medians = np.concatenate([band.median for band in bands])
    return scale(medians, np.concatenate([medians, *(band.lower for band in bands), *(band.upper for band in bands)]))


def _draw(axes: Axes, number: int, band: Band, remark: str | None, vertical: Scale | None) -> None:
    style = look(number) | ({} if len(band.grid) else {"linestyle": "none"})
    label = legend_entry(f"{band.label} ({remark})" if remark else band.label)
    none = np.full(len(band.grid), np.nan)
    lower, median, upper = (vertical.heights(v) if vertical else none for v in (band.lower, band.median, band.upper))
    axes.plot(
        band.grid, median, drawstyle="steps-post", label=label, marker="o",
        markevery=[-1] if len(band.grid) else [], markersize=3.5, zorder=3 + 0.01 * number, **style,
    )  # fmt: skip
    if band.runs > 1:
        axes.fill_between(band.grid, lower, upper, step="post", color=style["color"], alpha=0.15, linewidth=0)


def _scale(axes: Axes, bands: Sequence[Band], vertical: Scale) -> None:
    """Set both scales, and the limits of those that are logarithmic."""
    left, right = min(band.grid[0] for band in bands), max(band.grid[-1] for band in bands)
    if left > 0:
        axes.set_xscale("log")
    if left < right:  # a little room on the right shows a step at the very end
        axes.set_xlim(left, right * (right / left) ** 0.02 if left > 0 else right + 0.02 * (right - left))
    if not vertical.log:
        return
    if vertical.power is None:
        axes.set_yscale("log", nonpositive="clip")
    else:
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
    axes.set_ylim(*vertical.limits())


def _orient(axes: Axes, landmarks: Sequence[Known], vertical: Scale) -> None:
    """A line a landmark within the figure; its name at the right, unless another's is there already."""
    low, high = axes.get_ylim()
    taken: list[float] = []
    for mark in landmarks:
        height = float(vertical.heights(np.array([mark.value]))[0])
        if not low < height < high:
            continue
        axes.axhline(height, color="0.45", linestyle=(0, (1, 2)), linewidth=0.8, zorder=2)
        place = float(axes.transAxes.inverted().transform(axes.transData.transform((1.0, height)))[1])
        if all(abs(place - other) > NAME_HEIGHT for other in taken):
            taken.append(place)
            axes.text(
                1.005,
                place,
                figure_text(mark.name),
                transform=axes.transAxes,
                va="center",
                fontsize=6,
                color="0.35",
            )


def _seeds(bands: Sequence[Band]) -> str:
    counts = {band.runs for band in bands}
    if not counts:
        return ""
    low, high = min(counts), max(counts)
    return f" of {low} run{'s' * (low > 1)}" if low == high else f" of {low} to {high} runs"
