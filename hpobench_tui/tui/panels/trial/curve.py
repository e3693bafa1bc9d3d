"""The learning curve of a trial among those of its run."""

from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.panels.run.curves import CurvesPanel


class TrialCurvePanel(CurvesPanel):
    """The same as of the run; the trial's own is in colour."""

    DEFAULT_CSS = "TrialCurvePanel, TrialCurvePanel.-small { height: 1fr; }"

    def fits(self, view: View) -> bool:
        run = view.run_row
        return run is not None and run.fidelity is not None
