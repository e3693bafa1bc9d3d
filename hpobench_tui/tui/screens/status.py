"""The line above a level's panels: where one is, and how the experiment stands. Pure functions."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len, set_cell_size

from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import in_line, percent
from hpobench_tui.tui.feed import State
from hpobench_tui.tui.widgets.bar import bar, duration

_COLOURS: Mapping[str, str] = {
    ExperimentStatus.RUNNING: "$text-success",
    ExperimentStatus.PAUSED: "$text-warning",
    ExperimentStatus.INTERRUPTED: "$text-error",
    "gone": "$text-error",
    "unreadable": "$text-error",
}
_BAR, _SHORT_BAR = 16, 6
_NARROW = 100


def status_line(
    state: State, crumbs: Sequence[str], standing: str, width: int, ascii_only: bool, reading: str = "", note: str = ""
) -> str:
    """Markup of one row. What matters less stands to the right, and is left out whole where it has no room.

    Args:
        crumbs: From the experiment's name down to what is shown.
        standing: A status of the store, or ``interrupted``, ``gone``, ``unreadable``.
        width: Columns of the terminal.
        reading: What is not read yet, if anything.
        note: What the level adds, as a replay's place.
    """
    row, totals = state.row, state.totals
    count = len(state.runs)
    share = totals.progress / count if count else 0.0
    colour = _COLOURS.get(standing, "")
    parts = [(standing, f"[{colour}]{standing}[/]" if colour else standing)]
    if note:
        parts.insert(0, (note, f"[$text-accent]{escape(note)}[/]"))
    if reading:
        parts.append((reading, f"[$text-warning]{escape(reading)}[/]"))
    drawn = bar(share, _BAR if width >= _NARROW else _SHORT_BAR, ascii_only)
    parts.append((f"{drawn} {percent(share)}", f"[$primary]{drawn}[/] {percent(share)}"))
    if failed := totals.statuses[RunStatus.FAILED]:
        parts.append((f"{failed} failed", f"[$text-error]{failed} failed[/]"))
    if standing == ExperimentStatus.RUNNING:
        if state.left >= 1:
            parts.append((f"{duration(state.left)} left",) * 2)
    elif standing == ExperimentStatus.INTERRUPTED or (standing == ExperimentStatus.CANCELLED and totals.ended < count):
        parts.append(("p goes on with it", "[$text-warning]p goes on with it[/]"))
    elif row.seconds:
        parts.append((duration(row.seconds),) * 2)
    parts.append((f"{totals.ended}/{count} runs",) * 2)
    if standing == ExperimentStatus.FINISHED and row.experiment.report:
        parts.append(("t makes its report", "[b]t[/b] makes its report"))
    room = width - 2
    kept: list[str] = []
    least = min(sum(cell_len(in_line(crumb)) + 3 for crumb in crumbs), max(room // 3, 12))
    room -= least
    for plain, marked in parts:
        if cell_len(plain) + 2 <= room or not kept:
            kept.append(marked)
            room -= cell_len(plain) + 2
    where = trail(crumbs, max(least + max(room, 0), 8), ascii_only)
    return f"[b]{escape(where)}[/b]  " + "  ".join(kept)


def escape(text: str) -> str:
    """As markup that says this text. A bracket that is cut off from its other half, which Textual's own leaves as it
    is, would find another one.
    """
    return text.replace("[", "\\[")


def trail(crumbs: Sequence[str], width: int, ascii_only: bool) -> str:
    """``name › problem › run`` in so many columns: the earlier ones are shortened first, and show that they are."""
    between, cut = (" > ", "~") if ascii_only else (" › ", "…")
    words = [in_line(crumb) for crumb in crumbs]

    def over() -> int:
        return sum(map(cell_len, words)) + cell_len(between) * (len(words) - 1) - width

    for least in (8, 3):
        for i, word in enumerate(words):
            if (more := over()) > 0 and cell_len(word) > least:
                words[i] = set_cell_size(word, max(cell_len(word) - more, least) - 1).rstrip() + cut
    text = between.join(words)
    return text if cell_len(text) <= width else set_cell_size(text, max(width - 1, 0)).rstrip() + cut
