"""A row a finished run, with the columns that TabArena's and TabRepo's results have (arXiv 2506.16791, 2311.02971).

``dataset`` is the problem, ``fold`` the repetition, ``method`` the label, ``metric_error`` what the run came to (lower
is better; ``metric`` says of what), ``time_train_s`` the seconds of the run's clock, ``time_infer_s`` 0, as nothing is
predicted. Runs without a value have no row: what is missing, those tools impute.
"""

import csv
import io
from collections.abc import Iterator
from typing import IO

from hpobench_tui.export.markup import csv_cells
from hpobench_tui.export.material import Files, Material

FILE = "result-rows.csv"
FIELDS = ("dataset", "fold", "method", "metric_error", "metric", "problem_type", "time_train_s", "time_infer_s")


def files(material: Material) -> Files:
    """The one file."""
    yield FILE, lambda stream: _write(material, stream)


def _write(material: Material, stream: IO[bytes]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(csv_cells(cells) for cells in _rows(material))
    text.detach()


def _rows(material: Material) -> Iterator[tuple[object, ...]]:
    for row in material.rows:
        for run, value in zip(row.pair.selection.counted, row.pair.reached, strict=True):
            if run.status.finished:
                yield run.problem, run.repetition, run.label, value, row.measure, "hpo", run.clock, 0.0
