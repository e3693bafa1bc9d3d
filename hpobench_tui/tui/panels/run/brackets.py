"""The brackets of this run."""

from textual.app import ComposeResult

from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.panels.problem.brackets import BracketsPanel
from hpobench_tui.tui.widgets.table import Table


class RunBracketsPanel(BracketsPanel):
    """Those of the run that is shown alone."""

    hint = "this run has no brackets"

    def compose(self) -> ComposeResult:
        yield Table(self.columns, id=self.name, name_of="rungs", enter="")

    def fits(self, view: View) -> bool:
        run = view.run_row
        return run is None or run.plan is not None or run.fidelity is not None

    def _run(self, view: View) -> RunRow | None:
        return view.run_row

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
