"""What the panels of the live screen show, as rows and series: pure functions of runs, curves and trials."""

import time
from collections.abc import Mapping, Sequence
from math import isfinite

from hpobench_tui.analysis.anytime import AnytimeTable, bands
from hpobench_tui.analysis.axis import Axis
from hpobench_tui.analysis.brackets import BracketFill, fill
from hpobench_tui.analysis.curve import Curve
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import EventRow, RunRow, TrialTable
from hpobench_tui.tui.feed import seconds_left
from hpobench_tui.tui.widgets.bar import bar, duration
from hpobench_tui.tui.widgets.chart import Series
from hpobench_tui.tui.widgets.chart.axes import label as tick_label
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Tone

ANYTIME_HINT = "medians appear with the first trials"
BRACKET_COLUMNS = (
    Column("bracket"), Column("rung", "right"), Column("fidelity", "right"), Column("trials", "right"),
    Column("", spare=1), Column("best loss", "right"),
)  # fmt: skip
RUN_COLUMNS = (
    Column("problem", yields=True), Column("optimizer"), Column("seed", "right"), Column("state"),
    Column("", spare=2), Column("trials", "right"), Column("time", "right", spare=1),
)  # fmt: skip
LOG_COLUMNS = (Column("time"), Column("what happened", yields=True))
_LOG_TONES: dict[str, Tone] = {"warning": "warn", "error": "bad"}
_STATUS_ORDER = (
    RunStatus.RUNNING, RunStatus.FAILED, RunStatus.WAITING, RunStatus.CANCELLED, RunStatus.DONE, RunStatus.COMPLETE,
)  # fmt: skip
_BAR = 8


def axis_title(axis: Axis, runs: Sequence[RunRow], simulated: bool = False) -> str:
    """What the x axis counts, in words; ``simulated``: the runs' clock is."""
    match axis:
        case Axis.FIDELITY:
            return "fidelity units"
        case Axis.SECONDS if simulated:
            return "simulated seconds"
        case Axis.BUDGET:
            return Unit(runs[0].unit).words(runs[0].fidelity) if runs else "units"
    return str(axis)


def x_limits(axis: Axis, runs: Sequence[RunRow]) -> tuple[float, float] | None:
    """A budget in whole things is known beforehand: the axis stands still. None: follow the data."""
    if axis is not Axis.BUDGET or not runs or Unit(runs[0].unit).counts_time:
        return None
    most = max(run.budget / run.quanta_per_unit for run in runs)
    least = 1.0 / max(run.quanta_per_unit for run in runs)
    return (least, most) if most > least else None


def series(
    runs: Sequence[RunRow], curves: Mapping[int, Curve], labels: Sequence[str], axis: Axis, points: int, log: bool
) -> list[Series]:
    """Median and quartiles of every optimizer; ``labels`` fixes the colours."""
    return [
        Series(b.label, b.grid, b.median, labels.index(b.label), True, b.lower, b.upper, f"{b.runs} runs")
        for b in bands(runs, curves, axis, points, log)
    ]


def anytime(
    table: AnytimeTable, labels: Sequence[str], landmarks: Sequence[Known], ascii_only: bool
) -> tuple[list[Column], list[Row]]:
    """Columns and rows of the anytime table: a median below all others in bold, known solutions below."""
    columns = [Column("median at", yields=True)]
    columns += [Column(tick_label(mark, ascii_only), "right") for mark in _rounded(table.marks)]
    columns += [Column("runs", "right")]
    rows = []
    for row in table.rows:
        look = labels.index(row.label)
        cells = [Cell(f"{marker(look, ascii_only)} {row.label}", look=look)]
        for value, best, tied in zip(row.medians, row.best, row.tied, strict=True):
            text = "·" if value is None else f"{number(value)} tie" if tied else number(value)
            cells.append(Cell(text, "dim" if value is None else "good" if best else "", bold=best))
        note = f"{row.runs}" + (f" (+{row.failed} failed)" if row.failed else "")
        rows.append((*cells, Cell(note, "bad" if row.failed else "dim")))
    for mark in landmarks if rows else ():
        values = [Cell(number(mark.value), "dim")] * len(table.marks)
        rows.append((Cell(f"{'-' if ascii_only else '╌'} {mark.name}", "dim"), *values, Cell("known", "dim")))
    return columns, rows


