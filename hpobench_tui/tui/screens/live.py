"""An experiment, while it runs and after: regret chart, anytime table, brackets, runs and log.

Looks into the store five times a second (twice over SSH), reads new rows only, and not at all while another screen
is in front or once everything has ended. Leaving the screen or the app leaves the experiment running.
"""

import os
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.timer import Timer
from textual.widgets import Static

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.tui.panels import PANELS
from hpobench_tui.tui.panels.panel import SIDES, Panel, View
from hpobench_tui.tui.screens.control import ControlScreen
from hpobench_tui.tui.screens.status import status_line
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.keybar import KeyBar

_COMPACT_PANELS = 2
_WIDE = (120, 34)
"""From this many columns and rows on, all panels have room."""
LOCAL_PERIOD, SSH_PERIOD = 0.2, 0.5

Choice = TypeVar("Choice", Axis, Measure)


def over_ssh() -> bool:
    """Whether the terminal is at the other end of an SSH line."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def has_room(size: Size) -> bool:
    """Whether a terminal shows all panels at once."""
    return size.width >= _WIDE[0] and size.height >= _WIDE[1]


class LiveScreen(ControlScreen):
    """Watches one experiment.

    Raises:
        HpobenchError: (on construction) no experiment there.
    """

    CSS_PATH = "live.tcss"
    HELP = """\
