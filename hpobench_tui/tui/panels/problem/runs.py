"""The runs of the problem, or of all: how far each is, what failed, what is left to wait for."""

import shlex
from collections.abc import Sequence
from math import inf, isfinite
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hpobench_tui.core.status import RunStatus
from hpobench_tui.core.text import percent
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Lazy, Row, Table, Tone, numbers

_TONES: dict[RunStatus, Tone] = {
    RunStatus.RUNNING: "accent", RunStatus.WAITING: "dim", RunStatus.FAILED: "bad", RunStatus.DONE: "good",
    RunStatus.COMPLETE: "good",
}  # fmt: skip
_OWN = (Column("optimizer", yields=True), *numbers("seed"), Column("state"), *numbers("spent", "trials", "failed"),
        Column("time", "right"), Column("left", "right"), Column("why it failed", spare=1))  # fmt: skip
_ALL = (Column("problem", yields=True), *_OWN)


class RunsPanel(TablePanel):
    """A row a run, made when it comes into sight."""

    DEFAULT_CSS = "RunsPanel { height: 2fr; min-height: 6; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("P", "all_problems", "Runs of all problems, or of this one")]

    name, side = "runs", "right"
    help = (
        "one row a run, that is one optimizer with one seed. f puts those first that failed, with the reason; the"
        " cursor chooses whose brackets and learning curves are shown, Enter opens the run, P shows the runs of all"
        " problems, y copies the command that shows it or goes on with it."
    )
    columns = _OWN
    hint = "no runs"
    follows = True
    _every = False

    def compose(self) -> ComposeResult:
        yield Table(self.columns, hint=self.hint, id=self.name, name_of="runs", enter="Open the run")

    def action_all_problems(self) -> None:
        self._every = not self._every
        self.refill(self._view, force=True)

    def show(self, view: View) -> None:
        """In the order of optimizers and seeds; the table sorts."""
        self._view = view
        state, table, every = view.feed.state, self.query_one(Table), self._every
        runs: Sequence[RunRow] = state.runs if every else state.runs_of(view.problem)
        if every:
            ended, count = state.totals.ended, len(state.runs)
        else:
            sums = [state.pairs[pair] for label in state.labels if (pair := (view.problem, label)) in state.pairs]
            ended, count = sum(each.ended for each in sums), len(runs)
        self.entitle(f"{self.name}: {ended} of {count} ended", "all problems" if every else "")
        table.set_columns(_ALL if every else _OWN)
        looks = {label: look for look, label in enumerate(state.labels)}

        def cells(run: RunRow) -> Row:
            own = row(run, looks.get(run.label, 0), view.ascii_only)
            return (Cell(run.problem), *own) if every else own

        def value(run: RunRow, column: int) -> Any:
            return values(run)[column if every else column + 1]

        self.fill(
            Lazy(runs, cells, lambda run: run.id, value, lambda run: text(run, every),
                 lambda run: run.status is RunStatus.FAILED or run.failed_trials > 0,
                 lambda run: command(view, run))
        )  # fmt: skip
        if view.run is not None:
            table.move_to(view.run)

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()
        run = self._run(message.key) if message.table.has_focus else None  # else its rows changed
        if run is not None and run.id != self._view.run and run.problem == self._view.problem:
            self.post_message(self.Look(self._view.but(run=run.id, label=run.label, trial=None)))

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        if (run := self._run(message.key)) is not None:
            self.post_message(self.Down(self._view.but(problem=run.problem, run=run.id, label=run.label, trial=None)))

    def _run(self, key: object) -> RunRow | None:
        runs = self._view.feed.state.runs
        return runs[key] if isinstance(key, int) and key < len(runs) else None


def seconds_left(run: RunRow) -> float:
    """What a run will still take if it goes on as it did; infinite while nothing is known."""
    if run.status.at_rest:
        return 0.0
    if run.status is RunStatus.WAITING or run.progress <= 0:
        return inf
    return run.seconds * (1 - run.progress) / run.progress


def row(run: RunRow, look: int, ascii_only: bool) -> Row:
    """A run in the colour of series number ``look``."""
    state, tone = _state(run), _TONES.get(run.status, "warn")
    left, share = seconds_left(run), run.spent / run.budget
    return (
        Cell(f"{marker(look, ascii_only)} {run.label}", look=look),
        Cell(str(run.repetition), "dim"),
        Cell(state, tone, share=share if run.status is RunStatus.RUNNING else None),
        Cell(percent(share), "dim" if run.status.finished else ""),
        Cell(str(run.trials)),
        Cell(str(run.failed_trials), "warn") if run.failed_trials else Cell("·", "dim"),
        Cell(duration(run.seconds) if run.seconds else "·", "dim"),
        Cell(duration(left) if left and isfinite(left) else "·", "dim"),
        Cell(run.error or "", "bad"),
    )


def _state(run: RunRow) -> str:
    return "done" if run.status.finished else str(run.status)


def values(run: RunRow) -> tuple[Any, ...]:
    """What its columns are sorted by, that of the problem first."""
    return (run.problem, run.label, run.repetition, run.status, run.spent / run.budget, run.trials, run.failed_trials,
            run.seconds, seconds_left(run), run.error)  # fmt: skip


def text(run: RunRow, every: bool) -> str:
    """What a filter finds it by."""
    problem = f"{run.problem} " if every else ""
    return f"{problem}{run.label} seed {run.repetition} {_state(run)} {run.error or ''}"


def command(view: View, run: RunRow) -> str:
    """The command that shows the run, or that goes on with it."""
    folder = shlex.quote(str(view.feed.folder))
    if run.status is RunStatus.FAILED:
        verb = "errors"
    elif run.status.at_rest or view.feed.alive:
        verb = "best" if run.status.finished else "show"
    else:
        return f"hpobench resume {folder}"
    return (
        f"hpobench {verb} {folder} --problems {shlex.quote(run.problem)} --optimizers {shlex.quote(run.label)}"
        f" --repetitions {run.repetition}"
    )