def bracket_run(
    runs: Sequence[RunRow], trials: Mapping[int, TrialTable], preferred: str | None
) -> tuple[RunRow, list[BracketFill]] | None:
    """A run with brackets to show: of the preferred optimizer if it has any, running before ended, latest first."""
    candidates = sorted(
        runs,
        key=lambda r: (r.label != preferred, r.status is not RunStatus.RUNNING, r.status is RunStatus.WAITING, -r.id),
    )
    for run in candidates:
        if run.id in trials and (brackets := fill(run, trials[run.id])):
            return run, brackets
    return None


def brackets(fills: Sequence[BracketFill], ascii_only: bool) -> list[Row]:
    """A row a rung; the bar fills as trials end."""
    lowest = min((r.best for b in fills for r in b.rungs if r.best is not None), default=None)
    rows: list[Row] = []
    for bracket in fills:
        name = f"s = {bracket.s}" if bracket.s is not None else f"{bracket.bracket + 1}"
        for rung in bracket.rungs:
            planned = rung.planned or rung.done
            full = rung.planned is not None and rung.done >= rung.planned
            best = rung.best is not None and rung.best == lowest
            rows.append(
                (
                    Cell(name if rung.rung == 0 else "", bold=True),
                    Cell(str(rung.rung), "dim"),
                    Cell(str(rung.fidelity)),
                    Cell(f"{rung.done}/{rung.planned}" if rung.planned is not None else str(rung.done)),
                    Cell(bar(rung.done / planned if planned else 0.0, 12, ascii_only), "good" if full else "accent"),
                    Cell("·" if rung.best is None else number(rung.best), "good" if best else "", bold=best),
                )
            )
    return rows


def run_rows(runs: Sequence[RunRow], labels: Sequence[str], ascii_only: bool) -> list[Row]:
    """A row a run: running ones first, then failed, waiting and ended ones."""
    ordered = sorted(runs, key=lambda r: (_STATUS_ORDER.index(r.status), r.id))
    rows: list[Row] = []
    for run in ordered:
        look = labels.index(run.label)
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
        rows.append(
            (
                Cell(run.problem),
                Cell(f"{marker(look, ascii_only)} {run.label}", look=look),
                Cell(str(run.repetition), "dim"),
                Cell(state, tone),
                Cell(bar(share, _BAR, ascii_only), tone),
                Cell(f"{run.trials}{failures}", "warn" if failures else ""),
                Cell(last, "dim"),
            )
        )
    return rows


def log_rows(events: Sequence[EventRow], runs: Sequence[RunRow]) -> list[Row]:
    """The log, latest last."""
    names = {run.id: f"{run.label} on {run.problem}, seed {run.repetition}: " for run in runs}
    return [
        (
            Cell(time.strftime("%H:%M:%S", time.localtime(event.time)), "dim"),
            Cell(
                (names.get(event.run, "") if event.run is not None else "") + event.message.replace("\n", " "),
                _LOG_TONES.get(event.level, ""),
            ),
        )
        for event in events
    ]


def measure_after(measure: Measure) -> Measure:
    """The next one, round and round."""
    every = list(Measure)
    return every[(every.index(measure) + 1) % len(every)]


def axis_after(axis: Axis) -> Axis:
    """The next one, round and round."""
    every = list(Axis)
    return every[(every.index(axis) + 1) % len(every)]


def _rounded(marks: Sequence[float]) -> list[float]:
    return [float(f"{mark:.3g}") for mark in marks]
