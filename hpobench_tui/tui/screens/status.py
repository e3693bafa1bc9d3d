"""The line above the live screen's panels: how an experiment stands, in one row. Pure functions of its rows."""

from collections.abc import Mapping, Sequence

from textual.markup import escape

from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front.estimate import progress, remaining
from hpobench_tui.store.reader import ExperimentRow, RunRow
from hpobench_tui.tui.widgets.bar import bar, duration

_COLOURS: Mapping[str, str] = {
    ExperimentStatus.RUNNING: "$text-success",
    ExperimentStatus.PAUSED: "$text-warning",
    ExperimentStatus.INTERRUPTED: "$text-error",
    "gone": "$text-error",
    "unreadable": "$text-error",
}
_BAR, _SHORT_BAR = 16, 6
_NARROW = 60


def status_line(row: ExperimentRow, runs: Sequence[RunRow], state: str, width: int, ascii_only: bool) -> str:
    """Markup; the parts that matter less stand to the right, where a narrow terminal cuts them off.

    Args:
        state: A status of the store, or ``interrupted``, ``gone``, ``unreadable``.
        width: Columns of the terminal.
    """
    colour = _COLOURS.get(state, "")
    ended, failed = sum(r.ended for r in runs), sum(r.status is RunStatus.FAILED for r in runs)
    share = progress(runs)
    parts = [f"[b]{escape(in_line(row.experiment.name))}[/b]", f"[{colour}]{state}[/]" if colour else state]
    parts.append(f"[$primary]{bar(share, _BAR if width >= _NARROW else _SHORT_BAR, ascii_only)}[/] {share:.0%}")
    parts.append(f"{ended}/{len(runs)} runs")
    if failed:
        parts.append(f"[$text-error]{failed} failed[/]")
    if state == ExperimentStatus.RUNNING:
        if (left := remaining(row.experiment, runs)) >= 1:
            parts.append(f"{duration(left)} left")
    elif state == ExperimentStatus.INTERRUPTED or (state == ExperimentStatus.CANCELLED and ended < len(runs)):
        parts.append("[$text-warning]p goes on with it[/]")
    elif row.seconds:
        parts.append(duration(row.seconds))
    if state == ExperimentStatus.FINISHED and row.experiment.report:
        parts.append("[b]t[/b] makes its report")
    return "  ".join(parts)
