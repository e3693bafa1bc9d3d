"""Regret figures: a median line and a quartile band an optimizer."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from hpobench_tui.analysis.anytime import Band, bands
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.analysis.selection import by_label
from hpobench_tui.core.nearest import some
from hpobench_tui.core.status import RunStatus
from hpobench_tui.export.figures.look import (
    Looks,
    across,
    add_grid,
    add_legend,
    fitting,
    one_axes,
    plain,
    plain_looks,
    power_of_ten,
    styled,
    written,
)
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Wanted, Width
from hpobench_tui.export.heights import Scale, scale
from hpobench_tui.export.material import slugs

if TYPE_CHECKING:
    from hpobench_tui.store.reader import RunRow

EARLY = 0.35
"""Of the axis' width, in decades: what lies before half of the methods have begun takes no more."""
NAME_HEIGHT = 0.035
"""Of a landmark's name, as a share of the height of the axes."""


def figures(study: Study) -> Plans:
    """One a problem, in the width of a column."""
    names = slugs(list(study.problems))
    for problem in study.problems:
        yield Plan(f"regret-{names[problem]}", partial(_drawn, study, problem))


def _drawn(study: Study, problem: str, width: Width) -> Drawn:
    material, drawn = study.material, bands_of(study, problem)
    figure = regret_figure(
        problem, drawn, material.units[problem], str(material.measures()[problem]),
        remarks_of(study.problems[problem]), looks=study.looks, landmarks=material.landmarks.get(problem, ()),
        width=width,
    )  # fmt: skip
    said = f"{problem}: median and quartiles of {material.measures()[problem]}{_seeds(drawn)}."
    return Drawn(figure, sentences(said, early_words(drawn), study.looks.words, study.protocol(problem)))


def bands_of(study: Study, problem: str) -> list[Band]:
    """The lines of a problem."""
    return bands(study.problems[problem], study.material.curves, study.material.axis)


def remarks_of(runs: "Sequence[RunRow]") -> dict[str, str]:
    """Label to what a legend must say of it."""
    remarks = {}
    for label, pair in by_label(runs).items():
        if failed := sum(run.status is RunStatus.FAILED for run in pair):
            all_of = failed == len(pair)
            remarks[label] = f"all {failed} runs failed" if all_of else f"{failed} of {len(pair)} runs failed"
    return remarks


def regret_figure(
    title: str,
    bands: Sequence[Band],
    x_label: str,
    y_label: str,
    remarks: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
    landmarks: Sequence[Known] = (),
    looks: Looks | None = None,
    width: Width | None = None,
) -> Figure:
    """Medians with quartile bands.

    Both axes are logarithmic where anything on them is positive; else the axis is linear and the figure says so. On a
    logarithmic axis a regret of 0 is a line that leaves the figure at its lower edge.

    Args:
        bands: One a label. A dot marks where its median ends.
        remarks: Label to what its legend entry should add, e.g. "1 of 5 runs failed".
        labels: All labels of the experiment, so that each looks alike in all figures; by default those of ``bands``.
        landmarks: Known solutions: dotted lines with their names, where they lie between the curves' extremes.
        looks: In place of ``labels``, where not all are in colour.
        width: To draw in; None: in our own style and width.
    """
    if width is None:
        with styled(Wanted()) as ours:
            return regret_figure(title, bands, x_label, y_label, remarks, labels, landmarks, looks, ours)
    figure, axes = one_axes(width)
    draw_regret(axes, title, bands, x_label, y_label, remarks, labels, landmarks, looks)
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
    looks: Looks | None = None,
) -> None:
    """The same on axes that there are, without a legend."""
    remarks = remarks or {}
    looks = looks or plain_looks(labels or [band.label for band in bands])
    y_label = plain(y_label) + draw_bands(axes, bands, looks, remarks, landmarks)
    axes.set_title(_title(title, f"median and quartiles{_seeds([b for b in bands if len(b.grid)])}", axes))
    axes.set_xlabel(plain(x_label))
    axes.set_ylabel(y_label)


def _title(problem: str, what: str, axes: Axes) -> str:
    """In two lines where one has no room."""
    room, line = across(axes) * 0.95, f"{problem}: {what}"
    if fitting(line, room) == written(line):
        return plain(line)
    return f"{plain(fitting(problem, room))}\n{plain(what)}"


