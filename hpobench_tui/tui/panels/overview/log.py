"""The log of an experiment: news, or all lines as they were written."""

import time
from collections.abc import Sequence
from typing import Any

from hpobench_tui.analysis.news import Kind, Line
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.news import News
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, Tone, listed

_TONES: dict[Kind, Tone] = {"warning": "warn", "failed": "bad", "slow": "warn", "end": "good", "told": "dim"}
_SIGNS: dict[Kind, tuple[str, str]] = {"failed": ("✗", "x"), "slow": ("⧖", "!"), "warning": ("!", "!")}
_LEVELS: dict[str, Tone] = {"warning": "warn", "error": "bad"}


class NewsPanel(TablePanel):
    """What is new, the newest last; ``raw``: the store's own lines."""

    DEFAULT_CSS = """
    NewsPanel, NewsPanel.-small { height: 1fr; min-height: 5; Table { height: 1fr; } }
    """

    name, words, side = "log", "news", "left"
    help = """\
What changed, the newest last: who leads a problem now (once half of the seeds of each are in), which runs failed and \
why (alike ones in one line), runs that take three times as long as others of their pair, and how it ended. l shows \
the log line by line instead."""
    columns = (Column("time"), Column("what happened", yields=True))
    hint = "nothing to tell yet"
    follow = True
    follows = True
    raw = False
    _filled: object = None

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return () if self.raw else (view.feed.get(News),)

    def show(self, view: View) -> None:
        if self.raw:
            self._show_raw(view)
            return
        lines: Sequence[Line] = view.feed.get(News).picture or ()
        if self._filled is lines:
            return
        self._filled = lines
        self.entitle("news")
        self._fill([self._row(view, line) for line in lines], [line.key for line in lines])

    def _row(self, view: View, line: Line) -> Row:
        look = view.feed.look(line.label) if line.label is not None else None
        sign = _SIGNS.get(line.kind, ("", ""))[view.ascii_only]
        if line.kind in ("leader", "end") and look is not None:
            sign = marker(look, view.ascii_only)
        tone = _TONES.get(line.kind, "")
        return _when(line.time), Cell(f"{sign} {line.text}".strip(), tone, look=None if tone else look)

    def _show_raw(self, view: View) -> None:
        events = view.feed.events
        sign = events[-1].id if events else 0
        if self._filled == sign:
            return
        self._filled = sign
        self.entitle("log, line by line")
        rows = [(_when(e.time), Cell(e.message.partition("\n")[0], _LEVELS.get(e.level, ""))) for e in events]
        self._fill(rows, [event.id for event in events])

    def _fill(self, rows: Sequence[Row], keys: Sequence[object]) -> None:
        self.query_one(Table).fill(listed(rows, keys), self.hint)

    def say(self, reason: str) -> None:
        self._filled = None
        super().say(reason)


def _when(moment: float | None) -> Cell:
    return Cell("" if moment is None else time.strftime("%H:%M:%S", time.localtime(moment)), "dim")
