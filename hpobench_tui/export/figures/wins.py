"""Who wins how often against whom: a heat map over all problems, with stars where the difference is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rcParams

from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.statistics.equivalence import ALPHA
from hpobench_tui.analysis.statistics.holm import holm
from hpobench_tui.analysis.statistics.over_problems import over_problems
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import across, new_figure, plain, short_names
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 20
"""Labels that are held against each other: their cells must stay readable, and tests are for all pairs."""
LONGEST = 18


@dataclass(frozen=True, slots=True)
class Wins:
    """``share[i, j]``: the probability that a run of label i is better than one of j on a problem, half of ties
    counted; NaN where they share none. ``p[i, j]``: Holm-corrected over all pairs. ``n``: fewest and most pairs."""

    labels: tuple[str, ...]
    share: Floats
    p: Floats
    n: tuple[int, int]
    problems: int
    alpha: float = ALPHA


def figures(study: Study) -> Plans:
    found = wins(study.material.scores, study.standing[:MOST])

    def draw(width: Width) -> Drawn:
        k = len(found.labels)
        side = min(width.text, max(2.4, 1.5 + 0.34 * k))
        figure = new_figure(side, side * 0.92)
        draw_wins(figure.add_subplot(), found, figure)
        low, high = found.n
        pairs = f"n = {low}" if low == high else f"n = {low} to {high}"
        said = (
            "How probably, in %, a run of the row's optimizer is better than one of the column's, over"
            f" {found.problems} problem{'s' * (found.problems > 1)} of equal weight (all combinations of runs, ties"
            f" count half; {pairs} pairs by repetition)."
            f" Stars: signed-rank test stratified by problem, p ≤ {found.alpha:g} after Holm's correction over"
            f" {k * (k - 1) // 2} pairs."
        )
        gone = len(study.labels) - k
        out = f"Shown are the {k} of {len(study.labels)} optimizers with the lowest average ranks." if gone else ""
        return Drawn(figure, sentences(said, out, study.protocol()))

    yield Plan("wins", draw)


def wins(scores: Scores, labels: Sequence[str]) -> Wins:
    """Of these labels, who wins most first.

    Raises:
        HpobenchError: no two of them have a finished repetition of a problem in common.
    """
    k = len(labels)
    places = [scores.labels.index(label) for label in labels]
    share, p, pairs, counts = np.full((k, k), np.nan), np.ones((k, k)), [], []
    for i in range(k):
        for j in range(i + 1, k):
            found = over_problems(
                scores.values[:, places[i]], scores.values[:, places[j]], scores.tolerances, resamples=2
            )
            if found.improvement is None or not found.n:
                continue
            share[i, j], share[j, i] = found.improvement.value, 1 - found.improvement.value
            pairs.append((i, j, found.p))
            counts.append(found.n)
    if not pairs:
        raise HpobenchError("no two optimizers have a finished repetition of a problem in common: nobody wins.")
    for (i, j, _), corrected in zip(pairs, holm(np.array([p for *_, p in pairs])).tolist(), strict=True):
        p[i, j] = p[j, i] = corrected
    order = np.argsort(
        -np.nan_to_num(np.nanmean(np.where(np.eye(k, dtype=bool), 0.5, share), axis=1), nan=-1.0), kind="stable"
    )
    share, p, labels = share[np.ix_(order, order)], p[np.ix_(order, order)], [labels[place] for place in order]
    problems = int(((scores.counts()[:, places] > 0).sum(axis=1) > 1).sum())
    return Wins(tuple(labels), share, p, (min(counts), max(counts)), problems)


def draw_wins(axes: "Axes", found: Wins, figure: "Figure | None" = None) -> None:
    """Draw it on axes; with a colour bar if the figure is given. Cells are vectors, so that no format has pictures."""
    k = len(found.labels)
    mesh = axes.pcolormesh(np.ma.masked_invalid(100 * found.share), cmap="RdBu", vmin=0, vmax=100,
                           edgecolors="white", linewidth=0.5)  # fmt: skip
    size = min(rcParams["font.size"] - 1, 24 * (across(axes) - 1.6) / k)
    for i in range(k):
        for j in range(k):
            if np.isfinite(value := found.share[i, j]):
                star = "*" if found.p[i, j] <= found.alpha else ""
                colour = "white" if abs(value - 0.5) > 0.33 else "black"
                axes.text(j + 0.5, i + 0.5, plain(f"{100 * value:.0f}{star}"), ha="center", va="center", color=colour,
                          fontsize=size)  # fmt: skip
    names = list(map(plain, short_names(found.labels, LONGEST).values()))
    axes.set_xticks(np.arange(k) + 0.5, names, rotation=45, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(np.arange(k) + 0.5, names, fontsize=size)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.set_xlabel(plain("against"))
    axes.set_title(plain(f"wins in %, {found.problems} problem{'s' * (found.problems > 1)}"))
    if figure is not None:
        bar = figure.colorbar(mesh, ax=axes, fraction=0.045, label=plain("% won by the row"))
        if bar.solids is not None:
            bar.solids.set_rasterized(False)
            bar.solids.set_edgecolor("face")
