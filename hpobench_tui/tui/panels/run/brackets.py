"""The brackets of this run."""

from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.panels.problem.brackets import BracketsPanel


class RunBracketsPanel(BracketsPanel):
    """Those of the run that is shown alone."""

    hint = "this run has no brackets"

    def fits(self, view: View) -> bool:
        run = view.run_row
        return run is None or run.plan is not None or run.fidelity is not None

    def _run(self, view: View) -> RunRow | None:
        return view.run_row
