"""What is exported as data: tables of typed columns, each column with its meaning. CSV, Parquet and JSON write them."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hpobench_tui.core.columns import Column, columns
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.text import visible

if TYPE_CHECKING:
    from hpobench_tui.export.material import Material

Cells: TypeAlias = Sequence[Any]
Piece: TypeAlias = Sequence[Cells]
"""Some rows, column by column."""
PIECE = 20_000
"""Rows of a piece at the most."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column: ``kind`` is what its cells are, beside None: ``str``, ``int``, ``float`` or ``bool``."""

    name: str
    meaning: str
    kind: type
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in pieces, which are read when they are asked for: there may be a million."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    pieces: Callable[[], Iterator[Piece]]


FINAL = (
    Field("problem", "its id", str),
    Field("label", "of the optimizer", str),
    Field("optimizer", "its registered name", str),
    Field("measure", "what median, quartiles and mean are of", str),
    Field("tolerance", "losses of the problem that differ by no more are equal", float),
    Field("runs", "of this problem and label", int),
    Field("finished", "of them, those that finished", int),
    Field("failed", "of them, those that failed", int),
    Field("failed_trials", "of all its runs", int),
    Field("median", "over the runs that finished (while none has, over those that have begun)", float),
    Field("lower", "quartile", float),
    Field("upper", "quartile", float),
    Field("mean", "over the same runs", float),
    Field("found", "share of these runs whose incumbent is as good as the problem's reference", float),
    Field("best_in_problem", "whether the median is lower than all others of the problem", bool),
    Field("tied_in_problem", "whether it is as low as the lowest, as others are, too", bool),
    Field("trials", "median over the same runs", float),
    Field("spent", "share of the budgets of all runs", float),
    Field("optimizer_ms", "ask and tell of a trial, median over the same runs", float, "ms"),
    Field("note", "what must be said of the numbers: failed and unfinished runs, with the first reason", str),
    Field("provisional", "whether no run has finished: numbers so far, which compete with no others", bool),
    Field("average_rank", "of medians over the problems that are ranked; the same in all rows of a label", float),
    Field("median_low", "lower end of the median's interval; none of few runs", float),
    Field("median_high", "its upper end", float),
    Field("median_level", "its level", float),
    Field(
        "in_group",
        "whether it is not shown to be worse than the lowest median of the problem; none where nothing can be told",
        bool,
    ),
)
ANYTIME = (
    Field("problem", "its id", str),
    Field("axis", "what marks count", str),
    Field("measure", "what the median is of", str),
    Field("mark", "how far the runs had come", float),
    Field("label", "of the optimizer", str),
    Field("median", "over runs, at the mark", float),
    Field("best", "whether it is lower than all others at the mark", bool),
    Field("tied", "whether it is as low as the lowest, as others are, too", bool),
    Field("runs", "how many runs the median is over", int),
    Field("failed", "runs that failed, and are left out", int),
)
LANDMARKS = (
    Field("problem", "its id", str),
    Field("name", "of a known solution", str),
    Field("loss", "noise-free", float),
    Field("value", "of the measure that tables show", float),
    Field("source", "where it is from", str),
)
_OF_THE_STORE = {"id", "plan", "activity", "digests", "seal", "revision", "targets", "code", "measure"}
"""Columns of runs that the store needs, and nobody who analyses."""
MEASURES = {Measure.INCUMBENT: "incumbent_loss"} | {
    each: str(each).replace(" ", "_").replace("-", "_") for each in Measure if each is not Measure.INCUMBENT
}


def field(column: Column[Any, Any]) -> Field:
    """Of a column of the store."""
    if column.boolean:
        kind: type = bool
    else:
        kind = str if str in column.cells else float if float in column.cells else int
    return Field(column.name, column.meaning, kind, column.unit)


def of_runs() -> tuple[Field, ...]:
    """Those of the store that say something, then what each run reached."""
    from hpobench_tui.store.schema import Runs

    own = [field(column) for column in columns(Runs) if column.name not in _OF_THE_STORE]
    return (
        Field("run", "its id in this export", int),
        *own,
        Field("measure", "what value is of", str),
        Field("value", "of that measure after its last trial, also where it failed or has not finished", float),
        *(Field(name, f"{each} after its last trial{_where(each)}", float) for each, name in MEASURES.items()),
    )


def _where(measure: Measure) -> str:
    return "" if measure is Measure.INCUMBENT else "; none without a known reference"


def small(material: "Material") -> list[Table]:
    """The tables that always fit into memory: final, anytime, landmarks (if there are any), runs."""
    made = [
        Table("table", "a row a problem and label: where its runs ended", FINAL, lambda: _final(material)),
        Table("anytime", "a row a problem, label and mark of the axis", ANYTIME, lambda: _anytime(material)),
    ]
    if material.landmarks:
        marks = [mark for marks in material.landmarks.values() for mark in marks]
        made.append(
            Table("landmarks", "a row a known solution of a problem", LANDMARKS, lambda: _by_column(LANDMARKS, marks))
        )
    return [
        *made,
        Table("runs", "a row a run: where it stands and what it reached", of_runs(), lambda: _runs(material)),
    ]


def _final(material: "Material") -> Iterator[Piece]:
    from hpobench_tui.analysis.columns import records

    found = {line.problem: line for line in material.winners if line.told}
    rows = records(material.rows)
    for row, record in zip(material.rows, rows, strict=True):
        group = found.get(row.problem) if row.median is not None and not row.provisional else None
        record["in_group"] = row.label in group.group if group else None
    yield [[row[each.name] for row in rows] for each in FINAL]


def _anytime(material: "Material") -> Iterator[Piece]:
    return _by_column(
        ANYTIME,
        [
            (table.problem, str(table.axis), str(table.measure), mark, row.label, *spread[:3], row.runs, row.failed)
            for table in material.anytime
            for row in table.rows
            for mark, spread in zip(table.marks, row.spreads, strict=True)
        ],
    )


def _by_column(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> Iterator[Piece]:
    yield list(zip(*rows, strict=True)) if rows else [()] * len(fields)


def _runs(material: "Material") -> Iterator[Piece]:
    from hpobench_tui.analysis.reached import reached

    runs, ends = material.runs, material.ends
    values = {each: reached(runs, ends, each) for each in Measure}
    shown = [material.measure or run.measure for run in runs]
    cells: dict[str, Cells] = {each.name: [getattr(run, each.name, None) for run in runs] for each in of_runs()}
    cells["run"] = [run.id for run in runs]
    cells["measure"] = [str(each) for each in shown]
    cells["value"] = [_value(values[each], run.id) for each, run in zip(shown, runs, strict=True)]
    for each, name in MEASURES.items():
        known = [each is Measure.INCUMBENT or run.measure is not Measure.INCUMBENT for run in runs]
        cells[name] = [_value(values[each], run.id) if there else None for there, run in zip(known, runs, strict=True)]
    yield [cells[each.name] for each in of_runs()]


def _value(values: Mapping[int, Any], run: int) -> float | None:
    return values[run].value if run in values else None


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Name to what is seen of it; numbered where two would be one, also where case does not count."""
    found: dict[str, str] = {}
    known = {name.casefold() for name in taken}
    for name in names:
        plain, number = visible(name), 2
        chosen = plain
        while chosen.casefold() in known:
            chosen, number = f"{plain}-{number}", number + 1
        known.add(chosen.casefold())
        found[name] = chosen
    return found


def finite(values: Cells) -> list[Any]:
    """Cells of numbers with None for those that are none."""
    return [None if isinstance(value, float) and not math.isfinite(value) else value for value in values]
