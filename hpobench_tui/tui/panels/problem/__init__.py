"""The panels of one problem."""

from hpobench_tui.tui.panels.panel import Panel
from hpobench_tui.tui.panels.problem.anytime import AnytimePanel
from hpobench_tui.tui.panels.problem.brackets import BracketsPanel
from hpobench_tui.tui.panels.problem.chart import ChartPanel
from hpobench_tui.tui.panels.problem.learning import LearningPanel
from hpobench_tui.tui.panels.problem.log import LogPanel
from hpobench_tui.tui.panels.problem.runs import RunsPanel
from hpobench_tui.tui.panels.problem.workers import WorkersPanel

# A new panel is a module beside these and an entry here.
PANELS: tuple[type[Panel], ...] = (
    ChartPanel, AnytimePanel, RunsPanel, BracketsPanel, LearningPanel, WorkersPanel, LogPanel,
)  # fmt: skip
