"""The columns of the comparison table: what stands in each, how it is headed, and when it is shown.

One list for everybody: terminals, papers and files for scripts render it, each in its own way. A new column is one
entry of ``COLUMNS``; it is worked out from the row, its runs (``row.pair``) and, where rows are held against each
other, all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypeAlias

from hpobench_tui.analysis.anytime import AnytimeTable
from hpobench_tui.analysis.equality import Spread
from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.analysis.quantiles import median_interval
from hpobench_tui.analysis.ranks import Ranking, average_ranks
from hpobench_tui.core import equality

Content: TypeAlias = str | float | Spread | None


@dataclass(frozen=True)
class Comparison:
    """All rows of a table; ``keep``: a label that ranks must be of."""

    rows: Sequence[FinalRow]
    keep: str | None = None

    @cached_property
    def ranking(self) -> Ranking:
        return average_ranks(self.rows, self.keep)


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """What stands in one column.

    Attributes:
        name: In CSV and JSON.
        caption: Its heading in papers, as it stands in Markdown and LaTeX; "": it is not there. ``{measure}`` is what
            all rows are measured by, if they are alike.
        brief: Its heading where there is little room; "": it is not there.
        value: None: the row's field of that name.
        form: How a number is written for people, as ``format`` takes it; "": with the front end's significant digits.
        shown: Whether it says anything of these rows.
        note: A sentence below tables that have it.
        gloss: What ``brief`` means, where that needs saying.
    """

    name: str
    caption: str = ""
    brief: str = ""
    value: Callable[[FinalRow, Comparison], Content] | None = None
    form: str = ""
    shown: Callable[[Sequence[FinalRow]], bool] = bool
    note: str = ""
    gloss: str = ""

    def of(self, row: FinalRow, comparison: Comparison) -> Content:
        """What stands in a row."""
        value: Content = self.value(row, comparison) if self.value else getattr(row, self.name)
        return value

    def of_landmark(self, mark: Known) -> Content:
        """What stands in the line of a known solution."""
        known: dict[str, Content] = {"label": mark.name, "median": Spread(mark.value, False, False)}
        return known.get(self.name)


COLUMNS = (
    ShownColumn("label", "optimizer", "optimizer"),
    ShownColumn("median", "{measure}, median [quartiles]", "final {measure}", lambda row, _: row.spread),
    ShownColumn("mean", "mean"),
    ShownColumn(
        "found",
        "P(best)",
        "P(best)",
        shown=lambda rows: any(row.found for row in rows),  # on continuous problems nobody hits the reference
        note="P(best) is the share of the runs whose incumbent's loss is at most equal to the problem's reference.",
    ),
    ShownColumn("runs", "runs", "runs", lambda row, _: f"{row.finished}/{row.runs}"),
    ShownColumn("trials", "trials", "trials", form="g"),
    ShownColumn("spent", brief="spent", form=".0%"),
    ShownColumn("optimizer_ms", "ask + tell (ms)", "ms/trial", gloss="ms/trial: the optimizer's own time"),
    ShownColumn("average_rank", value=lambda row, comparison: comparison.ranking.ranks.get(row.label)),
)
_FIELDS = tuple(field.name for field in fields(FinalRow) if field.name != "pair")


def headed(rows: Sequence[FinalRow], brief: bool = False) -> dict[ShownColumn, str]:
    """The columns to show of these rows with their headings; ``brief``: where there is little room."""
    measures = {row.measure for row in rows}
    measure = measures.pop() if len(measures) == 1 else ""
    headings = {column: column.brief if brief else column.caption for column in COLUMNS if column.shown(rows)}
    return {
        column: heading.format(measure=measure).removeprefix(", ") for column, heading in headings.items() if heading
    }


def notes(rows: Sequence[FinalRow]) -> list[str]:
    """What is to be said below a table of these rows, a sentence each: what counts as equal, and of its columns."""
    return [equal_within(rows), *(column.note for column in COLUMNS if column.note and column.shown(rows))]


def equal_within(rows: Sequence[FinalRow | AnytimeTable]) -> str:
    """What counts as equal on their problems, in words."""
    return equality.rule([(row.problem, row.tolerance) for row in rows], any(row.measure.summed for row in rows))


def records(rows: Sequence[FinalRow]) -> list[dict[str, object]]:
    """Every field and every column of each row by name, for scripts; and the interval of the median with its level."""
    comparison = Comparison(rows)
    intervals = [median_interval(row.pair.reached) or (None, None, None) for row in rows]
    more = [column for column in COLUMNS if column.name not in _FIELDS]
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {column.name: column.of(row, comparison) for column in more}
        | dict(zip(("median_low", "median_high", "median_level"), interval, strict=True))
        for row, interval in zip(rows, intervals, strict=True)
    ]