def draw_bands(
    axes: Axes, bands: Sequence[Band], looks: Looks, remarks: Mapping[str, str], landmarks: Sequence[Known] = ()
) -> str:
    """Lines and scales alone; what the label of the vertical axis must add."""
    drawn = [band for band in bands if len(band.grid)]
    left = left_of(drawn)
    vertical = _vertical(drawn, left)
    for band in bands:
        if len(band.grid) or band.label in remarks:
            _draw(axes, looks, band, remarks.get(band.label), vertical)
    more = ""
    if vertical is None:
        axes.set_xticks([])
        axes.set_yticks([])
        nothing = "no run has a finite value" if drawn else "no run has a value"
        axes.text(0.5, 0.5, nothing, transform=axes.transAxes, ha="center", va="center")
    else:
        _scale(axes, drawn, vertical, left)
        _orient(axes, landmarks, vertical)
        if vertical.power and not vertical.log:
            more = f", in {power_of_ten(vertical.power)}"
    add_grid(axes)
    if vertical and vertical.note:
        note = plain(vertical.note)
        axes.text(0.99, 0.98, note, transform=axes.transAxes, ha="right", va="top", fontsize="x-small", color="0.35")
    return more


def left_of(bands: Sequence[Band]) -> float:
    """Where the axis begins: where the first method has a value; but what lies before half of them have one takes no
    more than ``EARLY`` of a logarithmic axis, so that a method of low fidelities does not squeeze the others."""
    starts = sorted(float(band.grid[0]) for band in bands)
    right = max((float(band.grid[-1]) for band in bands), default=0.0)
    if not starts or not 0 < starts[0] < starts[len(starts) // 2] < right:
        return starts[0] if starts else 0.0
    half = starts[len(starts) // 2]
    return float(max(starts[0], half * (half / right) ** (EARLY / (1 - EARLY))))


def early_words(bands: Sequence[Band]) -> str:
    """What a caption says of methods that begin left of the axis."""
    drawn = [band for band in bands if len(band.grid)]
    early = [band.label for band in drawn if band.grid[0] < left_of(drawn)]
    return f"Values before the left end of the axis are not shown: {some(early)}." if early else ""


def _vertical(bands: Sequence[Band], left: float) -> Scale | None:
    """For what lies right of there; of a band that ended before, its last value."""
    if not bands:
        return None
    first = [max(int(np.searchsorted(band.grid, left, side="right")) - 1, 0) for band in bands]
    seen = [(band.lower[i:], band.median[i:], band.upper[i:]) for i, band in zip(first, bands, strict=True)]
    lower, medians, upper = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return scale(medians, np.concatenate([medians, lower, upper]))


def _draw(axes: Axes, looks: Looks, band: Band, remark: str | None, vertical: Scale | None) -> None:
    style, grey = looks.of(band.label) | ({} if len(band.grid) else {"linestyle": "none"}), looks.grey(band.label)
    none = np.full(len(band.grid), np.nan)
    lower, median, upper = (vertical.heights(v) if vertical else none for v in (band.lower, band.median, band.upper))
    axes.plot(
        band.grid, median, drawstyle="steps-post", label=looks.entry(band.label, remark),
        marker="" if grey else "o", markevery=[-1] if len(band.grid) else [], markersize=3.5, **style,
    )  # fmt: skip
    if band.runs > 1 and not grey:
        axes.fill_between(band.grid, lower, upper, step="post", color=style["color"], alpha=looks.alpha, linewidth=0)


def _scale(axes: Axes, bands: Sequence[Band], vertical: Scale, left: float) -> None:
    """Set both scales, and the limits of those that are logarithmic."""
    right = max(float(band.grid[-1]) for band in bands)
    if left > 0:
        axes.set_xscale("log")
        if 4 * left <= right < 10 * left:  # Matplotlib would label each of 1 to 9, over one another
            axes.xaxis.set_minor_locator(LogLocator(subs=(2.0, 3.0, 5.0)))
            for put in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
                put(lambda x, _: f"{x:g}")
    if left < right:  # a little room on the right shows a step at the very end
        axes.set_xlim(left, right * (right / left) ** 0.02 if left > 0 else right + 0.02 * (right - left))
    if not vertical.log:
        return
    if vertical.power is None:
        axes.set_yscale("log", nonpositive="clip")
    else:
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(lambda exponent, _: power_of_ten(exponent))
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
                plain(mark.name),
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
