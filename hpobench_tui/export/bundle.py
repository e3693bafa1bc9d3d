"""Everything about an experiment that a paper needs, into one folder.

A problem or a file that cannot be made takes no other down: it is left out, and said why.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hpobench_tui.analysis.anytime import anytime_table
from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.analysis.final import final_table
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError, too_long, unknown
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.export.figures.wanted import Wanted
from hpobench_tui.export.formats import FORMATS
from hpobench_tui.export.material import Files, Material, Write
from hpobench_tui.export.replacing import replacing
from hpobench_tui.store.reader import ProgressTable, RunRow

ALL = tuple(name for name, form in FORMATS.items() if not form.asked)
"""What is made where nothing is asked for."""
WANTED = Wanted()


class Exported(NamedTuple):
    """The files that were written, and what was left out: a line each, with its reason."""

    files: list[Path]
    skipped: list[str]


def export(
    reader: Source,
    folder: Path,
    formats: Sequence[str] = ALL,
    axis: Axis = Axis.BUDGET,
    measure: Measure | None = None,
    progress: Callable[[Path], None] | None = None,
    warnings: Sequence[str] = (),
    figures: Wanted = WANTED,
    quartiles: bool = False,
    dry: bool = False,
    coming: Callable[[float, str], None] | None = None,
) -> Exported:
    """Write the formats into ``folder`` (made if missing).

    A file is written aside and then renamed, so that an interruption never leaves half a file. Existing files of the
    same name are replaced. While the experiment runs this exports what there is so far, and the tables say so.

    Args:
        formats: Of ``formats.FORMATS``.
        axis: Horizontal axis of figures and anytime tables.
        measure: What all tables and figures show; None: what each problem is for.
        progress: Called with each file once it is there.
        warnings: What is to stand under tables (``analysis.warnings``).
        figures: Which are wanted, and how.
        quartiles: The matrix shows them beside its medians.
        dry: Only say which files there would be.
        coming: Called before each file with what share of all is done, and its name.

    Raises:
        HpobenchError: unknown format, nothing to export yet, or the folder cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise unknown("export format", name, list(FORMATS))
    made = Exported([], [])
    if coming:
        coming(0.0, "reading")
    material = gather(reader, axis, measure, made.skipped)
    material = replace(material, warnings=tuple(warnings), figures=figures, quartiles=quartiles)
    if not material.runs:
        return made
    new = not folder.exists()
    try:
        if not dry:
            folder.mkdir(parents=True, exist_ok=True)
        for share, name, write in _shares(list(dict.fromkeys(formats)), material, made.skipped):
            path = folder / name
            if coming:
                coming(share, name)
            with _contained(name, made.skipped):
                if not dry:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with replacing(path) as stream:
                        write(stream)
                if path in made.files:  # captions of figures, which formats have in common
                    continue
                made.files.append(path)
                if progress:
                    progress(path)
    except OSError as error:
        if new and not made.files:
            with suppress(OSError):
                folder.rmdir()
        reason = too_long(folder) or f"cannot export to {folder}: {error.strerror or error}."
        raise HpobenchError(f"{reason} Choose another folder.") from error
    return made._replace(files=list(dict.fromkeys(made.files)))  # captions may be written again, with more of them


def _shares(formats: Sequence[str], material: Material, skipped: list[str]) -> Iterator[tuple[float, str, Write]]:
    """Each file with the share of all that is done before it: formats are taken to be equal, and their files.

    How many files a format has is known for those that are always made; others may read much for each, and are not
    listed beforehand.
    """
    for place, kind in enumerate(formats):
        files: Iterable[tuple[str, Write]] = _files(kind, material, skipped)
        own = list(files) if not FORMATS[kind].asked else files
        count = len(own) if isinstance(own, list) else 1
        for number, (name, write) in enumerate(own):
            yield (place + min(number, count - 1) / count) / len(formats), name, write


def _files(kind: str, material: Material, skipped: list[str]) -> Files:
    with _contained(kind, skipped):
        yield from FORMATS[kind].files(material)


@contextmanager
def _contained(what: str, skipped: list[str]) -> Iterator[None]:
    """What fails in it is noted, and the export goes on; a folder that cannot be written ends it."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - one figure of many must not cost the others
        reason = str(error) if isinstance(error, HpobenchError) else f"{type(error).__name__}: {error}"
        skipped.append(in_line(f"{what}: {' '.join(reason.split())}"))


def gather(
    reader: Source, axis: Axis = Axis.BUDGET, measure: Measure | None = None, skipped: list[str] | None = None
) -> Material:
    """What files are made of.

    Args:
        skipped: Gets a line for each problem that cannot be read.

    Raises:
        HpobenchError: there is nothing yet.
    """
    skipped = [] if skipped is None else skipped
    runs = reader.runs()
    if not any(run.trials or run.status is RunStatus.FAILED for run in runs):
        raise HpobenchError(f"nothing to export from {reader.name}: no trial has finished yet.")
    each: dict[int, ProgressTable] = {}
    ends: Mapping[int, ProgressTable] | None = None
    errors: Mapping[int, str] = {}
    with suppress(HpobenchError):  # a damaged page among all runs' rows: then problem by problem
        ends = reader.ends()
    with _contained("reasons of failed trials", skipped):
        errors = reader.first_errors()
    kept: list[RunRow] = []
    material = Material(
        reader, reader.name, kept, {}, [], {}, [], axis, measure, reader.simulated, each if ends is None else ends
    )
    good = set()
    for problem, own in by_problem(runs).items():
        with _contained(problem, skipped):
            curves = read_curves(reader, own, axis, measure)
            if ends is None:
                each.update(_ends(reader, own))
            rows = final_table(own, material.ends, measure, errors)
            table = anytime_table(problem, own, curves, axis, measure)
            material.curves.update(curves)
            material.rows.extend(rows)
            material.anytime.append(table)
            good.add(problem)
    kept.extend(run for run in runs if run.problem in good)
    with _contained("landmarks", skipped):
        material.landmarks.update(known(material.runs, reader.landmarks(), measure))
    return material


def _ends(reader: Source, runs: Sequence[RunRow]) -> dict[int, ProgressTable]:
    progress = {run.id: reader.progress(run.id) for run in runs}
    return {run: rows for run, rows in progress.items() if len(rows)}
