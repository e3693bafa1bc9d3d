"""The log: what happened, latest last."""

import time

from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.table import Cell, Column, Tone

_TONES: dict[str, Tone] = {"warning": "warn", "error": "bad"}


class LogPanel(TablePanel):
    """Events of the experiment and of all its runs."""

    DEFAULT_CSS = "LogPanel { height: 2fr; }"

    name, side = "log", "right"
    columns = (Column("time"), Column("what happened", yields=True))
    hint = "nothing to tell yet"
    follow = True
    follows = True

    def show(self, view: View) -> None:
        whose: dict[int | None, str] = {
            run.id: f"{run.label} on {run.problem}, seed {run.repetition}: " for run in view.feed.state.runs
        }
        rows = []
        for event in view.feed.events:
            when = Cell(time.strftime("%H:%M:%S", time.localtime(event.time)), "dim")
            what = whose.get(event.run, "") + event.message.replace("\n", " ")
            rows.append((when, Cell(what, _TONES.get(event.level, ""))))
        self.fill(rows)
