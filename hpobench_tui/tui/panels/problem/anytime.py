"""The table below the chart, which is its legend: who stands where, and what each had at parts of the budget."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.analysis.landmarks import Known, known
from hpobench_tui.store.live import Totals
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.standings import Ranking, Standing, Standings
from hpobench_tui.tui.panels.panel import TablePanel, View
from hpobench_tui.tui.panels.problem.chart import any_run, coloured
from hpobench_tui.tui.widgets.chart.axes import label as tick_label
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, listed, numbers

_NOTHING = Cell("·", "dim")


class AnytimePanel(TablePanel):
    """Optimizers of the problem that is shown, the best first; the one under the cursor is on top in the chart."""

    DEFAULT_CSS = """
    AnytimePanel { height: 2fr; min-height: 6; }
    AnytimePanel.-small { height: 2fr; }
    """

    name, words, side = "anytime", "standings", "left"
    help = (
        "the median over the seeds, then the quartiles: half of the seeds lie between them. A star marks the winner"
        " group: all who are not shown to be worse than the best (paired signed-rank test, corrected for picking the"
        " best); = says that no difference is shown at all. On the right, the medians at 1/8, 1/4, 1/2 and all of it."
    )
    hint = "medians appear with the first trials"
    follows = True

    def compose(self) -> ComposeResult:
        yield Table((Column("optimizer"),), hint=self.hint, id=self.name, name_of="optimizers",
                    enter="Its median run", space="Hide a line", solo="One line alone")  # fmt: skip

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return (view.feed.get(Standings, view.problem, view.axis, view.measure, view.at),)

    def show(self, view: View) -> None:
        self._view = view
        reading, state, table = self.wants(view)[0], view.feed.state, self.query_one(Table)
        self._ranking: Ranking = reading.picture or Ranking((), left=state.labels)
        ranking = self._ranking
        words = reading.words or "reading" if ranking.left else ""
        title = ", ".join(filter(None, (f"{view.measure} by {view.axis_title}", words)))
        self.entitle(title, f"winners: {ranking.winners.words}" if ranking.winners else "")
        first = any_run(view)
        landmarks = known([first] if first else [], view.feed.landmarks, view.measure).get(view.problem, [])
        colours = coloured(ranking) if not ranking.left else {view.label}
        table.set_columns(columns(ranking, view))
        rows, keys, failed = [], [], []
        for row in ranking.rows:
            rows.append(cells(row, ranking, view, row.label in colours or row.label == view.label))
            keys.append(("optimizer", row.label))
            failed.append(bool(row.failed))
        for label in ranking.left:
            totals = state.pairs.get((view.problem, label), Totals())
            share = totals.progress / max(totals.statuses.total(), 1)
            rows.append((Cell(f"  {label}", "dim"), *waiting(ranking, share)))
            keys.append(("optimizer", label))
            failed.append(False)
        if not ranking.left:
            for mark in landmarks if rows else ():
                rows.append(solution(mark, ranking, view.ascii_only))
                keys.append(("known", mark.name))
                failed.append(False)
        self.query_one(Table).fill(listed(rows, keys, failed=failed), self.hint)
        if view.label is not None:
            table.move_to(("optimizer", view.label))
        elif not ranking.left and ranking.rows:
            self.post_message(self.Look(view.but(label=ranking.rows[0].label)))

    # What keys do

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()
        if message.table.has_focus and (label := _label(message)) is not None and label != self._view.label:
            self.post_message(self.Look(self._view.but(label=label, run=None, trial=None)))

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        row = self._ranking.by_label.get(_label(message) or "")
        if row is not None and row.typical is not None:
            self.post_message(self.Down(self._view.but(label=row.label, run=row.typical, trial=None)))
        elif row is not None:
            self.notify(f"No run of {row.label} has a value.")

    def on_table_toggled(self, message: Table.Toggled) -> None:
        message.stop()
        if (label := _label(message)) is not None:
            self.post_message(self.Look(self._view.but(hidden=self._view.hidden ^ {label})))

    def on_table_solo(self, message: Table.Solo) -> None:
        """All others hidden; or, where that is so, all shown."""
        message.stop()
        if (label := _label(message)) is not None:
            others = frozenset(self._view.feed.state.labels) - {label}
            hidden = frozenset() if self._view.hidden == others else others
            self.post_message(self.Look(self._view.but(label=label, hidden=hidden)))


def _label(message: Table.About) -> str | None:
    kind, name = message.key if isinstance(message.key, tuple) else ("", "")
    return str(name) if kind == "optimizer" else None


def columns(ranking: Ranking, view: View) -> list[Column]:
    """Of optimizers: the most telling first."""
    ticks = [tick_label(float(f"{mark:.3g}"), view.ascii_only) for mark in ranking.marks]
    marks = [Column(f"at {tick}", "right", spare=4) for tick in ticks]
    named = (Column("optimizer", yields=True), *numbers("rank"), Column(""), *numbers("median"))
    return [*named, Column("quartiles", "right", spare=1), Column("seeds", "right", spare=2),
            *([Column("failed", "right", spare=3)] if some_failed(ranking) else []), *marks]  # fmt: skip


def some_failed(ranking: Ranking) -> bool:
    """Whether there is a column for it."""
    return any(row.failed for row in ranking.rows)


def cells(row: Standing, ranking: Ranking, view: View, has_colour: bool) -> Row:
    """A row of the table: bold is below all others."""
    feed, ascii_only = view.feed, view.ascii_only
    look, shown = feed.look(row.label), row.label not in view.hidden
    sign = marker(look, ascii_only) if shown else " "
    totals = feed.state.pairs.get((view.problem, row.label), Totals())
    share = totals.progress / max(totals.statuses.total(), 1)
    return (
        Cell(f"{sign} {row.label}", "" if has_colour and shown else "dim", look=look if has_colour and shown else None),
        Cell(f"{row.rank:g}", value=row.rank) if row.rank is not None else _NOTHING,
        group(row, ranking, ascii_only),
        value(row.median, row.best, row.tied, row.provisional or bool(ranking.left)),
        quartiles(row, ascii_only),
        Cell(f"{row.counted}/{row.runs}", share=share if share < 1 else None, value=row.counted),
        *([Cell(str(row.failed), "bad", value=row.failed) if row.failed else _NOTHING] * some_failed(ranking)),
        *(value(*each) for each in zip(row.at_marks, row.best_at, row.tied_at, strict=True)),
    )


def value(median: float | None, best: bool = False, tied: bool = False, provisional: bool = False) -> Cell:
    """A median; one that is not final is dim."""
    if median is None:
        return _NOTHING
    text = f"{number(median)} tie" if tied else number(median)
    return Cell(text, "good" if best else "dim" if provisional else "", bold=best, value=median)


def quartiles(row: Standing, ascii_only: bool) -> Cell:
    """From the lower to the upper one."""
    if row.lower is None or row.upper is None:
        return _NOTHING
    dash = "-" if ascii_only else "–"
    return Cell(f"{number(row.lower)} {dash} {number(row.upper)}", "dim", value=row.upper - row.lower)


def group(row: Standing, ranking: Ranking, ascii_only: bool) -> Cell:
    """Whether it is in the winner group, where that says anything."""
    if not row.wins or ranking.winners is None:
        return Cell("", value=2)
    if not ranking.winners.told or len(ranking.winners.group) >= ranking.winners.labels:
        return Cell("=", "dim", value=1)
    return Cell("*" if ascii_only else "★", "good", value=0)


def waiting(ranking: Ranking, share: float) -> Row:
    """What a row says whose runs are not all read."""
    more = [_NOTHING] * (some_failed(ranking) + len(ranking.marks))
    return (_NOTHING, Cell(""), Cell("reading", "dim"), _NOTHING, Cell("", share=share), *more)


def solution(mark: Known, ranking: Ranking, ascii_only: bool) -> Row:
    """A known solution: the same at all times."""
    values = [Cell(number(mark.value), "dim", value=mark.value)] * len(ranking.marks)
    name = Cell(f"{'-' if ascii_only else '╌'} {mark.name}", "dim")
    median = Cell(number(mark.value), "dim", value=mark.value)
    return (name, _NOTHING, Cell("", value=2), median, Cell("known", "dim"),
            *[_NOTHING] * (1 + some_failed(ranking)), *values)  # fmt: skip
