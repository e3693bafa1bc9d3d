"""What stores hold, as polars frames: one row a run, a trial, a row of progress, a point of a curve, a report.

Columns keep the names, meanings and units of the store (:func:`described`). Amounts of a budget are in quanta, as they
are exact: ``quanta_per_unit`` of the run makes them units. What is absent is null.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import ABSENT, Column, Record, columns
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.records import Progress, ReportRow, Reports, TrialRow, Trials
from hpobench_tui.core.text import as_json, storable, visible
from hpobench_tui.store.schema import RunRow, Runs

if TYPE_CHECKING:
    from hpobench_tui.analysis.union import Union

OF_A_RUN = ("problem", "label", "repetition")
"""Which run a row is of; first in each frame."""
OF_THE_STORE = {"id", "plan", "activity", "digests", "seal", "revision", "run", "targets"}
"""Columns that the store needs, and nobody who analyses."""
PIECE = 200_000
"""Rows held as Python objects at a time."""

TEXTS = {
    "problem", "label", "optimizer", "note", "reason", "text", "before", "after", "measure", "unit", "configuration",
    "one", "other", "name",
}  # fmt: skip
"""Columns of few rows that are texts, also where all are null."""
JSON = {"configuration", "metrics"}
CURVES = {
    "x": ("how far the run had come: spent on the axis that was asked for", ""),
    "y": ("the measure from there on", ""),
    "trials": ("that had ended by then", ""),
    "measure": ("what y is", ""),
}
_OF: Mapping[str, type] = {"runs": Runs, "trials": Trials, "progress": Progress, "reports": Reports}


def described(frame: str) -> pl.DataFrame:
    """The columns of a frame with what they mean, and the unit of their numbers where they have one.

    Raises:
        HpobenchError: there is no frame of that name.
    """
    if frame not in (valid := [*_OF, "curves"]):
        raise unknown("frame", frame, valid)
    keys = [(column.name, column.meaning, column.unit) for column in columns(Runs) if column.name in OF_A_RUN]
    if frame == "curves":
        own = [(name, *words) for name, words in CURVES.items()]
    else:
        own = [(column.name, column.meaning, column.unit) for column in _kept(_OF[frame])]
    return pl.DataFrame([*keys, *own], schema=["column", "meaning", "unit"], orient="row")


def _kept(table: type) -> list[Column[Any, Any]]:
    return [column for column in columns(table) if column.name not in (*OF_A_RUN, *OF_THE_STORE)]


def _type(column: Column[Any, Any]) -> type[pl.DataType]:
    if column.boolean:
        return pl.Boolean
    return pl.String if str in column.cells else pl.Float64 if float in column.cells else pl.Int64


def runs(union: "Union") -> pl.DataFrame:
    """One row a run."""
    return _of_records(union.runs(), [*(getattr(RunRow, name) for name in OF_A_RUN), *_kept(Runs)])


def _of_records(records: Sequence[Record], of: Sequence[Column[Any, Any]]) -> pl.DataFrame:
    listed = list(map(vars, records))
    return pl.DataFrame([_series(c, [_cell(row[c.name]) for row in listed]) for c in of])


def _cell(value: Any) -> Any:
    """Pairs, as those of a run's code, are JSON as in the store, and null where there are none."""
    return (as_json(value) if value else None) if isinstance(value, tuple) else value


def _series(column: Column[Any, Any], cells: Sequence[Any]) -> pl.Series:
    """Cells as a column. Of texts, which are somebody else's, only what is seen; JSON reads back as what it was."""
    kind = _type(column)
    if kind is pl.String and not all(map(str.isprintable, filter(None, cells))):
        seen = _seen_json if column.name in JSON else visible
        cells = [cell if cell is None or cell.isprintable() else seen(storable(cell)) for cell in cells]
    return pl.Series(column.name, cells, kind)


def _seen_json(text: str) -> str:
    return as_json(json.loads(text))


def trials(union: "Union", hyperparameters: bool = False) -> pl.DataFrame:
    """One row a recorded trial. ``configuration`` and ``metrics`` are JSON objects.

    Args:
        hyperparameters: A column ``config.NAME`` for each, in place of ``configuration``; null where it is not active.
    """
    frame = _of_cells(union, TrialRow, _kept(Trials))
    frame = frame.with_columns(pl.col("error").str.extract(r"^([^\n]*)"))
    return _spread(frame) if hyperparameters else frame


def reports(union: "Union") -> pl.DataFrame:
    """One row a report of a training on its way, where somebody looked at them."""
    return _of_cells(union, ReportRow, _kept(Reports))


