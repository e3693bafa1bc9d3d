"""The log as it was written: what happened to the problem's runs and to the experiment, latest last."""

import time

from hpobench_tui.store.reader import EventRow
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.table import Cell, Column, Lazy, Row, Tone

_TONES: dict[str, Tone] = {"warning": "warn", "error": "bad"}


class LogPanel(TablePanel):
    """Events of the experiment and of the problem's runs."""

    DEFAULT_CSS = "LogPanel { height: 1fr; min-height: 4; }"

    name, side = "log", "right"
    help = (
        "what the supervisor wrote down: of the experiment as a whole, and of this problem's runs. Red lines are"
        " failures, yellow ones warnings; y copies a line. The overview tells the news of all problems."
    )
    columns = (Column("time"), Column("run", yields=True), Column("what happened", yields=True))
    hint = "nothing to tell yet"
    follow = True
    follows = True

    def show(self, view: View) -> None:
        runs = view.feed.state.runs

        def cells(event: EventRow) -> Row:
            run = runs[event.run] if event.run is not None and event.run < len(runs) else None
            when = Cell(time.strftime("%H:%M:%S", time.localtime(event.time)), "dim", value=event.time)
            whose = Cell(f"{run.label}, seed {run.repetition}" if run else "", "dim")
            return when, whose, Cell(event.message.replace("\n", " "), _TONES.get(event.level, ""))

        def is_here(event: EventRow) -> bool:
            return event.run is None or event.run >= len(runs) or runs[event.run].problem == view.problem

        shown = [event for event in view.feed.events if is_here(event)]
        self.fill(Lazy(shown, cells, lambda event: event.id, failed=lambda event: event.level == "error",
                       copied=lambda event: event.message))  # fmt: skip
