"""The line above the live screen's panels: how an experiment stands, in one row. Pure functions of its rows."""

from collections.abc import Sequence

from textual.markup import escape

from hpobench_tui.engine.estimate import progress, remaining
from hpobench_tui.store.reader import ExperimentRow, RunRow
from hpobench_tui.tui.widgets.bar import bar, duration

_COLOURS = {
    "running": "$text-success", "paused": "$text-warning", "interrupted": "$text-error", "gone": "$text-error",
    "unreadable": "$text-error",
}  # fmt: skip
_BAR, _SHORT_BAR = 16, 6
_NARROW = 60


def status_line(row: ExperimentRow, runs: Sequence[RunRow], state: str, width: int, ascii_only: bool) -> str:
    """Markup; the parts that matter less stand to the right, where a narrow terminal cuts them off.

    Args:
        state: A status of the store, or ``interrupted``, ``gone``, ``unreadable``.
        width: Columns of the terminal.
    """
    colour = _COLOURS.get(state, "")
    ended, failed = sum(r.ended for r in runs), sum(r.status == "failed" for r in runs)
    share = progress(runs)
    parts = [f"[b]{escape(row.experiment.name)}[/b]", f"[{colour}]{state}[/]" if colour else state]
    parts.append(f"[$primary]{bar(share, _BAR if width >= _NARROW else _SHORT_BAR, ascii_only)}[/] {share:.0%}")
    parts.append(f"{ended}/{len(runs)} runs")
    if failed:
        parts.append(f"[$text-error]{failed} failed[/]")
    if state == "running":
        if (left := remaining(row.experiment, runs)) >= 1:
            parts.append(f"{duration(left)} left")
    elif state == "interrupted" or (state == "cancelled" and ended < len(runs)):
        parts.append("[$text-warning]p goes on with it[/]")
    elif row.seconds:
        parts.append(duration(row.seconds))
    if state == "finished" and row.experiment.report:
        parts.append("[b]t[/b] makes its report")
    return "  ".join(parts)
