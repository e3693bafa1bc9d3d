"""All tables but trials and progress as one JSON document, with their protocol and what their columns mean."""

from typing import IO, Any

from hpobench_tui.core.text import as_json
from hpobench_tui.export import data, protocol
from hpobench_tui.export.data import Table
from hpobench_tui.export.material import Files, Material

VERSION = 1
"""Of the document; another one where something in it gets another meaning."""


def files(material: Material) -> Files:
    """``results.json``."""
    yield "results.json", lambda stream: write(material, stream)


def write(material: Material, stream: IO[bytes]) -> None:
    """What JSON cannot hold (NaN, infinities) is null."""
    stream.write(f"{as_json(document(material), indent=1, allow_nan=False)}\n".encode("utf-8", "replace"))


def document(material: Material) -> dict[str, Any]:
    """``protocol``, ``notes``, ``winners`` (a line a problem; last, of several, over all) and ``tables``."""
    return {
        "version": VERSION,
        "experiments": material.name,
        "protocol": dict(protocol.lines(material)),
        "versions": material.versions,
        "notes": list(material.warnings),
        "winners": [
            {
                "problem": line.problem, "group": list(line.group), "told": line.told, "labels": line.labels,
                "n": line.n, "next_p": line.next_p, "alpha": line.alpha,
            }
            for line in material.winners
        ],
        "tables": {table.name: _table(table) for table in data.small(material)},
    }  # fmt: skip


def _table(table: Table) -> dict[str, Any]:
    names = [each.name for each in table.fields]
    rows = [
        dict(zip(names, row, strict=True))
        for piece in table.pieces()
        for row in zip(*map(data.finite, piece), strict=True)
    ]
    meant = {each.name: f"{each.meaning} ({each.unit})" if each.unit else each.meaning for each in table.fields}
    return {"meaning": table.meaning, "columns": meant, "rows": rows}
