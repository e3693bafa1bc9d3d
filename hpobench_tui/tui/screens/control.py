"""What one can do to an experiment while looking at it: pause it, go on, cancel, export, report."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import ExperimentRow
from hpobench_tui.store.verbs import Verb
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.screens.report import ReportScreen


class ControlScreen(Screen[View]):
    """A screen on one experiment that can command it; whoever shows it overrides :meth:`awake`."""

    feed: Feed
    view: View

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("c", "cancel", "Cancel"),
        Binding("e", "export", "Export"),
        Binding("t", "report", "Report"),
    ]

    def awake(self) -> None:
        """Something was set going: look for news (again)."""

    def alive(self) -> bool:
        """Whether the experiment has a supervisor."""
        return lifecycle.supervised(self.feed.folder)

    @property
    def _row(self) -> ExperimentRow:
        return self.feed.state.row

    def action_pause(self) -> None:
        """Pause, go on, or (where the supervisor is gone) resume."""
        status = self._row.status
        if status is ExperimentStatus.FINISHED:
            self.notify("The experiment has finished: there is nothing to pause.")
        elif not self.alive():
            self._do(lambda: lifecycle.resume(self.feed.folder), "Going on with what is unfinished.")
        else:
            verb: Verb = "unpause" if status is ExperimentStatus.PAUSED else "pause"
            said = "Going on." if verb == "unpause" else "Pausing: the running trials are put aside."
            self._do(lambda: lifecycle.send(self.feed.folder, verb), said)

    def action_cancel(self) -> None:
        if not self.alive():
            self.notify("Nothing is running: there is nothing to cancel.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(lambda: lifecycle.send(self.feed.folder, "cancel"), "Cancelling. What was measured is kept.")

        consequence = "Runs that have not ended are stopped. What was measured is kept, and it can be resumed later."
        question = ConfirmScreen("Cancel this experiment?", consequence, "Cancel the experiment")
        self.app.push_screen(question, answered)

    def action_export(self) -> None:
        self.app.push_screen(ExportScreen(self.feed.folder, self.view.axis, self.view.chosen))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key for a report where the experiment names none."""
        return action != "report" or self._row.experiment.report is not None

    def action_report(self) -> None:
        report, status = self._row.experiment.report, self._row.status
        if report is None:
            return
        if status is not ExperimentStatus.FINISHED:
            self.notify(f"The experiment has not finished: then t makes its report (hpobench {report}).")
            return
        self.app.push_screen(ReportScreen(report, self.feed.folder))

    def _do(self, action: Callable[[], object], said: str) -> None:
        try:
            action()
        except HpobenchError as error:
            self.notify(str(error), severity="error", timeout=10)
        else:
            self.notify(said)
            self.awake()
