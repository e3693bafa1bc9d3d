"""The share of targets that are reached by each share of the budget: the ECDF of running times."""

import numpy as np
from textual.app import ComposeResult

from hpobench_tui.tui.panels.compare.part import ComparePanel, Found
from hpobench_tui.tui.widgets.chart import Chart, Series


class SolvedPanel(ComparePanel):
    """A step function a label, with the interval of the one on top."""

    DEFAULT_CSS = "SolvedPanel, SolvedPanel.-small { height: 3fr; }"

    name, side, part = "ECDF", "right", "solved"
    words = "targets reached (ECDF)"
    help = """\
Each problem pins a ladder of regrets as targets; a point says which share of them was reached by then.
Higher is better, and further left is sooner; a line that stays below 1 never reached the hardest targets.
Unlike ranks, a curve does not depend on who else is compared. The band is the interval of the one on top."""

    def compose(self) -> ComposeResult:
        chart = Chart(id="solved")
        chart.y_log = False
        yield chart

    def show_found(self, found: Found) -> None:
        part = found.said["solved"]
        chart = self.query_one(Chart)
        chart.focused_label = found.focused
        shares = np.array(part["shares"])
        left_out = f"; {len(part['left_out'])} without a reference left out" if part["left_out"] else ""
        self.entitle("share of targets reached by share of the budget", f"{part['problems']} problems{left_out}")
        chart.show(
            [
                Series(label, shares, np.array(band["y"]), found.look(label), "step", np.array(band["low"]),
                       np.array(band["high"]), f"{band['n']} runs")
                for label, band in part["bands"].items()
            ],
            (float(shares[0]), float(shares[-1])),
        )  # fmt: skip

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)
