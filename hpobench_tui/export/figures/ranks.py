"""Average ranks over the share of the budget that is spent, with intervals: 1 is best."""

from typing import TYPE_CHECKING

from hpobench_tui.analysis import overall
from hpobench_tui.analysis.performance.ranks_over_budget import RankCurves
from hpobench_tui.core.nearest import some
from hpobench_tui.export.figures.curves import draw_lines, name_axes
from hpobench_tui.export.figures.look import Looks, add_legend, one_axes
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def figures(study: Study) -> Plans:
    found = overall.ranks_of(study.pairs)

    def draw(width: Width) -> Drawn:
        figure, axes = one_axes(width)
        draw_ranks(axes, found, study.looks)
        add_legend(figure)
        without = f" Left out, as not all were run on them: {some(found.left_out)}." if found.left_out else ""
        said = (
            f"Average ranks of simple regret over the budget (1 is best), over {_problems(found)} and n = {found.n}"
            f" blocks (a repetition of a problem); bands are {found.level:.0%} bootstrap intervals over blocks."
        )
        return Drawn(figure, sentences(said, without, study.looks.words, study.protocol()))

    yield Plan("ranks", draw)


def draw_ranks(axes: "Axes", found: RankCurves, looks: Looks) -> None:
    """Draw them on axes."""
    rows = zip(found.labels, found.ranks, found.low, found.high, strict=True)
    draw_lines(axes, looks, ((label, found.marks, *each) for label, *each in rows))
    axes.set_xscale("log")
    title = f"average ranks over {_problems(found)}, {found.n} blocks"
    name_axes(axes, title, "share of the budget", "average rank")


def _problems(found: RankCurves) -> str:
    return f"{len(found.problems)} problem{'s' * (len(found.problems) > 1)}"
