"""Tables as Parquet: typed, written piece by piece; what they are and their protocol are in the metadata.

``pl.read_parquet_metadata("runs.parquet")["columns"]`` says as JSON what each column means.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from hpobench_tui.core.text import as_json, storable, visible
from hpobench_tui.export import data, protocol, trials
from hpobench_tui.export.data import Field, Piece, Table
from hpobench_tui.export.material import Files, Material

if TYPE_CHECKING:
    import polars as pl

ROWS = 100_000
"""Of a part, and of a group of rows in the file."""


def files(material: Material) -> Files:
    """All tables; trials and progress, too."""
    for table in data.small(material):
        yield f"{table.name}.parquet", partial(write, table, material)
    yield "trials.parquet", lambda stream: write(trials.trials(material), material, stream)
    yield "progress.parquet", lambda stream: write(trials.progress(material), material, stream)


def write(table: Table, material: Material, stream: IO[bytes]) -> None:
    """In parts of some rows, each in a file aside, which polars then joins without holding all of them."""
    import polars as pl

    metadata = _metadata(table, material)
    with TemporaryDirectory(prefix="hpobench-parquet-") as folder:
        parts: list[Path] = []
        for rows in _gathered(table):
            parts.append(Path(folder) / f"{len(parts)}.parquet")
            rows.write_parquet(parts[-1])
        if parts:
            pl.scan_parquet(parts, glob=False).sink_parquet(stream, metadata=metadata, row_group_size=ROWS)
        else:
            _frame(table, [()] * len(table.fields)).write_parquet(stream, metadata=metadata)


def _gathered(table: Table) -> "Iterator[pl.DataFrame]":
    """Pieces, which may be as small as a run, in frames of at least :data:`ROWS`, but for the last."""
    import polars as pl

    held: list[pl.DataFrame] = []
    for piece in table.pieces():
        held.append(_frame(table, piece))
        if sum(frame.height for frame in held) >= ROWS:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _frame(table: Table, piece: Piece) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(
        [
            pl.Series(each.name, _cells(each, cells), _type(each), strict=False)
            for each, cells in zip(table.fields, piece, strict=True)
        ]
    )


def _cells(of: Field, cells: data.Cells) -> data.Cells:
    if of.kind is not str:
        return cells
    return [cell if cell is None else visible(storable(str(cell))) for cell in cells]


def _type(of: Field) -> "type[pl.DataType]":
    import polars as pl

    types: dict[type, Any] = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    kind: type[pl.DataType] = types[of.kind]
    return kind


def _metadata(table: Table, material: Material) -> dict[str, str]:
    meant = {each.name: f"{each.meaning} ({each.unit})" if each.unit else each.meaning for each in table.fields}
    said = {"table": table.meaning, "columns": as_json(meant), **dict(protocol.lines(material))}
    return {name: storable(text) for name, text in said.items()}