def _of_cells(union: "Union", kind: type[TrialRow] | type[ReportRow], of: Sequence[Column[Any, Any]]) -> pl.DataFrame:
    """Rows of all runs, of trials that the runs' own rows know of."""
    chosen = union.runs()
    names = [column.name for column in of]
    cells: list[list[Any]] = [[] for _ in of]
    places: list[int] = []
    counts: list[int] = []
    pieces: list[pl.DataFrame] = []

    def put_away() -> None:
        own = [_series(c, listed) for c, listed in zip(of, cells, strict=True)]
        keys = _keys(chosen, np.repeat(np.array(places, dtype=np.int64), counts))
        pieces.append(pl.DataFrame([*keys, *own]))
        for each in (*cells, places, counts):
            each.clear()

    for place, run in enumerate(chosen):
        reader, number = union.reader_of(run.id)
        for piece in reader.cells(kind, number, names, run.trials):
            places.append(place)
            counts.append(len(piece[0]))
            for listed, more in zip(cells, piece, strict=True):
                listed.extend(more)
            if len(cells[0]) >= PIECE:
                put_away()
    put_away()
    return pl.concat(pieces)


def _keys(chosen: Sequence[RunRow], places: "np.ndarray[Any, np.dtype[np.int64]]") -> list[pl.Series]:
    return [_series(getattr(RunRow, name), [getattr(run, name) for run in chosen]).gather(places) for name in OF_A_RUN]


def _spread(frame: pl.DataFrame) -> pl.DataFrame:
    """Hyperparameters as columns. One whose values are of several kinds is a text, as JSON writes them."""
    texts, rest = frame["configuration"], frame.drop("configuration")
    if not frame.height:
        return rest
    values = None
    with suppress(pl.exceptions.PolarsError):
        values = texts.str.json_decode(infer_schema_length=None).struct.unnest()
    if values is None or not all(kind.is_numeric() or kind == pl.Boolean for kind in values.dtypes):
        read = [json.loads(text) for text in texts]  # polars makes a text of what only sometimes is one
        found = dict.fromkeys(name for row in read for name in row)
        values = pl.DataFrame([_of_values(name, [row.get(name) for row in read]) for name in found])
    return rest.hstack([each.alias(visible(f"config.{each.name}")) for each in values])


def _of_values(name: str, values: Sequence[Any]) -> pl.Series:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {str}:
        values = [value and visible(storable(value)) for value in values]
    elif not (kinds <= {int, float} or kinds == {bool}):
        values = [None if value is None else as_json(value) for value in values]
    return pl.Series(storable(name), values, strict=False)


def progress(union: "Union") -> pl.DataFrame:
    """One row a row of progress: where a run stood after some of its trials, exactly."""
    of = _kept(Progress)
    chosen = union.runs()
    tables = [vars(union.progress(run.id)) for run in chosen]
    counts = [len(table["number"]) for table in tables]
    keys = _keys(chosen, np.repeat(np.arange(len(chosen)), counts))
    return pl.DataFrame([*keys, *(_array(column, [table[column.name] for table in tables]) for column in of)])


def _array(column: Column[Any, Any], arrays: Sequence[Any]) -> pl.Series:
    series = pl.Series(column.name, np.concatenate(arrays), _type(column), nan_to_null=True)
    return series.replace(ABSENT, None) if column.sentinel else series


def curves(union: "Union", axis: Axis, measure: Measure | None) -> pl.DataFrame:
    """One row a step of a run's curve: ``y`` holds from ``x`` on."""
    chosen = union.runs()
    found = read_curves(union, chosen, axis, measure)
    own = [found[run.id] for run in chosen]
    places = np.repeat(np.arange(len(chosen)), list(map(len, own)))
    measures = pl.Series("measure", [str(measure or run.measure) for run in chosen], pl.String).gather(places)
    return pl.DataFrame(
        [
            *_keys(chosen, places),
            pl.Series("x", np.concatenate([curve.x for curve in own]), pl.Float64),
            pl.Series("y", np.concatenate([curve.y for curve in own]), pl.Float64),
            pl.Series("trials", np.concatenate([curve.trials for curve in own]), pl.Int64),
            measures,
        ]
    )


def of_rows(rows: Iterable[Mapping[str, Any]], empty: Sequence[str] = ()) -> pl.DataFrame:
    """Rows that are few, with plain values: enumerations as their texts.

    Args:
        empty: The columns where there are no rows.
    """
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    made = pl.DataFrame(plain, infer_schema_length=None, strict=False) if plain else pl.DataFrame(schema=list(empty))
    bare = [name for name, kind in made.schema.items() if kind == pl.Null]
    return made.with_columns(pl.col(name).cast(pl.String if name in TEXTS else pl.Float64) for name in bare)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return visible(storable(value))
    if isinstance(value, (tuple, list)):
        return list(map(_plain, value))
    return value


def one(names: Sequence[str], given: str | None, what: str) -> str:
    """The one that is meant.

    Raises:
        HpobenchError: there is none of that name, or none is named, and there are several.
    """
    if given is None and len(names) == 1:
        return names[0]
    if given is None:
        raise HpobenchError(f"name the {what}: there are {', '.join(names)}.")
    if given not in names:
        raise unknown(what, given, list(names))
    return given
