"""The runs of all problems: how far each is, what failed, what is left to wait for."""

from math import inf, isfinite

from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.bar import bar, duration
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Tone

_FIRST = (RunStatus.RUNNING, RunStatus.FAILED, RunStatus.WAITING, RunStatus.CANCELLED)
_ORDER = (*_FIRST, RunStatus.DONE, RunStatus.COMPLETE)
_BAR = 8


class RunsPanel(TablePanel):
    """A row a run."""

    DEFAULT_CSS = "RunsPanel { height: 3fr; }"

    name, side = "runs", "right"
    columns = (
        Column("problem", yields=True),
        Column("optimizer"),
        Column("seed", "right"),
        Column("state"),
        Column("", spare=2),
        Column("trials", "right"),
        Column("time", "right", spare=1),
    )

    follows = True

    def show(self, view: View) -> None:
        """Running ones first, then failed, waiting and ended ones."""
        runs, labels = view.feed.state.runs, view.feed.state.labels
        self.entitle(f"{self.name}: {sum(run.ended for run in runs)} of {len(runs)} ended")
        ordered = sorted(runs, key=lambda run: (_ORDER.index(run.status), run.id))
        self.fill(row(run, labels.index(run.label), view.ascii_only) for run in ordered)


def seconds_left(run: RunRow) -> float:
    """What a run will still take if it goes on as it did; infinite while nothing is known."""
    if run.status.at_rest:
        return 0.0
    if run.status is RunStatus.WAITING or run.progress <= 0:
        return inf
    return run.seconds * (1 - run.progress) / run.progress


def row(run: RunRow, look: int, ascii_only: bool) -> Row:
    """A run in the colour of series number ``look``."""
    tone: Tone
    last = ""
    match run.status:
        case RunStatus.RUNNING | RunStatus.WAITING:
            share, left = run.progress, seconds_left(run)
            state, tone = f"{share:4.0%}", "accent" if run.status is RunStatus.RUNNING else "dim"
            last = f"{duration(left)} left" if isfinite(left) else run.status
        case RunStatus.FAILED:
            share, state, tone = run.spent / run.budget, "fail", "bad"
        case RunStatus.CANCELLED:
            share, state, tone = run.spent / run.budget, "gone", "warn"
        case _:
            share, state, tone, last = 1.0, "done", "good", duration(run.seconds)
    failures = f" ({run.failed_trials} failed)" if run.failed_trials else ""
    return (
        Cell(run.problem),
        Cell(f"{marker(look, ascii_only)} {run.label}", look=look),
        Cell(str(run.repetition), "dim"),
        Cell(state, tone),
        Cell(bar(share, _BAR, ascii_only), tone),
        Cell(f"{run.trials}{failures}", "warn" if failures else ""),
        Cell(last, "dim"),
    )
