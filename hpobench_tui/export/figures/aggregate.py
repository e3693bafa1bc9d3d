"""Normalised regret over all problems, over the share of the budget (``performance.aggregate``)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hpobench_tui.analysis.performance.aggregate import Aggregate, aggregate
from hpobench_tui.export.figures.curves import draw_lines, name_axes
from hpobench_tui.export.figures.look import Looks, add_legend, one_axes
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def figures(study: Study) -> Plans:
    found = aggregate([pair for pair in study.referenced if pair.problem in study.block])

    def draw(width: Width) -> Drawn:
        figure, axes = one_axes(width)
        draw_aggregate(axes, found, study.looks)
        add_legend(figure)
        said = (
            "Normalised log-regret over the budget, the mean over runs and then over problems: 1 is each problem's"
            " first pinned target (about a configuration drawn at random), 0 its last (as good as the reference);"
            " nothing is taken from the compared optimizers. Bands are 95% bootstrap intervals over the runs of each"
            " problem."
        )
        return Drawn(figure, sentences(said, study.without, study.looks.words, study.protocol()))

    yield Plan("aggregate", draw)


def draw_aggregate(axes: "Axes", found: Mapping[str, Aggregate], looks: Looks) -> None:
    """Draw it on axes."""
    draw_lines(axes, looks, ((label, one.shares, one.value, one.low, one.high) for label, one in found.items()))
    axes.set_xscale("log")
    most = len(next(iter(found.values())).problems)
    title = f"normalised regret over {most} problem{'s' * (most > 1)}"
    name_axes(axes, title, "share of the budget", "normalised log-regret")
