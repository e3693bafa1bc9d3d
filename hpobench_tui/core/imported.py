"""That an experiment was not run here: of what it was read, as its manifest says."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from hpobench_tui.core.nearest import some

KEY = "imported"
"""Of its entry in the manifest."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a folder of some, that was read.

    Attributes:
        name: Of it, without the folders above.
        sha256: Of its bytes; of a folder: of the lines ``SHA256  PATH`` of its files, in the order of their paths.
        files: How many.
    """

    name: str
    sha256: str
    files: int = 1


@dataclass(frozen=True, slots=True)
class Imported:
    """Where the results of a store are from.

    >>> was = Imported("csv", (Source("results.csv", "9f86d0"),), "2026-11-29 01:00:00")
    >>> str(was)
    'imported from results.csv (csv): not run here, so that budgets and trials cannot be audited'
    >>> from_manifest({KEY: was.to_cell()}) == was, from_manifest({})
    (True, None)

    Attributes:
        format: Of ``importing.formats``.
        sources: What was read, in order.
        when: Local time.
        options: What was asked for: columns, names, references.
    """

    format: str
    sources: tuple[Source, ...]
    when: str
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = some([source.name for source in self.sources])
        return f"imported from {names} ({self.format}): not run here, so that budgets and trials cannot be audited"

    def to_cell(self) -> str:
        """As the manifest holds it."""
        return json.dumps(asdict(self))


def from_manifest(manifest: Mapping[str, str]) -> Imported | None:
    """Where an experiment was imported from; None: it ran here."""
    if (cell := manifest.get(KEY)) is None:
        return None
    try:
        data = json.loads(cell)
        sources = tuple(Source(str(s["name"]), str(s["sha256"]), int(s["files"])) for s in data["sources"])
        return Imported(str(data["format"]), sources, str(data["when"]), tuple(map(str, data["options"])))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Imported("unknown", (), "")
