"""The chart: median and quartiles of every optimizer along the axis, and the known solutions of the problem."""

from collections.abc import Sequence

from textual.app import ComposeResult

from hpobench_tui.analysis.anytime import bands
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.chart import Chart, Guide, Series


class ChartPanel(Panel):
    """Curves of the problem that is shown; which scales they have, the chart itself keeps."""

    DEFAULT_CSS = "ChartPanel, ChartPanel.-small { height: 3fr; }"

    name, side = "chart", "left"

    def compose(self) -> ComposeResult:
        yield Chart(id=self.name)

    def show(self, view: View) -> None:
        feed, chart, runs, axis = view.feed, self.query_one(Chart), view.feed.runs_shown(), view.axis
        count = len(feed.problems)
        where = f"problem {feed.problems.index(feed.problem) + 1} of {count}; " if count > 1 else ""
        points = min(max(chart.size.width * 2, 50), 400)
        series = [
            Series(b.label, b.grid, b.median, feed.labels.index(b.label), "step", b.lower, b.upper, f"{b.runs} runs")
            for b in bands(runs, feed.curves(axis, view.measure), axis, points, chart.x_log)
        ]
        guides = [Guide(in_line(mark.name), mark.value) for mark in feed.landmarks(view.measure)]
        waiting = feed.row.status is ExperimentStatus.WAITING
        hint = "the runs are about to start" if waiting else "no optimizer has a value here yet"
        chart.show(series, x_limits(axis, runs), hint, guides)
        scales = f"{where}x: {view.axis_title}, {chart.x_scale}; y: {chart.y_scale}"
        self.entitle(f"{view.measure}: {feed.problem}", scales)

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)


def x_limits(axis: Axis, runs: Sequence[RunRow]) -> tuple[float, float] | None:
    """A budget in whole things is known beforehand: the axis stands still. None: follow the data."""
    if axis is not Axis.BUDGET or not runs or Unit(runs[0].unit).counts_time:
        return None
    most = max(run.budget / run.quanta_per_unit for run in runs)
    least = 1.0 / max(run.quanta_per_unit for run in runs)
    return (least, most) if most > least else None
