"""Everything about an experiment that a paper needs, into one folder.

A problem or a file that cannot be made takes no other down: it is left out, and said why.
"""

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from hpobench_tui.analysis.anytime import AnytimeTable, anytime_table, bands
from hpobench_tui.analysis.curve import Curve, read_curves
from hpobench_tui.analysis.final import FinalRow, final_table
from hpobench_tui.analysis.landmarks import Known, known
from hpobench_tui.analysis.selection import by_label, by_problem
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError, too_long, unknown
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.export import tables
from hpobench_tui.store.reader import ProgressTable, Reader, RunRow

FORMATS: Mapping[str, str] = {
    "csv": "final and anytime tables in full precision: table.csv, anytime.csv (landmarks.csv)",
    "md": "the same in Markdown: table.md, anytime.md",
    "tex": "the same in LaTeX (booktabs): table.tex, anytime.tex",
    "trials": "every recorded trial: trials.csv",
    "progress": "incumbent and sums over all trials: progress.csv",
    "pdf": "a figure a problem: regret-PROBLEM.pdf",
    "svg": "a figure a problem: regret-PROBLEM.svg",
}
ALL = tuple(FORMATS)

TRIAL_FIELDS = (
    "number", "asked", "status", "fidelity", "target", "bracket", "rung", "continues", "loss", "truth",
    "reference", "cost", "clock_start", "clock_end", "ask_seconds", "tell_seconds", "evaluate_seconds", "worker",
)  # fmt: skip
PROGRESS_FIELDS = tuple(ProgressTable.__dataclass_fields__)
_MAYBE_ABSENT = ("fidelity", "target", "bracket", "rung", "continues", "worker", "incumbent")
_CHUNK = 20_000
RUN_FIELDS = ("problem", "label", "optimizer", "repetition", "unit", "quanta_per_unit", "reference")
"""What both say of the run; ``run_reference`` where a trial may have a reference of its own."""


class Exported(NamedTuple):
    """The files that were written, and what was left out: a line each, with its reason."""

    files: list[Path]
    skipped: list[str]


@dataclass(frozen=True, slots=True)
class _Material:
    """Of the problems that could be read; what is left of the experiment where some could not."""

    name: str
    runs: list[RunRow]
    curves: dict[int, Curve]
    rows: list[FinalRow]
    landmarks: dict[str, list[Known]]
    anytime: list[AnytimeTable]
    axis: Axis
    simulated: bool

    def measures(self) -> dict[str, Measure]:
        return {row.problem: row.measure for row in self.rows}

    def title(self) -> str:
        """With the measure, if all problems have the same."""
        measures = set(self.measures().values())
        return f"{self.name}: {measures.pop()}" if len(measures) == 1 else self.name

    def budgets(self) -> dict[str, str]:
        return {run.problem: _budget(run) for run in self.runs}

    def units(self) -> dict[str, str]:
        return {run.problem: _axis_name(self.axis, run, self.simulated) for run in self.runs}


def export(
    reader: Reader,
    folder: Path,
    formats: Sequence[str] = ALL,
    axis: Axis = Axis.BUDGET,
    measure: Measure | None = None,
    progress: Callable[[Path], None] | None = None,
) -> Exported:
    """Write the formats into ``folder`` (made if missing).

    A file is written aside and then renamed, so that an interruption never leaves half a file. Existing files of the
    same name are replaced. While the experiment runs this exports what there is so far, and the tables say so.

    Args:
        formats: Of ``FORMATS``.
        axis: Horizontal axis of figures and anytime tables.
        measure: What all tables and figures show; None: what each problem is for.
        progress: Called with each file once it is there.

    Raises:
        HpobenchError: unknown format, nothing to export yet, or the folder cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise unknown("export format", name, list(FORMATS))
    made = Exported([], [])
    material = _gather(reader, axis, measure, made.skipped)
    if not material.runs:
        return made
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in _files(reader, material, formats):
            path = folder / name
            with _contained(name, made.skipped):
                with _replacing(path) as stream:
                    write(stream)
                made.files.append(path)
                if progress:
                    progress(path)
    except OSError as error:
        reason = too_long(folder) or f"cannot export to {folder}: {error.strerror or error}."
        raise HpobenchError(f"{reason} Choose another folder.") from error
    return made


@contextmanager
def _contained(what: str, skipped: list[str]) -> Iterator[None]:
    """What fails in it is noted, and the export goes on; a folder that cannot be written ends it."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - one figure of many must not cost the others
        reason = str(error) if isinstance(error, HpobenchError) else f"{type(error).__name__}: {error}"
        skipped.append(f"{what}: {' '.join(reason.split())}")


