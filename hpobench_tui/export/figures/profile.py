"""Performance profile: on what share of the problems each optimizer is within a factor of the fastest."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hpobench_tui.analysis.performance.profiles import PerformanceProfile, performance_profile
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import some
from hpobench_tui.export.figures.curves import draw_lines, name_axes
from hpobench_tui.export.figures.look import Looks, add_legend, one_axes
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hpobench_tui.analysis.performance.hits import Hits

ALPHAS: Floats = np.geomspace(1.0, 64.0, 97)


def figures(study: Study) -> Plans:
    if len(study.labels) < 2:
        raise HpobenchError("a performance profile compares two optimizers at least.")
    found = profile_of(study.hits)

    def draw(width: Width) -> Drawn:
        figure, axes = one_axes(width)
        draw_profile(axes, found, study.looks)
        add_legend(figure)
        one = next(iter(found.values()))
        out = f" Left out: {some(one.left_out)} (not all were run there)." if one.left_out else ""
        none = f" Nobody solves {some(one.unsolved)}." if one.unsolved else ""
        said = (
            f"Performance profile over {_problems(one)}: the share on which the expected running time to the target of"
            f" tau = {one.tau:g} is within a factor of the lowest. Bands are {one.level:.0%} bootstrap intervals over"
            " the runs of each problem. It depends on who is compared."
        )
        return Drawn(figure, sentences(said, out, none, study.bare_words, study.looks.words, study.protocol()))

    yield Plan("profile", draw)


def profile_of(hits: "list[Hits]") -> dict[str, PerformanceProfile]:
    """At factors from 1 to 64.

    Raises:
        HpobenchError: no problem that all were run on, or none that anybody solves.
    """
    found = performance_profile(hits, ALPHAS)
    one = next(iter(found.values()))
    if not one.problems:
        raise HpobenchError(f"nobody reaches the target of tau = {one.tau:g} on any problem: no profile to draw.")
    return found


def draw_profile(axes: "Axes", found: Mapping[str, PerformanceProfile], looks: Looks) -> None:
    """Draw it on axes."""
    draw_lines(axes, looks, ((label, one.alphas, one.rho, one.low, one.high) for label, one in found.items()))
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda factor, _: f"{factor:g}")
    axes.set_ylim(-0.02, 1.02)
    title = f"performance profile over {_problems(next(iter(found.values())))}"
    name_axes(axes, title, "factor of the lowest running time", "share of problems")


def _problems(one: PerformanceProfile) -> str:
    return f"{len(one.problems)} problem{'s' * (len(one.problems) > 1)}"
