"""An experiment, while it runs and after: regret chart, anytime table, brackets, runs and log.

Looks into the store five times a second (twice over SSH), reads new rows only, and not at all while another screen
is in front or once everything has ended. Leaving the screen or the app leaves the experiment running.
"""

import os
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from hpobench_tui.analysis.anytime import anytime_table
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.tui.screens import panels
from hpobench_tui.tui.screens.control import ControlScreen
from hpobench_tui.tui.screens.status import status_line
from hpobench_tui.tui.widgets.chart import Chart, Guide
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.table import Column, Table

PANELS = ("chart", "anytime", "brackets", "runs", "log")
_COMPACT_PANELS = 2
LOG_HINT = "nothing to tell yet"
_WIDE = (120, 34)
"""From this many columns and rows on, all panels have room."""
LOCAL_PERIOD, SSH_PERIOD = 0.2, 0.5


def over_ssh() -> bool:
    """Whether the terminal is at the other end of an SSH line."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


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
        Binding("x", "log('x')", "x axis linear or logarithmic", show=False),
        Binding("y", "log('y')", "y axis linear or logarithmic", show=False),
        Binding("r", "reset_zoom", "Reset the zoom", show=False),
        Binding("1", "toggle_panel('chart')", "Panel: chart", show=False),
        Binding("2", "toggle_panel('anytime')", "Panel: anytime table", show=False),
        Binding("3", "toggle_panel('brackets')", "Panel: brackets", show=False),
        Binding("4", "toggle_panel('runs')", "Panel: runs", show=False),
        Binding("5", "toggle_panel('log')", "Panel: log", show=False),
        Binding("0", "reset_panels", "Panels: as at first", show=False),
        Binding("b", "back", "Back"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._shown: list[str] = []
        self._wide = False
        self._timer: Timer | None = None
        self._stale = True
        self._status = ""
        self._titles: dict[tuple[str, str], str] = {}
        self._trouble: str | None = None

    # Layout

    def compose(self) -> ComposeResult:
        yield Static(id="status")
        with Horizontal(id="panels"):
            with Vertical(id="left"):
                with Container(id="chart-panel", classes="panel"):
                    yield Chart(id="chart")
                with Container(id="anytime-panel", classes="panel"):
                    yield Table([Column("")], hint=panels.ANYTIME_HINT, id="anytime")
            with Vertical(id="right"):
                with Container(id="brackets-panel", classes="panel"):
                    yield Table(panels.BRACKET_COLUMNS, id="brackets")
                with Container(id="runs-panel", classes="panel"):
                    yield Table(panels.RUN_COLUMNS, id="runs")
                with Container(id="log-panel", classes="panel"):
                    yield Table(panels.LOG_COLUMNS, hint=LOG_HINT, follow=True, id="log")
        yield KeyBar()

    def on_mount(self) -> None:
        self.title = self.feed.row.experiment.name
        self.chart.focused_label = self.feed.labels[0] if self.feed.labels else None
        for number, name in enumerate(PANELS, start=1):
            self._entitle(name, f"{number} {name}")
        self.action_reset_panels()
        self._timer = self.set_interval(SSH_PERIOD if over_ssh() else LOCAL_PERIOD, self.tick)
        self.call_after_refresh(self.tick)

    def on_resize(self, event: events.Resize) -> None:
        wide = event.size.width >= _WIDE[0] and event.size.height >= _WIDE[1]
        if wide != self._wide:
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

    def _panel(self, name: str) -> Container:
        return self.query_one(f"#{name}-panel", Container)

    def _entitle(self, name: str, title: str, place: str = "border_title") -> None:
        """Set a panel's title (labels may have brackets: no markup) if it is another: setting repaints the panel."""
        if self._titles.get((name, place)) != title:
            self._titles[name, place] = title
            setattr(self._panel(name), place, Content(title))

    def action_reset_panels(self) -> None:
        """The panels that this terminal has room for."""
        size = self.app.size
        self._wide = size.width >= _WIDE[0] and size.height >= _WIDE[1]
        self._shown = list(PANELS) if self._wide else ["chart", "anytime"]
        self._arrange()

    def action_toggle_panel(self, name: str) -> None:
        """Show or hide a panel; a small terminal shows two, the chart rather than others."""
        if name in self._shown:
            if len(self._shown) > 1:
                self._shown.remove(name)
        else:
            self._shown.append(name)
            if not self._wide:
                while len(self._shown) > _COMPACT_PANELS:
                    self._shown.remove(next(panel for panel in self._shown if panel != "chart"))
        self._arrange()
        if "brackets" in self._shown:
            self.awake()  # its trials were not read while nobody looked

    def _arrange(self) -> None:
        self.set_class(not self._wide, "-small")
        self.set_class(self.chart.ascii_only, "-ascii")
        for name in PANELS:
            self._panel(name).display = name in self._shown
        self.query_one("#left").display = bool({"chart", "anytime"} & set(self._shown))
        self.query_one("#right").display = bool({"brackets", "runs", "log"} & set(self._shown))
        self.call_after_refresh(self._show)

    # Data

    def tick(self) -> None:
        """Look for news, and show them."""
        try:
            changes = self.feed.poll(brackets="brackets" in self._shown)
        except HpobenchError as error:
            self._halt(str(error))
            self._show_status()
            return
        self._trouble = None
        if changes or self._stale:
            self._show()
        self._show_status()
        if changes.complete and self._ended() and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _ended(self) -> bool:
        over = self.feed.row.status.ended and all(run.status.at_rest for run in self.feed.runs)
        return over or (not self.alive() and not self._stale)

    def _halt(self, reason: str) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
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
        if not self.is_mounted or not self.query("#chart"):
            return
        self._stale = False
        fill = {
            "chart": self._show_chart, "anytime": self._show_anytime, "brackets": self._show_brackets,
            "runs": self._show_runs, "log": self._show_log,
        }  # fmt: skip
        for name in self._shown:
            try:
                fill[name]()
            except Exception as error:  # noqa: BLE001 - said in the panel
                reason = " ".join(f"cannot be shown: {type(error).__name__}: {error}".split())
                if name == "chart":
                    self.chart.show([], hint=reason)
                else:
                    self.query_one(f"#{name}", Table).fill([], reason)

    def _show_chart(self) -> None:
        feed, chart, runs = self.feed, self.chart, self.feed.runs_shown()
        self._entitle("chart", f"1 {self.measure}: {feed.problem}")
        title = panels.axis_title(self.axis, runs, feed.simulated)
        x_scale, y_scale = ("log" if log else "linear" for log in (chart.x_log, chart.y_log))
        count = len(feed.problems)
        where = f"problem {feed.problems.index(feed.problem) + 1} of {count}; " if count > 1 else ""
        self._entitle("chart", f"{where}x: {title}, {x_scale}; y: {y_scale}", "border_subtitle")
        points = min(max(chart.size.width * 2, 50), 400)
        curves = feed.curves(self.axis, self.measure)
        lines = panels.series(runs, curves, feed.labels, self.axis, points, chart.x_log)
        guides = [Guide(mark.name, mark.value) for mark in feed.landmarks(self.measure)]
        chart.show(lines, panels.x_limits(self.axis, runs), self._chart_hint(), guides)

    def _show_anytime(self) -> None:
        feed, runs, medians = self.feed, self.feed.runs_shown(), self.query_one("#anytime", Table)
        self._entitle("anytime", f"2 {self.measure} by {panels.axis_title(self.axis, runs, feed.simulated)}")
        table = anytime_table(feed.problem, runs, feed.curves(self.axis, self.measure), self.axis, self.measure)
        columns, rows = panels.anytime(table, feed.labels, feed.landmarks(self.measure), self.chart.ascii_only)
        medians.set_columns(columns)
        medians.fill(rows, panels.ANYTIME_HINT)

    def _show_runs(self) -> None:
        ended = sum(run.ended for run in self.feed.runs)
        self._entitle("runs", f"4 runs: {ended} of {len(self.feed.runs)} ended")
        rows = panels.run_rows(self.feed.runs, self.feed.labels, self.chart.ascii_only)
        self.query_one("#runs", Table).fill(rows, "")

    def _show_log(self) -> None:
        self.query_one("#log", Table).fill(panels.log_rows(self.feed.events, self.feed.runs), LOG_HINT)

    def _show_brackets(self) -> None:
        runs = self.feed.runs_shown()
        trials = {run.id: read for run in runs if (read := self.feed.trials(run.id)) is not None}
        found = panels.bracket_run(runs, trials, self.chart.focused_label)
        table = self.query_one("#brackets", Table)
        if found is None:
            self._entitle("brackets", "3 brackets")
            table.fill([], "no optimizer has brackets on this problem")
            return
        run, fills = found
        self._entitle("brackets", f"3 brackets: {run.label}, seed {run.repetition}")
        table.fill(panels.brackets(fills, self.chart.ascii_only), "")

    def _chart_hint(self) -> str:
        if self.feed.row.status is ExperimentStatus.WAITING:
            return "the runs are about to start"
        return "no optimizer has a value here yet"

    def _show_status(self) -> None:
        row = self.feed.row
        state = row.status if row.status.ended or self.alive() else ExperimentStatus.INTERRUPTED
        text = status_line(row, self.feed.runs, self._trouble or state, self.size.width, self.chart.ascii_only)
        if text != self._status:
            self._status = text
            self.query_one("#status", Static).update(text, layout=False)  # its size stays

    # Actions

    def on_chart_series_picked(self, message: Chart.SeriesPicked) -> None:
        self.chart.focus_series(message.label)
        self._show()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        if message.table.id == "anytime":
            labels = [row.label for row in self.feed.runs_shown()]
            self.chart.focus_series(list(dict.fromkeys(labels))[message.row])
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
        self.chosen_measure = panels.measure_after(self.measure)
        self.chart.action_reset()
        self._show()

    def action_axis(self) -> None:
        self.axis = panels.axis_after(self.axis)
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