def slug(problem: str) -> str:
    """A problem's id as part of a file name: ``suite/name`` gives ``suite-name``."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", problem).strip("-.")


def slugs(problems: Sequence[str]) -> dict[str, str]:
    """Problem to slug; numbered where two would be the same (``a/b-c`` and ``a-b/c``)."""
    found: dict[str, str] = {}
    for problem in problems:
        plain, number = slug(problem), 2
        chosen = plain
        while chosen in found.values():
            chosen, number = f"{plain}-{number}", number + 1
        found[problem] = chosen
    return found


def _gather(reader: Reader, axis: Axis, measure: Measure | None, skipped: list[str]) -> _Material:
    runs = reader.runs()
    if not any(run.trials or run.status is RunStatus.FAILED for run in runs):
        raise HpobenchError(f"nothing to export from {reader.folder}: no trial has finished yet.")
    experiment = reader.experiment().experiment
    ends: Mapping[int, ProgressTable] | None = None
    errors: Mapping[int, str] = {}
    with suppress(HpobenchError):  # a damaged page among all runs' rows: then problem by problem
        ends = reader.ends()
    with _contained("reasons of failed trials", skipped):
        errors = reader.first_errors()
    material = _Material(experiment.name, [], {}, [], {}, [], axis, experiment.simulation is not None)
    good = set()
    for problem, own in by_problem(runs).items():
        with _contained(problem, skipped):
            curves = read_curves(reader, own, axis, measure)
            rows = final_table(own, _ends(reader, own) if ends is None else ends, measure, errors)
            table = anytime_table(problem, own, curves, axis, measure)
            material.curves.update(curves)
            material.rows.extend(rows)
            material.anytime.append(table)
            good.add(problem)
    material.runs.extend(run for run in runs if run.problem in good)
    with _contained("landmarks", skipped):
        material.landmarks.update(known(material.runs, reader.landmarks(), measure))
    return material


def _ends(reader: Reader, runs: Sequence[RunRow]) -> dict[int, ProgressTable]:
    progress = {run.id: reader.progress(run.id) for run in runs}
    return {run: rows for run, rows in progress.items() if len(rows)}


Write = Callable[[IO[bytes]], None]


def _files(reader: Reader, material: _Material, formats: Sequence[str]) -> Iterator[tuple[str, Write]]:
    title = material.title()
    final = material.rows, title, material.budgets(), material.landmarks
    for kind in dict.fromkeys(formats):
        match kind:
            case "csv":
                yield "table.csv", _text(lambda: tables.final_csv(material.rows))
                yield "anytime.csv", _text(lambda: tables.anytime_csv(material.anytime))
                if material.landmarks:
                    yield "landmarks.csv", _text(lambda: tables.landmarks_csv(material.landmarks))
            case "md":
                yield "table.md", _text(lambda: tables.final_markdown(*final))
                yield "anytime.md", _text(lambda: tables.anytime_markdown(material.anytime, title, material.units()))
            case "tex":
                yield "table.tex", _text(lambda: tables.final_latex(*final))
                yield "anytime.tex", _text(lambda: tables.anytime_latex(material.anytime, title, material.units()))
            case "trials":
                yield "trials.csv", lambda stream: _write_trials(reader, material.runs, stream)
            case "progress":
                yield "progress.csv", lambda stream: _write_progress(reader, material.runs, stream)
            case _:
                yield from _figures(material, kind)


def _text(made: Callable[[], str]) -> Write:
    def write(stream: IO[bytes]) -> None:
        stream.write(made().encode())

    return write


def _figures(material: _Material, kind: str) -> Iterator[tuple[str, Write]]:
    labels = list(by_label(material.runs))
    names = slugs(list(by_problem(material.runs)))
    for problem, runs in by_problem(material.runs).items():

        def write(stream: IO[bytes], problem: str = problem, runs: Sequence[RunRow] = runs) -> None:
            from hpobench_tui.export import figures  # loads Matplotlib

            made = io.BytesIO()
            try:
                figure = figures.regret_figure(
                    problem,
                    bands(runs, material.curves, material.axis),
                    material.units()[problem],
                    str(material.measures()[problem]),
                    {label: remark for label, pair in by_label(runs).items() if (remark := _remark(pair))},
                    labels,
                    material.landmarks.get(problem, ()),
                )
                figures.save(figure, made, kind)
            except OSError as error:  # a font of Matplotlib's: nothing that another folder would mend
                raise HpobenchError(f"Matplotlib cannot draw it: {error}.") from error
            stream.write(made.getvalue())

        yield f"regret-{names[problem]}.{kind}", write


def _remark(pair: Sequence[RunRow]) -> str | None:
    failed = sum(run.status is RunStatus.FAILED for run in pair)
    if not failed:
        return None
    return f"all {failed} runs failed" if failed == len(pair) else f"{failed} of {len(pair)} runs failed"


def _axis_name(axis: Axis, run: RunRow, simulated: bool) -> str:
    match axis:
        case Axis.EVALUATIONS:
            return "evaluations"
        case Axis.FIDELITY:
            return f"{run.fidelity or 'evaluations'}, from scratch"
        case Axis.SECONDS:
            return "simulated seconds" if simulated else "seconds, objective and optimizer"
        case Axis.BUDGET:
            return f"budget spent ({Unit(run.unit).words(run.fidelity)})"


def _budget(run: RunRow) -> str:
    return f"budget {run.budget / run.quanta_per_unit:.10g} {Unit(run.unit).words(run.fidelity)}"


def _write_trials(reader: Reader, runs: Sequence[RunRow], stream: IO[bytes]) -> None:
    """One line a trial, in full precision; empty where there is nothing. ``configuration`` and ``metrics`` are JSON."""
    with _csv(stream, (*TRIAL_FIELDS, "configuration", "metrics", "error")) as write:
        for run in runs:
            after = -1
            # in pieces: a million configurations would fill the memory
            while len(trials := reader.trials(run.id, after, limit=_CHUNK)):
                columns = [_cells(name, getattr(trials, name)) for name in TRIAL_FIELDS]
                details = reader.trial_rows(run.id, after, limit=len(trials))
                for cells, detail in zip(zip(*columns, strict=True), details, strict=True):
                    configuration = json.dumps(dict(detail.configuration), ensure_ascii=False)
                    metrics = json.dumps(dict(detail.metrics), ensure_ascii=False) if detail.metrics else None
                    write(run, (*cells, configuration, metrics, detail.error))
                after = int(trials.number[-1])


def _write_progress(reader: Reader, runs: Sequence[RunRow], stream: IO[bytes]) -> None:
    """One line a row of progress, in full precision; empty where there is nothing."""
    with _csv(stream, PROGRESS_FIELDS) as write:
        for run in runs:
            progress = reader.progress(run.id)
            for cells in zip(*(_cells(name, getattr(progress, name)) for name in PROGRESS_FIELDS), strict=True):
                write(run, cells)


@contextmanager
def _csv(stream: IO[bytes], fields: Sequence[str]) -> Iterator[Callable[[RunRow, Sequence[object]], None]]:
    """Writes lines that begin with their run."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("run", *(f"run_{name}" if name in fields else name for name in RUN_FIELDS), *fields))

    def write(run: RunRow, cells: Sequence[object]) -> None:
        writer.writerow((run.id, *(getattr(run, name) for name in RUN_FIELDS), *cells))

    yield write
    text.detach()


def _cells(name: str, column: Sequence[object]) -> list[object]:
    if isinstance(column, tuple):
        return list(column)
    values: list[object] = column.tolist()  # type: ignore[attr-defined]
    if name in _MAYBE_ABSENT:
        return [None if value == -1 else value for value in values]
    return [None if value != value else value for value in values]


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` once it is complete, with the permissions of any new file."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as stream:
            yield stream
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(aside, 0o666 & ~mask)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
