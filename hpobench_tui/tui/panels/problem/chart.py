"""The chart: median and quartiles of every optimizer along the axis, and the known solutions of the problem."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.analysis.landmarks import known
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.bands import Bands, Lines
from hpobench_tui.tui.feed.standings import Ranking, Standings
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.chart import Chart, Guide, Series

TOP = 5
"""How many have a colour where there are more than :data:`FEW`."""
FEW = 7


class ChartPanel(Panel):
    """Curves of the problem that is shown; which scales they have, the chart itself keeps."""

    DEFAULT_CSS = "ChartPanel, ChartPanel.-small { height: 3fr; }"

    name, side = "chart", "left"
    help = (
        "a line is the median over an optimizer's finished seeds, lower is better. The band is where the middle half"
        " of its seeds lie, of the optimizer under the table's cursor. Zero lies on the floor below the break; a dashed"
        " line is a known solution. The best five have colours, those of the table below."
    )

    def compose(self) -> ComposeResult:
        yield Chart(legend=False, id=self.name)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        chart = next(iter(self.query(Chart)), None)
        key = view.problem, view.axis, view.measure, view.at
        return view.feed.get(Bands, *key, chart is None or chart.x_log), view.feed.get(Standings, *key)

    def show(self, view: View) -> None:
        feed, chart, first = view.feed, self.query_one(Chart), any_run(view)
        chart.focused_label = view.label
        bands, standings = self.wants(view)
        lines: Lines = bands.picture or Lines({}, ("?",))
        ranking: Ranking | None = standings.picture
        final = not lines.left and ranking is not None and not ranking.left
        colours = coloured(ranking) if ranking is not None and final else set()
        series = [
            Series(
                b.label, b.grid, b.median, feed.look(b.label), "step",
                b.lower if final else None, b.upper if final else None, f"{b.runs} runs",
                grey=b.label not in colours,
            )
            for b in lines.bands.values() if b.label not in view.hidden
        ]  # fmt: skip
        guides = [
            Guide(in_line(mark.name), mark.value)
            for mark in known([first] if first else [], feed.landmarks, view.measure).get(view.problem, [])
        ]
        chart.show(series, x_limits(view.axis, [first] if first else []), self._hint(view, final), guides)
        words = "" if final else next((r.words for r in (standings, bands) if r.words), "reading")
        at = f"at {view.at:.3g} of the budget" if view.at is not None else ""
        title = ", ".join(filter(None, (f"{view.measure}: {view.problem}", at, words)))
        self.entitle(title, f"{where(view)}x: {view.axis_title}, {chart.x_scale}; y: {chart.y_scale}")

    def _hint(self, view: View, final: bool) -> str:
        if not final:
            return "reading"
        if view.hidden:
            return "all lines are hidden: o on a row of the table shows them again"
        waiting = view.feed.state.row.status is ExperimentStatus.WAITING
        return "the runs are about to start" if waiting else "no optimizer has a value here"

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)


def coloured(ranking: Ranking) -> set[str]:
    """Who has a colour: the best ones, as many as can be told apart at a glance."""
    rows = ranking.rows if len(ranking.rows) <= FEW else ranking.rows[:TOP]
    return {row.label for row in rows}


def where(view: View) -> str:
    """Which of the problems it is."""
    problems = view.feed.state.problems
    several = len(problems) > 1 and view.problem in problems
    return f"problem {problems.index(view.problem) + 1} of {len(problems)}; " if several else ""


def any_run(view: View) -> RunRow | None:
    """One of the problem's, for what all of them share; None without any."""
    state = view.feed.state
    ids = (state.ids.get((view.problem, label)) for label in state.labels)
    return next((state.runs[own[0]] for own in ids if own), None)


def x_limits(axis: Axis, runs: Sequence[RunRow]) -> tuple[float, float] | None:
    """A budget in whole things is known beforehand: the axis stands still. None: follow the data."""
    if axis is not Axis.BUDGET or not runs or Unit(runs[0].unit).counts_time:
        return None
    most = max(run.budget / run.quanta_per_unit for run in runs)
    least = 1.0 / max(run.quanta_per_unit for run in runs)
    return (least, most) if most > least else None
