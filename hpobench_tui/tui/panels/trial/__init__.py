"""The panels of one trial."""

from hpobench_tui.tui.panels.panel import Panel
from hpobench_tui.tui.panels.run.history import HistoryPanel
from hpobench_tui.tui.panels.trial.configuration import ConfigurationPanel
from hpobench_tui.tui.panels.trial.curve import TrialCurvePanel
from hpobench_tui.tui.panels.trial.facts import TrialPanel


class TrialHistoryPanel(HistoryPanel):
    """Where the trial lies among all of its run."""

    side = "right"


# A new panel is a module beside these and an entry here.
PANELS: tuple[type[Panel], ...] = (TrialPanel, ConfigurationPanel, TrialHistoryPanel, TrialCurvePanel)
