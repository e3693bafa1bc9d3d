"""Figures of experiments on Matplotlib axes, in the style of the exported ones (``export.figures``).

Without ``ax`` a figure is made with pyplot, so that a notebook shows it; its legend stands below. On axes that are
given it stands inside.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hpobench_tui.analysis import overall
from hpobench_tui.analysis.anytime import bands
from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.analysis.performance.aggregate import aggregate
from hpobench_tui.api import frames, inputs
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.engine.front.looks import looking
from hpobench_tui.export.bundle import gather
from hpobench_tui.export.figures import parallel
from hpobench_tui.export.figures import wins as winning
from hpobench_tui.export.figures.aggregate import draw_aggregate
from hpobench_tui.export.figures.critical import draw_critical, friedman_of
from hpobench_tui.export.figures.ecdf import draw_ecdf
from hpobench_tui.export.figures.importance import draw_importance
from hpobench_tui.export.figures.look import HEIGHT, Looks, add_legend, styled
from hpobench_tui.export.figures.made import plans
from hpobench_tui.export.figures.profile import draw_profile, profile_of
from hpobench_tui.export.figures.ranks import draw_ranks
from hpobench_tui.export.figures.regret import draw_regret
from hpobench_tui.export.figures.study import Plan, Study
from hpobench_tui.export.figures.tried import picture_of, tried_figure
from hpobench_tui.export.figures.wanted import Look, Wanted
from hpobench_tui.export.material import axis_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hpobench_tui.analysis.union import Union

PLAIN = Wanted()


class Plots:
    """Figures of an experiment.

    Args:
        union: What it holds.
        problems, labels: All that there are, so that each label looks alike in all figures.
    """

    def __init__(self, union: "Callable[[], Union]", problems: Sequence[str], labels: Sequence[str]) -> None:
        self._union, self._problems = union, problems
        self._looks = Looks(tuple(labels))

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
                str(shown or runs[0].measure), labels=self._looks.labels,
                landmarks=known(runs, union.landmarks(), shown).get(problem, ()),
            )  # fmt: skip
        return axes

    def regret_grid(self) -> "Figure":
        """The regret of all problems, a panel each, with one legend: a figure of its own, of at most 12 panels."""
        study = self._study()
        return self._figure(next(plans(study, "regret-grid")))

    def aggregate(self, ax: "Axes | None" = None) -> "Axes":
        """Normalised log-regret over the share of the budget, over problems that all labels were run on."""
        study = self._study()
        found = aggregate([pair for pair in study.referenced if pair.problem in study.block])
        with _drawing(ax) as axes:
            draw_aggregate(axes, found, self._looks)
        return axes

    def ranks(self, ax: "Axes | None" = None) -> "Axes":
        """Average ranks over the share of the budget that is spent, with 95 % intervals: 1 is best."""
        found = overall.ranks(self._union())
        with _drawing(ax) as axes:
            draw_ranks(axes, found, self._looks)
        return axes

    def ecdf(self, problem: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """The share of all (problem, target) pairs that are reached, over the budget, with 95 % intervals.

        Args:
            problem: That one alone; None: all of them, over shares of their budgets.
        """
        found, counted = overall.bands(self._union(), problem)
        with _drawing(ax) as axes:
            draw_ecdf(axes, found, self._looks, problem or "all problems", counted)
        return axes

    def profile(self, ax: "Axes | None" = None) -> "Axes":
        """Performance profile: on what share of the problems each label is within a factor of the fastest."""
        found = profile_of(overall.hits(self._union()))
        with _drawing(ax) as axes:
            draw_profile(axes, found, self._looks)
        return axes

    def critical(self, ax: "Axes | None" = None) -> "Axes":
        """Critical differences of average ranks (Demšar 2006)."""
        labels, found = friedman_of(self._study().material.scores)
        with _drawing(ax) as axes:
            draw_critical(axes, labels, found)
        return axes

    def wins(self, ax: "Axes | None" = None) -> "Axes":
        """How probably, in %, a run of the row's label is better than one of the column's; stars: shown by a test."""
        study = self._study()
        found = winning.wins(study.material.scores, study.standing[: winning.MOST])
        with _drawing(ax) as axes:
            winning.draw_wins(axes, found)
        return axes

    def brackets(self, label: str | None = None) -> "Figure":
        """Plan and fill of the brackets of a label's first run that has some, a panel each: a figure of its own.

        Args:
            label: None: the first one that has any.

        Raises:
            HpobenchError: it has none.
        """
        study = self._study(label)
        return self._figure(_only(list(plans(study, "brackets")), "brackets", study))

    def tried(self, problem: str | None = None) -> "Figure":
        """What each label tried in two hyperparameters, as grid and random search are drawn: a figure of its own."""
        problem = frames.one(self._problems, problem, "problem")
        with styled(PLAIN) as width:
            return tried_figure(picture_of(self._study(), problem), width)

    def parallel(self, problem: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Parallel coordinates of a problem's trials, the best in colour."""
        problem = frames.one(self._problems, problem, "problem")
        evidence = self._study().evidence(problem)
        coordinates = parallel.coordinates(evidence)
        with _drawing(ax) as axes:
            parallel.draw_parallel(axes, problem, evidence, coordinates)
        return axes

    def importance(self, problem: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Importance of a problem's hyperparameters with 95 % intervals, the most important on top."""
        problem = frames.one(self._problems, problem, "problem")
        shares = overall.importance(self._union(), problem).shares
        with _drawing(ax) as axes:
            draw_importance(axes, f"importance of hyperparameters: {problem}", shares)
        return axes

    def gaussian(self, label: str | None = None) -> "Figure":
        """What a label's model believed before a trial, along one hyperparameter: a figure of its own. The run is
        repeated up to there.

        Args:
            label: None: the first one that has a model to show.

        Raises:
            HpobenchError: there is none; why.
        """
        with looking(self._union().reader_of) as look:
            study = self._study(label, look)
            return self._figure(_only(list(plans(study, "gaussian")), "gaussian", study))

    def _study(self, label: str | None = None, look: Look | None = None) -> Study:
        material = gather(self._union())
        if label is not None:
            frames.one(self._looks.labels, label, "optimizer")
            material.runs[:] = [run for run in material.runs if run.label == label]
        return Study(material, replace(PLAIN, look=look))

    def _figure(self, plan: Plan) -> "Figure":
        with styled(PLAIN) as width:
            return plan.draw(width).figure


def _only(found: Sequence[Plan], kind: str, study: Study) -> Plan:
    if not found:
        raise HpobenchError(study.missing[kind])
    return found[0]


@contextmanager
def _drawing(ax: "Axes | None") -> Iterator["Axes"]:
    """Axes to draw on, which get a legend."""
    with styled(PLAIN) as width:
        if ax is not None:
            yield ax
            if ax.get_legend_handles_labels()[0]:
                ax.legend(frameon=False)
            return
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(width.column, HEIGHT), layout="constrained")
        try:
            yield figure.add_subplot()
        except BaseException:
            pyplot.close(figure)
            raise
        add_legend(figure)