Medians over the finished runs of each optimizer, with the quartile band of the one on top. Dashed lines with names \
are known solutions of the problem. The experiment runs in processes of its own: leaving this screen, or the app, does \
not stop it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "problem(1)", "Problem", key_display="]"),
        Binding("left_square_bracket", "problem(-1)", "Problem before", show=False),
        Binding("n", "optimizer(1)", "Next optimizer on top", show=False),
        Binding("N", "optimizer(-1)", "Optimizer before on top", show=False),
        Binding("m", "measure", "Measure"),
        Binding("a", "axis", "Axis", tooltip="What the x axis counts"),
        Binding("X", "log('x')", "x axis linear or logarithmic", show=False),
        Binding("Y", "log('y')", "y axis linear or logarithmic", show=False),
        Binding("equals_sign", "reset_zoom", "Reset the zoom", show=False),
        *(
            Binding(str(number), f"toggle_panel({number})", f"Panel: {panel.words or panel.name}", show=False)
            for number, panel in enumerate(PANELS, start=1)
        ),
        Binding("0", "reset_panels", "Panels: as at first", show=False),
        Binding("b", "back", "Back"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._panels = tuple(panel(number) for number, panel in enumerate(PANELS, start=1))
        self._shown: list[Panel] = []
        self._wide = False
        self._timer: Timer | None = None
        self._stale = True
        self._status = ""
        self._trouble: str | None = None
        self._interrupted = False

    # Layout

    def compose(self) -> ComposeResult:
        yield Static(id="status")
        with Horizontal(id="panels"):
            for side in SIDES:
                with Vertical(id=side):
                    yield from (panel for panel in self._panels if panel.side == side)
        yield KeyBar()

    def on_mount(self) -> None:
        self.title = self.feed.row.experiment.name
        self.chart.focused_label = self.feed.labels[0] if self.feed.labels else None
        self.action_reset_panels()
        self.awake()
        self.call_after_refresh(self.tick)

    def on_resize(self, event: events.Resize) -> None:
        if has_room(event.size) != self._wide:
            self.action_reset_panels()
        self.call_after_refresh(self._show)

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        self.awake()

    @property
    def chart(self) -> Chart:
        return self.query_one("#chart", Chart)

    def action_reset_panels(self) -> None:
        """The panels that this terminal has room for."""
        self._wide = has_room(self.app.size)
        self._shown = list(self._panels if self._wide else self._panels[:_COMPACT_PANELS])
        self._arrange()

    def action_toggle_panel(self, number: int) -> None:
        """Show or hide a panel; a small terminal shows two, the first of all rather than others."""
        panel = self._panels[number - 1]
        if panel in self._shown:
            if len(self._shown) > 1:
                self._shown.remove(panel)
        else:
            self._shown.append(panel)
            while not self._wide and len(self._shown) > _COMPACT_PANELS:
                self._shown.remove(next(shown for shown in self._shown if shown is not self._panels[0]))
        self._arrange()
        if self._reads_trials():
            self.awake()  # they were not read while nobody looked

    def _reads_trials(self) -> bool:
        return any(panel.reads_trials for panel in self._shown)

    def _arrange(self) -> None:
        self.set_class(not self._wide, "-small")
        self.set_class(self.chart.ascii_only, "-ascii")
        for panel in self._panels:
            panel.set_class(not self._wide, "-small")
            panel.display = panel in self._shown
        for side in SIDES:
            self.query_one(f"#{side}").display = any(panel.side == side for panel in self._shown)
        self.call_after_refresh(self._show)

    # Data

    def tick(self) -> None:
        """Look for news, and show them."""
        try:
            changes = self.feed.poll(brackets=self._reads_trials())
        except HpobenchError as error:
            self._halt(str(error))
            self._show_status()
            return
        self._trouble = None
        if changes or self._stale:
            self._show()
        self._show_status()
        if changes.complete and self._ended():
            self._stop_looking()

    def _ended(self) -> bool:
        over = self.feed.row.status.ended and all(run.status.at_rest for run in self.feed.runs)
        return over or (not self.alive() and not self._stale)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _halt(self, reason: str) -> None:
        self._stop_looking()
        self._trouble = "unreadable" if self.feed.reader.path.exists() else "gone"
        self.notify(reason, severity="error", timeout=20)

    def awake(self) -> None:
        """Go on looking, after something was set going or another problem was chosen."""
        self._stale = True
        if self._timer is not None:
            self._timer.resume()
        else:
            self._timer = self.set_interval(SSH_PERIOD if over_ssh() else LOCAL_PERIOD, self.tick)

    def _show(self) -> None:
        """Fill the panels. One that cannot be filled says why, and takes neither the others nor the app down."""
        if not self.is_mounted or not self.query(Chart):
            return
        self._stale = False
        view = View(self.feed, self.axis, self.measure, self.chart.focused_label, self.chart.ascii_only)
        for panel in self._shown:
            try:
                panel.show(view)
            except Exception as error:  # noqa: BLE001 - said in the panel
                panel.say(" ".join(f"cannot be shown: {type(error).__name__}: {error}".split()))

    def _show_status(self) -> None:
        row = self.feed.row
        state = row.status if row.status.ended or self.alive() else ExperimentStatus.INTERRUPTED
        self._tell_interruption(state is ExperimentStatus.INTERRUPTED and not self._trouble)
        text = status_line(row, self.feed.runs, self._trouble or state, self.size.width, self.chart.ascii_only)
        if text != self._status:
            self._status = text
            self.query_one("#status", Static).update(text, layout=False)  # its size stays

    def _tell_interruption(self, interrupted: bool) -> None:
        """Once each time that it is."""
        if interrupted and not self._interrupted:
            self.notify(f"Interrupted: {lifecycle.last_words(self.feed.folder)}.", severity="warning", timeout=20)
        self._interrupted = interrupted

    # Actions

    def on_chart_series_picked(self, message: Chart.SeriesPicked) -> None:
        self.chart.focus_series(message.label)
        self._show()

    def on_chart_scaled(self) -> None:
        self._show()

    def action_problem(self, step: int) -> None:
        problems = self.feed.problems
        if len(problems) < 2:
            self.notify("There is only one problem.")
            return
        self.feed.choose(problems[(problems.index(self.feed.problem) + step) % len(problems)])
        self.chart.action_reset()
        self.awake()
        self.tick()

    def action_optimizer(self, step: int) -> None:
        labels = list(dict.fromkeys(run.label for run in self.feed.runs_shown()))
        if labels:
            now = self.chart.focused_label
            at = labels.index(now) + step if now in labels else 0
            self.chart.focus_series(labels[at % len(labels)])
            self._show()

    def action_measure(self) -> None:
        self.chosen_measure = _after(self.measure)
        self.chart.action_reset()
        self._show()

    def action_axis(self) -> None:
        self.axis = _after(self.axis)
        self.chart.action_reset()
        self._show()

    def action_log(self, axis: str) -> None:
        if refused := self.chart.toggle_log(axis):
            self.notify(refused, severity="warning")
        self._show()

    def action_reset_zoom(self) -> None:
        self.chart.action_reset()

    def action_back(self) -> None:
        if self.alive():
            self.app.notify("The experiment goes on running. Results (Ctrl+O) brings you back.")
        self.dismiss()


def _after(choice: Choice) -> Choice:
    """The next one, round and round."""
    every = list(type(choice))
    return every[(every.index(choice) + 1) % len(every)]
