"""Which hyperparameters matter: a panel a problem, their importances with intervals, the most important on top."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hpobench_tui.analysis.importance import Importance, importance
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.curves import name_axes
from hpobench_tui.export.figures.look import fitting, look, new_figure, plain
from hpobench_tui.export.figures.regret_grid import paged, shape
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hpobench_tui.analysis.importance.result import Share

BARS, PANELS = 8, 9
"""Hyperparameters in a panel, and panels on a page."""


def figures(study: Study) -> Plans:
    found: dict[str, Importance] = {}
    for problem in study.problems:
        try:
            evidence = study.evidence(problem)
            one = importance(evidence.configurations, evidence.losses, evidence.runs)
            if len(one.shares) < 2:
                raise HpobenchError("there is one hyperparameter, which is all that matters.")
            found[problem] = one
        except HpobenchError as error:
            study.skip(f"importance: {problem}", error)
    for name, chosen in paged("importance", list(found), PANELS):
        yield Plan(name, partial(_drawn, study, {problem: found[problem] for problem in chosen}))


def _drawn(study: Study, found: dict[str, Importance], width: Width) -> Drawn:
    rows, columns = shape(len(found), width)
    bars = max(min(len(one.shares), BARS) for one in found.values())
    across = width.text if columns > 1 else width.column
    figure = new_figure(across, rows * (0.75 + 0.17 * bars * width.font / 9))
    room = across / columns
    for place, (problem, one) in enumerate(found.items()):
        axes = figure.add_subplot(rows, columns, place + 1)
        draw_importance(axes, fitting(problem, room), one.shares[:BARS], room * 0.45)
        top = min(len(one.shares), BARS)
        axes.set_ylim(top - bars - 0.6, top - 0.4)
        axes.set_title(axes.get_title(), fontsize="medium")
    hidden = [problem for problem, one in found.items() if len(one.shares) > BARS]
    more = f"Of {', '.join(hidden)} the {BARS} most important are shown." if hidden else ""
    numbers = [one.n for one in found.values()]
    trials = f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"
    level, drawn = next(iter(found.values())).level, {one.drawn for one in found.values()}
    said = (
        f"Importance of hyperparameters (condPED-ANOVA): the share of what distinguishes the best trials from all,"
        f" from {trials} trials a problem of all optimizers; lines are {level:.0%} bootstrap intervals over"
        f" {' or '.join(sorted(drawn))}. It is about where the optimizers looked."
    )
    return Drawn(figure, sentences(said, more, study.protocol()))


def draw_importance(axes: "Axes", title: str, shares: "Sequence[Share]", room: float = 9.0) -> None:
    """Draw bars on axes; ``room`` for names is in inches."""
    places, values = np.arange(len(shares))[::-1], np.array([share.importance for share in shares])
    reach = np.array([[max(s.importance - s.low, 0), max(s.high - s.importance, 0)] for s in shares]).T
    axes.barh(places, values, xerr=reach, color=look(0)["color"], error_kw={"linewidth": 1}, height=0.6)
    axes.set_yticks(places, [plain(fitting(share.name, room)) for share in shares])
    axes.set_xlim(0, 1)
    name_axes(axes, title, "share", "")
