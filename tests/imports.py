"""Imports for tests: runs as a reader hands them over, made into stores; tables as files."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hpobench_tui.core.imported import Imported, Source
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.store import Wishes, Written, write
from hpobench_tui.store.reader import Reader


def trials(losses: Sequence[float | None], **columns: Any) -> list[ImportedTrial]:
    """Evaluations with these losses, in order."""
    return [ImportedTrial(n, {"x": n / 10}, loss, **columns) for n, loss in enumerate(losses)]


def a_run(
    losses: Sequence[float | None] = (3.0, 1.0, 2.0), problem: str = "p", label: str = "a", **more: Any
) -> ImportedRun:
    """A run with these losses."""
    return ImportedRun(problem, label, trials(losses), **more)


def imported(folder: Path, runs: Iterable[ImportedRun], **wishes: Any) -> tuple[Reader, Written]:
    """The store of an import, open, and what was said of it."""
    folder.mkdir(parents=True, exist_ok=True)
    source = Imported("csv", (Source("test.csv", "0" * 64),), "2026-11-29 01:00:00")
    written = write(folder, runs, lambda: source, Wishes(**{"name": "test", **wishes}))
    return Reader(folder), written


def table(path: Path, *lines: str) -> Path:
    """A file of these lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
