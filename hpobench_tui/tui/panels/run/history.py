"""What every trial of a run lost, and the best so far."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from textual.app import ComposeResult

from hpobench_tui.analysis import axis as axes
from hpobench_tui.analysis.curve import run_curve
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.analysis.measure import simple_regret
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.records import ProgressTable
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.story import Story, rows_until, trials_until
from hpobench_tui.tui.feed.thinned import Thinned
from hpobench_tui.tui.feed.trials import Numbers, Trials
from hpobench_tui.tui.panels.panel import Panel, Side, View
from hpobench_tui.tui.panels.problem.chart import x_limits
from hpobench_tui.tui.widgets.chart import Chart, Guide, Series

OTHERS = "trials"


class HistoryPanel(Panel):
    """Points of trials, a line of the incumbent."""

    DEFAULT_CSS = "HistoryPanel, HistoryPanel.-small { height: 2fr; }"

    name, words = "history", "loss history"
    side: ClassVar[Side] = "left"
    help = """\
A dot is a trial, at what had been spent when it ended; the line is what the best trial so far is worth.
While dots keep falling to the line the run still learns; dots far above a flat line are what exploring costs.
m and a change what is measured and what the x axis counts; X and Y make an axis logarithmic, arrows read values."""

    def compose(self) -> ComposeResult:
        chart = Chart(legend=False, id=self.name)
        chart.x_log = False
        yield chart

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return () if view.run_row is None else [view.feed.get(kind, view.run) for kind in (Story, Trials, Thinned)]

    def show(self, view: View) -> None:
        chart, run, feed = self.query_one(Chart), view.run_row, view.feed
        if run is None:
            return self.say("there is no such run")
        numbers, progress = feed.get(Trials, run.id).picture, feed.get(Story, run.id).picture
        places = feed.get(Thinned, run.id).picture
        if progress is None:
            return self.say("")
        measure, look = view.measure, feed.look(run.label)
        rows = progress.rows(slice(0, rows_until(run, progress, view.at)))
        series = []
        curve = run_curve(rows, run, view.axis, measure)
        if len(curve):
            series.append(Series(run.label, curve.x, curve.y, look, "step"))
        if numbers is not None and places is not None:
            until = trials_until(run, progress, view.at)
            shown = places[places < len(numbers.before(until))]
            at = numbers.place(view.trial)
            if at is not None and (until is None or int(numbers.number[at]) < until):
                marked = np.array([at])
                series.append(self._points(f"trial {view.trial}", run, numbers, progress, marked, view, look + 1))
            if not measure.summed:
                series.append(self._points(OTHERS, run, numbers, progress, shown, view, look, grey=True))
        log_x, log_y = ("log" if log else "linear" for log in (chart.x_log, chart.y_log))
        note = "; a sum has no points of single trials" if measure.summed else ""
        self.entitle(
            f"{measure}: {run.label}, seed {run.repetition}", f"x: {view.axis_title}, {log_x}; y: {log_y}{note}"
        )
        guides = [Guide(in_line(m.name), m.value) for m in known([run], feed.landmarks, measure).get(run.problem, [])]
        chart.focused_label = run.label
        hint = "no trial has a value yet" if not run.status.at_rest else "no trial has a value"
        chart.show(series, x_limits(view.axis, [run]), hint, guides)

    def _points(
        self, label: str, run: RunRow, numbers: Numbers, progress: ProgressTable, places: Any, view: View, look: int,
        grey: bool = False,
    ) -> Series:  # fmt: skip
        x = positions(run, progress, view.axis, numbers.number[places])
        return Series(label, x, worth(run, progress, numbers, places, view.measure), look, "points", grey=grey)

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)


def positions(run: RunRow, progress: ProgressTable, axis: Axis, number: Any) -> Floats:
    """Where trials ended on the axis, shape (n,): exactly at rows of progress, else between them."""
    if axis is Axis.EVALUATIONS:
        return np.asarray(number + 1, dtype=np.float64)
    return along(number, progress, axes.positions(progress, axis, run.quanta_per_unit))


def along(number: Any, progress: ProgressTable, values: Floats) -> Floats:
    """Values that rows of progress have, at trials, shape (n,)."""
    if not len(progress):
        return np.full(len(number), np.nan)
    found: Floats = np.interp(number, progress.number, values)
    return found


def worth(run: RunRow, progress: ProgressTable, numbers: Numbers, places: Any, measure: Measure) -> Floats:
    """What single trials show of a measure, shape (n,).

    Of simple regret and the incumbent's loss their own (noise-free where that is known); of sums what it was then.
    """
    if measure.summed:
        sums = progress.regret if measure is Measure.CUMULATIVE else progress.pseudo_regret
        return along(numbers.number[places], progress, sums)
    loss: Floats = numbers.loss[places]
    if numbers.truth is not None:
        truth = numbers.truth[places]
        loss = np.where(np.isnan(truth), loss, truth)
    if measure is Measure.INCUMBENT:
        return loss
    return simple_regret(loss, run)
