"""The workers: who does what, since when and on which device; below it, when each of them did what."""

import time
from collections.abc import Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult

from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.workers import Stint, Work, Workers
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.gantt import Gantt, Lane, Span
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, listed, numbers

_STRIP = 9
"""Rows from which there is room for a strip."""


class WorkersPanel(Panel):
    """Of the whole experiment: its workers serve all problems."""

    DEFAULT_CSS = """
    WorkersPanel { height: 1fr; min-height: 5; Table { height: 1fr; } Gantt { height: 40%; } }
    """

    name, side = "workers", "right"
    help = (
        "what each worker does at this moment, for which run and since when; the filled background is the share of the"
        " run's budget. The strip below has a row a worker, a block a run, in the colour of its optimizer, from when"
        " this app has looked on: dots are gaps in which nobody worked; the axis is in seconds."
    )
    follows = True

    def compose(self) -> ComposeResult:
        columns = (*numbers("worker"), Column("optimizer", yields=True), Column("does"), Column("since", "right"),
                   Column("device", spare=1), Column("problem", yields=True), *numbers("seed"))  # fmt: skip
        yield Table(columns, hint="nobody works", id=self.name, name_of="workers", enter="Open the run")
        yield Gantt(hint="")

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return (view.feed.get(Workers),)

    def show(self, view: View) -> None:
        self._view = view
        work: Work | None = view.feed.get(Workers).picture
        table, strip = self.query_one(Table), self.query_one(Gantt)
        now = work.now if work is not None and view.feed.alive else ()
        self.entitle(f"{self.name}: {len(now)} at work" if now else self.name)
        moment = time.time()
        rows = [_cells(stint, view.feed.look(stint.run.label), moment, view.ascii_only) for stint in now]
        table.fill(listed(rows, [stint.run.id for stint in now]), _hint(view))
        over = work.over if work is not None else ()
        strip.display = bool(now or over) and self.size.height >= _STRIP
        if strip.display:
            first = min(stint.start for stint in (*over, *now))
            strip.show(lanes(now, over, first, view), now=moment - first if now else None)

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)
        self.query_one(Gantt).display = False

    def on_resize(self, event: events.Resize) -> None:
        self._shown = None  # whether there is room for the strip is another question now

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        runs = self._view.feed.state.runs
        if isinstance(message.key, int) and message.key < len(runs):
            run: RunRow = runs[message.key]
            self.post_message(self.Down(self._view.but(problem=run.problem, label=run.label, run=run.id, trial=None)))


def _hint(view: View) -> str:
    status = view.feed.state.row.status
    if status.ended:
        return f"nobody works: the experiment is {status}"
    return "nobody works" if view.feed.alive else "nobody works: the experiment was interrupted"


def _cells(stint: Stint, look: int, moment: float, ascii_only: bool) -> Row:
    run = stint.run
    return (
        Cell(str(stint.lane + 1), "dim"),
        Cell(f"{marker(look, ascii_only)} {run.label}", look=look),
        Cell(run.activity or "starting", share=run.progress),
        Cell(duration(max(moment - stint.start, 0.0)), value=moment - stint.start),
        Cell(run.device or "", "dim"),
        Cell(run.problem, "dim"),
        Cell(str(run.repetition), "dim"),
    )


def lanes(now: Sequence[Stint], over: Sequence[Stint], first: float, view: View) -> list[Lane]:
    """A lane a worker, in seconds since ``first``."""
    spans: dict[int, list[Span]] = {}
    for stint in (*over, *now):
        look = view.feed.look(stint.run.label)
        spans.setdefault(stint.lane, []).append(Span(stint.start - first, stint.end - first, stint.run.label, look))
    return [Lane(f"{lane + 1}", own) for lane, own in sorted(spans.items())]
