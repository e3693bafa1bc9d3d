"""A whole experiment: how every optimizer does on every problem, and what is new."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from hpobench_tui.tui.panels import overview as panels
from hpobench_tui.tui.panels.overview.log import NewsPanel
from hpobench_tui.tui.panels.overview.matrix import MatrixPanel
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.problem import ProblemScreen


class OverviewScreen(Level):
    """The level that an experiment opens on; Enter leads to the problem under the cursor."""

    HELP = """\
All optimizers and problems of an experiment. The experiment runs in processes of its own: leaving this screen, or the \
app, does not stop it."""
    LEVEL = "overview"
    PANELS = panels.PANELS
    COMPACT = 3
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "numbers", "Numbers", tooltip="Ranks, medians, wins, P(best), failures, ms per trial"),
        Binding("l", "raw_log", "Log line by line, or news", show=False),
    ]

    def on_mount(self) -> None:
        state = self.feed.state
        if not self.view.problem and state.problems:
            self.view = self.view.but(problem=state.problems[0])
        super().on_mount()

    def crumbs(self) -> Sequence[str]:
        return (self.feed.state.row.experiment.name,)

    def below(self, view: View) -> Level | None:
        return ProblemScreen(view) if view.problem else None

    def action_numbers(self) -> None:
        self.query_one(MatrixPanel).next_numbers()

    def action_raw_log(self) -> None:
        panel = self.query_one(NewsPanel)
        panel.raw = not panel.raw
        self.look(self.view, force=True)
