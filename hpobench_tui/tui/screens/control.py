"""What one can do to an experiment, or to one of its runs, from wherever it is shown.

Pause it and go on, cancel, retry what failed, add to it, export, report. Where something ends, a person is asked first;
where a run is under the cursor, what is meant. All of it is done in a thread: a store may have to be waited for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.store.verbs import Verb
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.read_only import writes
from hpobench_tui.tui.screens.choose import Choice, ChooseScreen
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.screens.report import ReportScreen

Outcome = TypeVar("Outcome")
_KEPT = "What was measured is kept, and it can be resumed later."


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be commanded.

    Attributes:
        status: As people see it: also ``interrupted``.
        failed: How many of its runs failed.
        run: The run under the cursor, if there is one.
        resumable: Whether it has something to go on with.
    """

    folder: Path
    status: str
    failed: int = 0
    run: RunRow | None = None
    resumable: bool = True

    @property
    def alive(self) -> bool:
        return self.status in (ExperimentStatus.WAITING, ExperimentStatus.RUNNING, ExperimentStatus.PAUSED)


class Commands(Screen[Outcome]):
    """A screen that can command what it shows, which :meth:`subject` says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause", tooltip="Pause it, or go on"),
        Binding("c", "cancel", "Cancel"),
        Binding("F", "retry", "Retry failed", show=False),
        Binding("A", "extend", "Add seeds or optimizers", show=False),
        Binding("e", "export", "Export"),
    ]
    busy = 0
    """How many commands are on their way."""

    def subject(self) -> Subject | None:
        """What is meant now; None: nothing, which was said."""
        raise NotImplementedError  # a screen says what its keys are about; its metaclass leaves no room for ABC's

    def awake(self) -> None:
        """Something was set going: look for news (again)."""

    @writes
    def action_pause(self) -> None:
        """Pause, go on, or (where the supervisor is gone) resume."""
        if (it := self.subject()) is None:
            return
        if not it.alive:
            if it.resumable and it.status != ExperimentStatus.FINISHED:
                self.act(lambda: lifecycle.resume(it.folder), "Going on with what is unfinished.")
            else:
                self.notify("The experiment has finished: there is nothing to pause.")
            return
        verb: Verb = "unpause" if it.status == ExperimentStatus.PAUSED else "pause"
        of_run = next((v for v in _IN_TURN if it.run and it.run.status in lifecycle.COMMANDED[v]), None)
        if of_run is None or it.run is None:
            self._send(it, verb)
            return
        run = it.run
        words = {"pause": "Pause", "unpause": "Go on with"}
        aside = "Another run takes its worker; its trainings are kept." if of_run == "pause" else ""
        choices = [
            Choice("r", f"{words[of_run]} this run", aside),
            Choice("x", f"{words[verb]} the experiment"),
        ]

        def answered(key: str | None) -> None:
            if key == "r":
                self._send(it, of_run, run.id)
            elif key == "x":
                self._send(it, verb)

        self.app.push_screen(ChooseScreen(f"{name(run)}: what is meant?", choices), answered)

    @writes
    def action_cancel(self) -> None:
        if (it := self.subject()) is None:
            return
        if not it.alive:
            self.notify("Nothing is running: there is nothing to cancel.")
            return
        run = it.run if it.run and it.run.status in lifecycle.COMMANDED["cancel"] else None
        ends = f"Runs that have not ended are stopped. {_KEPT}"
        if run is None:
            question = ConfirmScreen("Cancel this experiment?", ends, "Cancel the experiment")
            self.app.push_screen(question, lambda yes: self._send(it, "cancel") if yes else None)
            return

        def answered(key: str | None) -> None:
            if key is not None:
                self._send(it, "cancel", run.id if key == "r" else None)

        choices = [
            Choice("r", "Cancel this run", f"The others go on. {_KEPT}"),
            Choice("x", "Cancel the experiment", ends),
        ]
        self.app.push_screen(ChooseScreen(f"Cancel {name(run)}?", choices), answered)

    @writes
    def action_retry(self) -> None:
        """Set what failed going again, from its start."""
        if (it := self.subject()) is None:
            return
        if not it.failed:
            self.notify("No run failed: there is nothing to retry.")
            return
        if it.alive:
            self.notify("It is running: failed runs are tried again when it has ended, or was cancelled (c).")
            return
        forgotten = "What it recorded is forgotten" if it.failed == 1 else "What they recorded is forgotten"
        ends = f"{forgotten}; nothing else is run."
        every = Choice("x", f"Retry {'the failed run' if it.failed == 1 else f'all {it.failed} failed runs'}", ends)
        run = it.run if it.run and it.run.status is RunStatus.FAILED else None
        reason = (run.error or "").partition("\n")[0] if run else ""
        own = [Choice("r", "Retry this run", f"It failed: {reason}")] if run and it.failed > 1 else []

        def answered(key: str | None) -> None:
            if key is not None:
                only = {run.id} if run and key == "r" else None
                self.act(
                    lambda: lifecycle.resume(it.folder, retry_failed=True, others=False, only=only),
                    "Trying again what failed.",
                )

        self.app.push_screen(ChooseScreen("Try failed runs again, from their start?", [*own, every]), answered)

    @writes
    def action_extend(self) -> None:
        """Add seeds, optimizers or budget."""
        if (it := self.subject()) is None:
            return

        def asked() -> None:
            with Reader(it.folder) as reader:
                reader.refuse_imported("extend")
                experiment = reader.experiment().experiment
            from hpobench_tui.tui.screens.extend import ExtendScreen

            self.app.call_from_thread(self.app.push_screen, ExtendScreen(it.folder, experiment), self._extended)

        self.act(asked)

    def _extended(self, added: bool | None) -> None:
        if added:
            self.notify("Added; the new runs are on their way.")
            self.awake()

    @writes
    def action_export(self) -> None:
        if (it := self.subject()) is not None:
            self.app.push_screen(ExportScreen(it.folder, *self.exported()))

    def exported(self) -> tuple[Axis, Measure | None]:
        """By what it is exported."""
        return Axis.BUDGET, None

    def _send(self, it: Subject, verb: Verb, run: int | None = None) -> None:
        what = "The run" if run is not None else "The experiment"
        said = {
            "pause": f"{what} pauses before its next step; its trainings are kept.",
            "unpause": f"{what} goes on.",
            "cancel": f"{what} is cancelled. What was measured is kept.",
        }
        self.act(lambda: lifecycle.send(it.folder, verb, run), said[verb])

    def act(self, action: Callable[[], object], said: str = "") -> None:
        """Do something in a thread, then say so, or why it cannot be done."""
        self.busy += 1

        def acted() -> None:
            trouble = None
            try:
                action()
            except HpobenchError as error:
                trouble = str(error)
            self.app.call_from_thread(self._acted, trouble, said)

        self.app.run_worker(acted, thread=True, group="commands")

    def _acted(self, trouble: str | None, said: str) -> None:
        self.busy -= 1
        if trouble is not None:
            self.app.notify(trouble, severity="error", timeout=10)
        elif said:
            self.app.notify(said)
            self.awake()


_IN_TURN: tuple[Verb, ...] = ("pause", "unpause")


def name(run: RunRow) -> str:
    """A run as people know it."""
    return f"{run.label} on {run.problem}, repetition {run.repetition}"


class ControlScreen(Commands[View]):
    """A screen on one experiment that can command it; whoever shows it overrides :meth:`awake`."""

    feed: Feed
    view: View

    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "report", "Report")]

    def subject(self) -> Subject | None:
        state = self.feed.state
        status = state.row.status if state.row.status.ended or self.alive() else ExperimentStatus.INTERRUPTED
        failed = state.totals.statuses[RunStatus.FAILED]
        return Subject(self.feed.folder, status, failed, self.view.run_row)

    def alive(self) -> bool:
        """Whether the experiment has a supervisor."""
        return lifecycle.supervised(self.feed.folder)

    def exported(self) -> tuple[Axis, Measure | None]:
        return self.view.axis, self.view.chosen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key for a report where the experiment names none."""
        return action != "report" or self.feed.state.row.experiment.report is not None

    @writes
    def action_report(self) -> None:
        report, status = self.feed.state.row.experiment.report, self.feed.state.row.status
        if report is None:
            return
        if status is not ExperimentStatus.FINISHED:
            self.notify(f"The experiment has not finished: then t makes its report (hpobench {report}).")
            return
        self.app.push_screen(ReportScreen(report, self.feed.folder))
