"""A critical-difference diagram: average ranks on a line, bars over those that are not shown to differ.

J. Demšar, JMLR 7, 2006, figure 1 (``analysis.statistics.friedman``).
"""

from collections.abc import Sequence
from math import isinf
from typing import TYPE_CHECKING

import numpy as np

from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.statistics.friedman import Friedman, friedman
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import LETTER, across, new_figure, plain, short_names
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE, BAR, TOP = 1.0, 0.55, 2.2
"""Heights: of a name, of a bar, and of what is above the axis."""
LONGEST = 24


def figures(study: Study) -> Plans:
    labels, found = friedman_of(study.material.scores)

    def draw(width: Width) -> Drawn:
        lines = -(-len(labels) // 2) * LINE + len(found.groups) * BAR + TOP
        figure = new_figure(width.text, max(1.2, lines * width.font / 72 * 1.25))
        draw_critical(figure.add_subplot(), labels, found)
        f = "no test"
        if found.f is not None and found.f_p is not None:
            f = f"F {'is beyond all bounds' if isinf(found.f) else f'= {found.f:.3g}'}, p = {found.f_p:.2g}"
        shown = found.f_p is not None and found.f_p <= found.alpha
        said = (
            f"Average ranks of {_measures(study.material.scores)} medians over {found.n} problems; bars join those"
            " whose ranks differ by less than Nemenyi's critical difference,"
            f" {found.critical_difference:.3g} at the level of {found.alpha:g}. Friedman's test as of Iman and"
            f" Davenport: {f}."
        )
        verdict = "" if shown else "The test does not show that ranks differ at all."
        gone = len(study.labels) - len(labels)
        out = f"{gone} optimizers without a value on each of these problems are left out." if gone else ""
        return Drawn(figure, sentences(said, verdict, out, study.protocol()))

    yield Plan("critical", draw)


def friedman_of(scores: Scores) -> tuple[list[str], Friedman]:
    """Of medians, of the labels that have one on every problem that any two have; who they are, and the tests.

    Raises:
        HpobenchError: fewer than two of them, or fewer than two problems.
    """
    medians = scores.medians()
    rows = (~np.isnan(medians)).sum(axis=1) > 1
    columns = ~np.isnan(medians[rows]).any(axis=0)
    labels = [label for label, kept in zip(scores.labels, columns, strict=True) if kept]
    if rows.sum() < 2 or len(labels) < 2:
        raise HpobenchError(
            "critical differences need two problems and two optimizers with finished runs on all of them; there are"
            f" {int(rows.sum())} problems, and {len(labels)} such optimizers."
        )
    return labels, friedman(medians[rows][:, columns], scores.tolerances[rows])


def draw_critical(axes: "Axes", labels: Sequence[str], found: Friedman) -> None:
    """Draw it on axes, which it fills; best on the left."""
    k, ranks = len(labels), np.array(found.ranks)
    low, high = max(1.0, np.floor(ranks.min())), min(float(k), np.ceil(ranks.max()))
    if high <= low:
        low, high = 1.0, float(k)
    span = high - low
    page = across(axes)
    names = short_names(labels, LONGEST)
    inches = min((max(map(len, names.values())) + 6) * LETTER * _size(), 0.36 * page)
    margin = inches / (page - 2 * inches)
    order = np.argsort(ranks, kind="stable")
    half = -(-k // 2)
    bars = len(found.groups) * BAR
    axes.set_axis_off()
    axes.hlines(0, low, high, color="black", linewidth=1)
    for tick in _ticks(low, high, (page - 2 * inches) / 0.35):
        axes.vlines(tick, 0, 0.25, color="black", linewidth=1)
        axes.text(tick, 0.4, plain(f"{tick:g}"), ha="center", va="bottom", fontsize="small")
    for place, number in enumerate(order.tolist()):
        left = place < half
        depth = -(bars + LINE * (1 + (place if left else k - 1 - place)))
        edge = low - 0.03 * span if left else high + 0.03 * span
        axes.plot([ranks[number], ranks[number], edge], [0, depth, depth], color="0.35", linewidth=0.7, clip_on=False)
        text = (
            f"{names[labels[number]]}  {ranks[number]:.3g}" if left else f"{ranks[number]:.3g}  {names[labels[number]]}"
        )
        axes.text(
            edge + (-0.01 if left else 0.01) * span, depth, plain(text), ha="right" if left else "left", va="center",
            fontsize="small",
        )  # fmt: skip
    for place, group in enumerate(found.groups):
        inside = ranks[list(group)]
        y = -BAR * (place + 0.7)
        axes.hlines(y, inside.min() - 0.008 * span, inside.max() + 0.008 * span, color="black", linewidth=2.5)
    if found.critical_difference is not None:
        wide = min(found.critical_difference, span)
        axes.plot([low, low, low, low + wide, low + wide, low + wide], [1.5, 1.9, 1.7, 1.7, 1.9, 1.5],
                  color="black", linewidth=0.8)  # fmt: skip
        more = "" if wide == found.critical_difference else " (longer than the axis)"
        note = plain(f"critical difference {found.critical_difference:.3g}{more}")
        axes.text(low + wide / 2, 2.0, note, ha="center", va="bottom", fontsize="small")
    axes.set_ylim(-(bars + LINE * (half + 0.6)), TOP + 0.6)
    axes.set_xlim(low - (margin + 0.04) * span, high + (margin + 0.04) * span)


def _ticks(low: float, high: float, most: float) -> list[float]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10**9) if (high - low) / step <= max(most, 1))
    return [float(tick) for tick in range(int(low), int(high) + 1) if (tick - int(low)) % step == 0]


def _size() -> float:
    from matplotlib import rcParams

    return float(rcParams["font.size"])


def _measures(scores: Scores) -> str:
    measures = set(map(str, scores.measures))
    return measures.pop() if len(measures) == 1 else "final"
