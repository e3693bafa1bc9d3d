"""The cell under the cursor, read out: the problem's name in full, its best optimizers, and a curve in one row."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.core.text import in_line
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.cells import Cells, Matrix
from hpobench_tui.tui.feed.pair_curve import SHARES, PairCurve
from hpobench_tui.tui.panels.overview.matrix import ordered
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.spark import spark
from hpobench_tui.tui.widgets.table.cells import cut

_FIRST = 3
_LONGEST_CURVE = 60

Part = tuple[str, int | None]
"""A text, and the number of the series whose colour it has."""


class CellPanel(Panel):
    """Three lines on the cell under the cursor."""

    DEFAULT_CSS = """
    CellPanel, CellPanel.-small { height: 5; min-height: 5; Static { width: 1fr; height: 3; text-wrap: nowrap; } }
    """

    name, words, side = "cell", "cell under the cursor", "left"
    help = """\
First the problem's best optimizers: median over the seeds [first to third quartile], finished seeds of all. Below it \
the pair under the cursor with its rank, and its median along the budget (left: a thousandth of it, right: all of it, \
each quarter of the row is two and a half doublings); _ is zero or below."""

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id=self.name)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        cells: list[Reading[Any]] = [view.feed.get(Cells, view.chosen, view.at)]
        label = label_of(view)
        if label is not None and (view.problem, label) in view.feed.state.ids:
            cells.append(view.feed.get(PairCurve, view.problem, label, view.measure))
        return cells

    def show(self, view: View) -> None:
        width = self.query_one(Static).size.width or max(self.size.width - 2, 1)
        cells = view.feed.get(Cells, view.chosen, view.at)
        matrix, label, sure = cells.picture or Matrix(), label_of(view), cells.complete
        self.entitle(f"{view.problem} by {view.measure}" if view.problem else self.name, cells.words)
        inks = Inks.of(self)
        lines = (
            first_ones(view, matrix, sure, width), self._own(view, matrix, label, sure), self._curve(view, label, width)
        )  # fmt: skip
        texts = []
        for line in lines:
            parts, room = [], width
            for text, look in line:
                text = cut(in_line(text), room, view.ascii_only)
                room -= cell_len(text)
                parts.append((text, Style() if look is None else Style(foreground=inks.series(look))))
            texts.append(Content.assemble(*parts))
        self.query_one(Static).update(Content("\n").join(texts), layout=False)

    def say(self, reason: str) -> None:
        self.query_one(Static).update(Content(in_line(reason)), layout=False)

    @staticmethod
    def _own(view: View, matrix: Matrix, label: str | None, sure: bool) -> Iterator[Part]:
        if label is None or not view.problem:
            return
        look = view.feed.look(label)
        yield f"{'>' if view.ascii_only else '▸'} {marker(look, view.ascii_only)} {label} ", look
        row = matrix.rows.get((view.problem, label))
        if row is None:
            left_out = view.feed.state.loaded and (view.problem, label) not in view.feed.state.pairs
            yield "is left out here" if left_out else "nothing yet", None
            return
        yield of(row), None
        rank = matrix.ranks.get((view.problem, label))
        if sure and rank is not None:
            yield f"  rank {rank:g} of {sum(problem == view.problem for problem, _ in matrix.ranks)}", None
        if row.failed:
            yield f"  {row.failed} failed", None
        if row.provisional:
            yield "  so far", None

    @staticmethod
    def _curve(view: View, label: str | None, width: int) -> Iterator[Part]:
        if label is None or (view.problem, label) not in view.feed.state.ids:
            return
        curve = view.feed.get(PairCurve, view.problem, label, view.measure)
        if curve.picture is None:
            yield curve.words, None
            return
        room = min(max(width - 12, 1), _LONGEST_CURVE)
        known = curve.picture if view.at is None else np.where(view.at >= SHARES, curve.picture, np.nan)
        drawn = spark(known, room, ascii_only=view.ascii_only)
        yield f"{'curve ' if width > 40 else ''}", None
        yield drawn.rstrip() or "no value yet", view.feed.look(label)


def label_of(view: View) -> str | None:
    """The optimizer under the cursor; before anybody moved it, the one in the matrix's first row."""
    state = view.feed.state
    if view.label in state.labels or not state.labels:
        return view.label if state.labels else None
    cells = view.feed.get(Cells, view.chosen, view.at)
    return ordered(state, cells.picture or Matrix(), cells.complete)[0]


def of(row: FinalRow) -> str:
    """A pair in short: median, quartiles, seeds."""
    seeds = f"{row.finished}/{row.runs}"
    if row.median is None or row.lower is None or row.upper is None:
        return f"no value  {seeds}"
    return f"{number(row.median)} [{number(row.lower)}, {number(row.upper)}]  {seeds}"


def first_ones(view: View, matrix: Matrix, sure: bool, width: int) -> Iterator[Part]:
    """The problem's best by median, as many as there is room for; none while not all is read."""
    rows = [row for (problem, _), row in matrix.rows.items() if problem == view.problem]
    finished = [row for row in rows if row.median is not None and not row.provisional]
    if not sure or not finished:
        ended = any(row.finished for row in rows)
        yield ("no run has a value" if ended else "no run has finished yet") if sure else "reading", None
        return
    room, gap = width, ""
    for row in sorted(finished, key=lambda row: row.median or 0.0)[:_FIRST]:
        look = view.feed.look(row.label)
        name, rest = f"{gap}{marker(look, view.ascii_only)} {row.label} ", of(row)
        room -= cell_len(in_line(name)) + cell_len(rest)
        if room < 0 and gap:
            return
        yield name, look
        yield rest, None
        gap = "   "
