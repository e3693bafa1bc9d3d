"""Average ranks at each share of the budget."""

import numpy as np
from textual.app import ComposeResult

from hpobench_tui.tui.panels.compare.part import ComparePanel, Found
from hpobench_tui.tui.widgets.chart import Chart, Series


class OverBudgetPanel(ComparePanel):
    """A curve a label, with the interval of the one on top."""

    DEFAULT_CSS = "OverBudgetPanel, OverBudgetPanel.-small { height: 3fr; }"

    name, side, part = "ranks", "right", "over_budget"
    words = "ranks over budget"
    help = """\
At each share of the budget the optimizers are ranked in each repetition of each problem, 1 is best; the mean is drawn.
Who is low at the left is good early, who is low at the right is good in the end; lines that cross change places.
The band is the interval of the one on top, from resampled repetitions; ranks depend on who is in the comparison."""

    def compose(self) -> ComposeResult:
        chart = Chart(id=self.name)
        chart.y_log = False
        yield chart

    def show_found(self, found: Found) -> None:
        part = found.said["over_budget"]
        chart = self.query_one(Chart)
        chart.focused_label = found.focused
        marks = np.array(part["marks"])
        lines = zip(part["labels"], part["ranks"], part["low"], part["high"], strict=True)
        self.entitle(
            f"average rank by share of the budget: {len(part['problems'])} problems, {part['n']} repetitions",
            f"band: {part['level']:.0%} interval",
        )
        chart.show(
            [
                Series(label, marks, np.array(ranks), found.look(label), "line", np.array(low), np.array(high))
                for label, ranks, low, high in lines
            ],
            (float(marks[0]), float(marks[-1])),
        )

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)
