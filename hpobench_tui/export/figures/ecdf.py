"""The share of all (problem, target) pairs that are reached, over the share of the budget, with intervals."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hpobench_tui.analysis import overall
from hpobench_tui.analysis.performance.ecdf import Band
from hpobench_tui.export.figures.curves import draw_lines, name_axes
from hpobench_tui.export.figures.look import Looks, add_legend, one_axes
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def figures(study: Study) -> Plans:
    hits = [one for one in study.hits if one.problem in study.block]
    found = overall.bands_of(hits, shares=True)

    def draw(width: Width) -> Drawn:
        figure, axes = one_axes(width)
        draw_ecdf(
            axes, found, study.looks, f"{len(study.block)} problem{'s' * (len(study.block) > 1)}", "share of the budget"
        )
        add_legend(figure)
        pinned = {one.problem: len(one.targets) for one in hits}
        level = next(iter(found.values())).level
        said = (
            f"Share of regret targets reached within a share of the budget, over {len(pinned)}"
            f" problem{'s' * (len(pinned) > 1)}, which pin {sum(pinned.values())} targets in all; each problem weighs"
            f" the same. Bands are {level:.0%} bootstrap intervals over the runs of each problem; failed and unfinished"
            " runs count with what they spent."
        )
        return Drawn(figure, sentences(said, study.without, study.looks.words, study.protocol()))

    yield Plan("ecdf", draw)


def draw_ecdf(axes: "Axes", found: Mapping[str, Band], looks: Looks, what: str, counted: str) -> None:
    """Draw them on axes; ``counted``: what the points count."""
    draw_lines(axes, looks, ((label, band.points, band.y, band.low, band.high) for label, band in found.items()))
    axes.set_xscale("log")
    axes.set_ylim(0, 1)
    name_axes(axes, f"targets reached: {what}", counted, "share of targets")
