"""Trials and rows of progress as tables: in pieces, as there may be millions. Each row begins with what its run is."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hpobench_tui.core.columns import ABSENT, columns
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.records import ProgressTable, TrialRow, Trials, TrialTable
from hpobench_tui.core.text import as_json, storable
from hpobench_tui.export.data import Cells, Field, Piece, Table, distinct, field
from hpobench_tui.store.schema import Runs

if TYPE_CHECKING:
    from hpobench_tui.export.material import Material
    from hpobench_tui.store.reader import RunRow

OF_THE_RUN = ("problem", "label", "optimizer", "repetition", "unit", "quanta_per_unit", "reference", "noisy")
"""What rows say of their run; ``run_reference`` where a trial may have a reference of its own."""
TEXTS = ("configuration", "metrics", "error")
PREFIX = "config."
"""Of the columns of hyperparameters."""
LARGEST = 2**63 - 1


def trials(material: "Material") -> Table:
    """A row a recorded trial; after its own columns one a hyperparameter, empty where it is not active."""
    known = Hyperparameters(material)
    stored = [getattr(Trials, column.name) for column in TrialTable.columns()]
    own = [field(column) for column in (*stored, *(getattr(Trials, name) for name in TEXTS))]
    return Table(
        "trials",
        "a row a recorded trial, run by run",
        (*of_the_run(own), *own, *known.fields()),
        lambda: _trials(material, [each.name for each in own], known),
    )


def progress(material: "Material") -> Table:
    """A row a row of progress: where a run stood after some of its trials, exactly."""
    own = [field(column) for column in ProgressTable.columns()]
    return Table(
        "progress",
        "a row wherever it was noted where a run stood, run by run",
        (*of_the_run(own), *own),
        lambda: _progress(material),
    )


def of_the_run(own: Sequence[Field]) -> list[Field]:
    """The columns that rows of a run begin with, before their ``own``."""
    taken = {each.name for each in own}
    named = {column.name: field(column) for column in columns(Runs)}
    fields = [Field("run", "the run's id in this export", int)]
    for name in OF_THE_RUN:
        each = named[name]
        fields.append(Field(f"run_{name}" if name in taken else name, f"of the run: {each.meaning}", each.kind))
    return fields


def _keys(run: "RunRow", rows: int) -> list[Cells]:
    return [[cell] * rows for cell in (run.id, *(getattr(run, name) for name in OF_THE_RUN))]


def _trials(material: "Material", names: Sequence[str], known: "Hyperparameters") -> Iterator[Piece]:
    for run in material.runs:
        for piece in material.source.cells(TrialRow, run.id, names, run.trials):
            own: dict[str, Sequence[Any]] = dict(zip(names, piece, strict=True))
            read = list(map(json.loads, own["configuration"]))
            own["configuration"] = list(map(_seen, own["configuration"]))
            own["metrics"] = [text and _seen(text) for text in own["metrics"]]
            own["error"] = list(map(first_line, own["error"]))
            yield [*_keys(run, len(read)), *own.values(), *known.cells(read)]


def _seen(text: str) -> str:
    """JSON in which nothing does anything instead of being seen, and which still reads back as what it was."""
    return text if text.isprintable() else as_json(json.loads(text))


def _progress(material: "Material") -> Iterator[Piece]:
    fields = ProgressTable.columns()
    for run in material.runs:
        table = vars(material.source.progress(run.id))
        cells = []
        for each in fields:
            absent = ABSENT if each.sentinel else None
            cells.append([None if v != v or v == absent else v for v in table[each.name].tolist()])
        yield [*_keys(run, len(cells[0])), *cells]


class Hyperparameters:
    """All that any configuration has, each with a column: a look at every configuration beforehand.

    One whose values are of several kinds is a text, as JSON writes them: so that ``1`` and ``"1"`` stay apart.
    """

    def __init__(self, material: "Material") -> None:
        kinds: dict[str, set[type]] = {}
        for text in _configurations(material):
            for name, value in json.loads(text).items():
                wide = type(value) is int and abs(value) > LARGEST
                kinds.setdefault(name, set()).add(object if wide else type(value))
        self.kinds = {name: _kind(of) for name, of in kinds.items()}
        self.columns = distinct(storable(f"{PREFIX}{name}") for name in kinds)

    def fields(self) -> Iterator[Field]:
        """A column each."""
        for (name, kind), column in zip(self.kinds.items(), self.columns.values(), strict=True):
            yield Field(column, f"hyperparameter {name}", kind or str)

    def cells(self, read: Sequence[dict[str, Any]]) -> Iterator[Cells]:
        """Of some configurations, column by column."""
        for name, kind in self.kinds.items():
            if kind is None:
                yield [as_json(row[name]) if name in row else None for row in read]
            elif kind is str:
                yield [storable(row[name]) if name in row else None for row in read]
            else:
                yield [row.get(name) for row in read]


def _configurations(material: "Material") -> Iterable[str]:
    for run in material.runs:
        yield from material.source.configurations(run.id, run.trials)


def _kind(kinds: set[type]) -> type | None:
    """What all values are; None: of several kinds, or neither a number nor a text."""
    if kinds <= {int, float}:
        return float if float in kinds else int
    (kind, *more) = kinds
    return kind if not more and kind in (bool, str) else None
