"""The panels of a comparison of experiments, or of the optimizers of one."""

from hpobench_tui.tui.panels.compare.differences import DifferencesPanel
from hpobench_tui.tui.panels.compare.over_budget import OverBudgetPanel
from hpobench_tui.tui.panels.compare.pairs import PairsPanel
from hpobench_tui.tui.panels.compare.part import ComparePanel
from hpobench_tui.tui.panels.compare.problems import ProblemsPanel
from hpobench_tui.tui.panels.compare.solved import SolvedPanel

# A new panel is a module beside these and an entry here.
PANELS: tuple[type[ComparePanel], ...] = (
    PairsPanel, OverBudgetPanel, SolvedPanel, DifferencesPanel, ProblemsPanel,
)  # fmt: skip
