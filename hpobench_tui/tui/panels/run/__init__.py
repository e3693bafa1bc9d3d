"""The panels of one run."""

from hpobench_tui.tui.panels.arms import ArmsPanel
from hpobench_tui.tui.panels.gaussian import ModelPanel
from hpobench_tui.tui.panels.panel import Panel
from hpobench_tui.tui.panels.run.brackets import RunBracketsPanel
from hpobench_tui.tui.panels.run.curves import CurvesPanel
from hpobench_tui.tui.panels.run.head import HeadPanel
from hpobench_tui.tui.panels.run.history import HistoryPanel
from hpobench_tui.tui.panels.run.importance import ImportancePanel
from hpobench_tui.tui.panels.run.parallel import ParallelPanel
from hpobench_tui.tui.panels.run.trials import TrialsPanel

# A new panel is a module beside these and an entry here; one that `fits` only some runs is left out of the others.
PANELS: tuple[type[Panel], ...] = (
    TrialsPanel, HistoryPanel, HeadPanel, CurvesPanel, RunBracketsPanel, ParallelPanel, ImportancePanel,
    ModelPanel, ArmsPanel,
)  # fmt: skip
