"""One problem: how its optimizers do, and what its runs do."""

from collections.abc import Sequence

from hpobench_tui.tui.panels import problem as panels
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.widgets.chart import Chart


class ProblemScreen(Level):
    """The level between overview and run."""

    HELP = """\
Medians over the finished runs of each optimizer, with the quartile band of the one on top. Dashed lines with names \
are known solutions of the problem. The experiment runs in processes of its own: leaving this screen, or the app, does \
not stop it."""
    LEVEL = "problem"
    PANELS = panels.PANELS

    def on_mount(self) -> None:
        state = self.feed.state
        problem = self.view.problem or (state.problems[0] if state.problems else "")
        self.view = self.view.but(problem=problem, label=self.view.label or (state.labels[0] if state.labels else None))
        super().on_mount()

    def crumbs(self) -> Sequence[str]:
        return (self.feed.state.row.experiment.name, self.view.problem)

    @property
    def chart(self) -> Chart:
        return self.query_one("#chart", Chart)

    def on_chart_series_picked(self, message: Chart.SeriesPicked) -> None:
        self.look(self.view.but(label=message.label))

    def on_chart_scaled(self) -> None:
        self.refill(force=True)
