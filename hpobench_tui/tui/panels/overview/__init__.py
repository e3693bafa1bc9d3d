"""The panels of a whole experiment."""

from hpobench_tui.tui.panels.overview.cell import CellPanel
from hpobench_tui.tui.panels.overview.log import NewsPanel
from hpobench_tui.tui.panels.overview.matrix import MatrixPanel
from hpobench_tui.tui.panels.panel import Panel

# A new panel is a module beside these and an entry here.
PANELS: tuple[type[Panel], ...] = (MatrixPanel, CellPanel, NewsPanel)
