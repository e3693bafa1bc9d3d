"""The chart: median and quartiles of every optimizer along the axis, and the known solutions of the problem."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.analysis.anytime import bands
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.curves import Curves
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.chart import Chart, Guide, Series


class ChartPanel(Panel):
    """Curves of the problem that is shown; which scales they have, the chart itself keeps."""

    DEFAULT_CSS = "ChartPanel, ChartPanel.-small { height: 3fr; }"

    name, side = "chart", "left"

    def compose(self) -> ComposeResult:
        yield Chart(id=self.name)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return (view.feed.get(Curves, view.problem, view.axis, view.measure),)

    def show(self, view: View) -> None:
        feed, chart, runs, axis = view.feed, self.query_one(Chart), view.runs_shown(), view.axis
        chart.focused_label = view.label
        curves = feed.get(Curves, view.problem, axis, view.measure).picture or {}
        problems = feed.state.problems
        count = len(problems)
        where = (
            f"problem {problems.index(view.problem) + 1} of {count}; " if count > 1 and view.problem in problems else ""
        )
        points = min(max(chart.size.width * 2, 50), 400)
        series = [
            Series(b.label, b.grid, b.median, feed.look(b.label), "step", b.lower, b.upper, f"{b.runs} runs")
            for b in bands(runs, curves, axis, points, chart.x_log)
        ]
        guides = [
            Guide(in_line(mark.name), mark.value)
            for mark in known(runs, feed.landmarks, view.measure).get(view.problem, [])
        ]
        waiting = feed.state.row.status is ExperimentStatus.WAITING
        hint = "the runs are about to start" if waiting else "no optimizer has a value here yet"
        chart.show(series, x_limits(axis, runs), hint, guides)
        scales = f"{where}x: {view.axis_title}, {chart.x_scale}; y: {chart.y_scale}"
        self.entitle(f"{view.measure}: {view.problem}", scales)

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)


def x_limits(axis: Axis, runs: Sequence[RunRow]) -> tuple[float, float] | None:
    """A budget in whole things is known beforehand: the axis stands still. None: follow the data."""
    if axis is not Axis.BUDGET or not runs or Unit(runs[0].unit).counts_time:
        return None
    most = max(run.budget / run.quanta_per_unit for run in runs)
    least = 1.0 / max(run.quanta_per_unit for run in runs)
    return (least, most) if most > least else None
