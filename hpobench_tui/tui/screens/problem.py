"""One problem: how its optimizers do, and what its runs do."""

from collections.abc import Sequence

from hpobench_tui.tui.panels import problem as panels
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.panels.problem.chosen import chosen
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.run import RunScreen
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.table import Table

_ALL_FIT = 48
"""Rows from which a large terminal opens on all panels."""


class ProblemScreen(Level):
    """The level between overview and run."""

    HELP = """\
The chart has a line an optimizer, the table below says who it is: its row under the cursor is on top, Enter opens its \
median run. Dashed lines with names are known solutions of the problem. A failed run is in no number, but counted. The \
experiment runs in processes of its own: leaving this screen, or the app, does not stop it."""
    LEVEL = "problem"
    PANELS = panels.PANELS

    def on_mount(self) -> None:
        state = self.feed.state
        problem = self.view.problem or (state.problems[0] if state.problems else "")
        self.view = self.view.but(problem=problem)
        super().on_mount()

    def crumbs(self) -> Sequence[str]:
        return (self.feed.state.row.experiment.name, self.view.problem)

    @property
    def chart(self) -> Chart:
        return self.query_one("#chart", Chart)

    def below(self, view: View) -> Level | None:
        return RunScreen(view) if view.run is not None else None

    def _usual(self) -> list[Panel]:
        """Without the log, where each would have too few rows."""
        usual = super()._usual()
        if self.app.size.height >= _ALL_FIT or len(usual) <= self.COMPACT:
            return usual
        return [panel for panel in usual if panel.name != "log"]

    def focus_first(self) -> None:
        """The table, whose cursor says what all else shows, if it is there."""
        if any(panel.name == "anytime" for panel in self.shown):
            self.query_one("#anytime", Table).focus()
        else:
            super().focus_first()

    def action_sibling(self, step: int) -> None:
        """The next run of this problem, or the one before: its brackets and learning curves."""
        runs = self.view.runs_shown()
        shown = chosen(self.view)
        if not runs or shown is None:
            self.notify("There are no runs here.")
            return
        at = next((place for place, run in enumerate(runs) if run.id == shown.id), 0)
        run = runs[(at + step) % len(runs)]
        self.look(self.view.but(run=run.id, label=run.label, trial=None))

    def on_chart_series_picked(self, message: Chart.SeriesPicked) -> None:
        self.look(self.view.but(label=message.label))

    def on_chart_scaled(self) -> None:
        self.look(self.view, force=True)
