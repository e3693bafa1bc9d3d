"""Tables as CSV: in full precision, empty where there is nothing, a text never a formula."""

import csv
import io
from collections.abc import Callable
from functools import partial
from typing import IO

from hpobench_tui.export import data, trials
from hpobench_tui.export.data import Table
from hpobench_tui.export.markup import csv_cells
from hpobench_tui.export.material import Files, Material


def files(material: Material) -> Files:
    """The tables that always fit into memory."""
    for table in data.small(material):
        yield f"{table.name}.csv", partial(write, table)


def many(material: Material, name: str) -> Files:
    """``trials`` or ``progress``, as they may be millions of rows."""
    made: dict[str, Callable[[Material], Table]] = {"trials": trials.trials, "progress": trials.progress}
    yield f"{name}.csv", lambda stream: write(made[name](material), stream)


def write(table: Table, stream: IO[bytes]) -> None:
    """Piece by piece."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(csv_cells(each.name for each in table.fields))
    texts = [each.kind is str for each in table.fields]
    for piece in table.pieces():
        cells = [csv_cells(own) if is_text else own for own, is_text in zip(piece, texts, strict=True)]
        writer.writerows(zip(*cells, strict=True))
    text.detach()
