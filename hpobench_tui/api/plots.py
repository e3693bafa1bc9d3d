"""Figures of experiments on Matplotlib axes, in the style of the exported ones (``export.figures``).

Without ``ax`` a figure is made with pyplot, so that a notebook shows it; its legend stands below. On axes that are
given it stands inside.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context

from hpobench_tui.analysis import overall
from hpobench_tui.analysis.anytime import bands
from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.api import frames, inputs
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.export.figures.look import HEIGHT, STYLE, add_grid, add_legend, legend_entry, look
from hpobench_tui.export.figures.regret import draw_regret
from hpobench_tui.export.markup import figure_text
from hpobench_tui.export.material import axis_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hpobench_tui.analysis.union import Union


class Plots:
    """Figures of an experiment.

    Args:
        union: What it holds.
        problems, labels: All that there are, so that each label looks alike in all figures.
    """

    def __init__(self, union: "Callable[[], Union]", problems: Sequence[str], labels: Sequence[str]) -> None:
        self._union, self._problems = union, problems
        self._place = {label: number for number, label in enumerate(labels)}

    def regret(
        self, problem: str | None = None, measure: str | Measure | None = None, axis: str | Axis = Axis.BUDGET,
        ax: "Axes | None" = None,
    ) -> "Axes":  # fmt: skip
        """Median and quartiles over the repetitions as the budget is spent, a line a label.

        Args:
            problem: May be left out if it is the only one.
            measure, axis: As of ``curves``.
        """
        problem = frames.one(self._problems, problem, "problem")
        union, along = self._union(), inputs.member("axis", axis, Axis)
        shown = None if measure is None else inputs.member("measure", measure, Measure)
        runs = [run for run in union.runs() if run.problem == problem]
        curves = read_curves(union, runs, along, shown)
        with _drawing(ax) as axes:
            draw_regret(
                axes, problem, bands(runs, curves, along), axis_name(along, runs[0], union.simulated),
                str(shown or runs[0].measure), labels=list(self._place),
                landmarks=known(runs, union.landmarks(), shown).get(problem, ()),
            )  # fmt: skip
        return axes

    def ranks(self, ax: "Axes | None" = None) -> "Axes":
        """Average ranks over the share of the budget that is spent, with 95 % intervals: 1 is best."""
        found = overall.ranks(self._union())
        with _drawing(ax) as axes:
            for label, *rows in zip(found.labels, found.ranks, found.low, found.high, strict=True):
                self._line(axes, label, found.marks, *rows)
            axes.set_xscale("log")
            over = f"{len(found.problems)} problem{'s' * (len(found.problems) > 1)}"
            _name(axes, f"average ranks over {over}, {found.n} blocks", "share of the budget", "average rank")
        return axes

    def ecdf(self, problem: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """The share of all (problem, target) pairs that are reached, over the budget, with 95 % intervals.

        Args:
            problem: That one alone; None: all of them, over shares of their budgets.
        """
        found, counted = overall.bands(self._union(), problem)
        with _drawing(ax) as axes:
            for label, band in found.items():
                self._line(axes, label, band.points, band.y, band.low, band.high)
            axes.set_xscale("log")
            axes.set_ylim(0, 1)
            _name(axes, f"targets reached: {problem or 'all problems'}", counted, "share of targets")
        return axes

    def importance(self, problem: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Importance of a problem's hyperparameters with 95 % intervals, the most important on top."""
        problem = frames.one(self._problems, problem, "problem")
        shares = overall.importance(self._union(), problem).shares
        with _drawing(ax) as axes:
            places, values = np.arange(len(shares))[::-1], np.array([share.importance for share in shares])
            reach = np.array([[max(s.importance - s.low, 0), max(s.high - s.importance, 0)] for s in shares]).T
            axes.barh(places, values, xerr=reach, color=look(0)["color"], error_kw={"linewidth": 1}, height=0.6)
            axes.set_yticks(places, [figure_text(share.name) for share in shares])
            _name(axes, f"importance of hyperparameters: {problem}", "share", "")
        return axes

    def _line(self, axes: "Axes", label: str, x: Any, y: Any, low: Any, high: Any) -> None:
        style = look(self._place[label])
        axes.plot(x, y, drawstyle="steps-post", label=legend_entry(label), **style)
        axes.fill_between(x, low, high, step="post", color=style["color"], alpha=0.15, linewidth=0)


def _name(axes: "Axes", title: str, x_label: str, y_label: str) -> None:
    axes.set_title(figure_text(title))
    axes.set_xlabel(figure_text(x_label))
    axes.set_ylabel(figure_text(y_label))
    add_grid(axes)


@contextmanager
def _drawing(ax: "Axes | None") -> Iterator["Axes"]:
    """Axes to draw on, which get a legend."""
    with rc_context(STYLE):
        if ax is not None:
            yield ax
            if ax.get_legend_handles_labels()[0]:
                ax.legend(frameon=False)
            return
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(5.5, HEIGHT), layout="constrained")
        try:
            yield figure.add_subplot()
        except BaseException:
            pyplot.close(figure)
            raise
        add_legend(figure)
