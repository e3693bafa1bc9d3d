"""The panels of the live screen, one a module. Their order here is that of their keys, of their titles' numbers and,
from top to bottom, of their places; a small terminal opens on the first two, and parts with the first one last.
"""

from hpobench_tui.tui.panels.anytime import AnytimePanel
from hpobench_tui.tui.panels.brackets import BracketsPanel
from hpobench_tui.tui.panels.chart import ChartPanel
from hpobench_tui.tui.panels.log import LogPanel
from hpobench_tui.tui.panels.panel import Panel
from hpobench_tui.tui.panels.runs import RunsPanel

# A new panel is a module beside these and an entry here.
PANELS: tuple[type[Panel], ...] = (ChartPanel, AnytimePanel, BracketsPanel, RunsPanel, LogPanel)
