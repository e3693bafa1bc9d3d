"""Learning curves of the chosen run, below its problem."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.panels.problem.chart import any_run
from hpobench_tui.tui.panels.problem.chosen import chosen
from hpobench_tui.tui.panels.run.curves import CurvesPanel
from hpobench_tui.tui.widgets.chart import Chart


class LearningPanel(CurvesPanel):
    """Those of the run that a person chose, else of one of the optimizer on top; its trials have fidelities."""

    DEFAULT_CSS = "LearningPanel { height: 1fr; min-height: 6; }"

    name, words = "learning", "learning curves"

    def compose(self) -> ComposeResult:
        yield Chart(legend=False, id=self.name)

    def fits(self, view: View) -> bool:
        run = any_run(view)
        return run is None or run.fidelity is not None

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return super().wants(_of_run(view))

    def show(self, view: View) -> None:
        if any_run(view) is None:
            return self.say("no runs yet")
        return super().show(_of_run(view))


def _of_run(view: View) -> View:
    run = chosen(view)
    return view.but(run=run.id if run else None, trial=None)
