"""Folders of COCO's loggers: index (.info), target (.dat) and time files (.tdat), old forms and new; also archived.

An index line names function, dimension and algorithm; below it the data file, and ``instance:evaluations|f − f_opt`` of
each run. Rows of the data say the best f − f_opt until then: the losses, of which 0 is the reference. Not on record is
what did not improve. Of BBOB a problem is a function in a dimension and an instance, as ours are; folders that we wrote
get the names of the problems back.

The format: Hansen et al., *COCO: a platform for comparing continuous optimizers*, arXiv 1603.08785.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.importing import bbob
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.folder import Folder, number, packed, whole
from hpobench_tui.importing.options import only
from hpobench_tui.importing.own import Table, Tables

DESCRIPTION = "a folder of COCO: .info files with .dat and .tdat"
NO_VALUE = 1e300
"""What we write for a run without any value."""
NOISY = range(101, 131)
_FIELD = re.compile(r"(?<!\w)(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^,]*)\s*(?:,|$)")
_RUN = re.compile(r"(\d+)\s*(?::\s*([\d.e+]+)\s*(?:\|\s*(\S+))?)?")
"""Of a text without spaces around it. Neither looks at a letter again and again: a line may have a million."""


@dataclass(frozen=True, slots=True)
class _Line:
    """An index line with its data file."""

    suite: str
    function: int
    dimension: int
    algorithm: str
    data: str
    runs: tuple[tuple[int, int | None], ...]
    """Instance and evaluations."""
    where: str


def recognises(path: Path) -> bool:
    """Whether there is an index."""
    if path.is_dir() or packed(path):
        folder = Folder(path)
        return any(_looks(folder, name) for name in folder.ending(".info")[:3])
    return path.name.endswith(".info") and _looks(Folder(path), path.name)


def _looks(folder: Folder, name: str) -> bool:
    for line, text in folder.lines(name):
        if "funcId" in text or ("function" in text and "dim" in text):
            return True
        if line > 20:
            break
    return False


def runs(path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
    """A run a run, index by index.

    Raises:
        HpobenchError: an index or a data file is not what it should be, or of a suite whose values are no losses.
    """
    only(options, DESCRIPTION)
    folder = Folder(path)
    names = [path.name] if path.is_file() and not packed(path) else folder.ending(".info")
    if not names:
        raise HpobenchError(f"{path}: there is no .info file in it.")
    ours = Tables(folder)
    for name in names:
        for line in _index(folder, name):
            yield from _of_line(folder, line, ours.of(name))


def _index(folder: Folder, name: str) -> Iterator[_Line]:
    fields: dict[str, str] = {}
    for line, text in folder.lines(name):
        where = f"{folder.where(name)}:{line}"
        if not text.strip() or text.lstrip().startswith("%"):
            continue
        if "funcId" in text or re.match(r"\s*\w+\s*=", text):
            fields = {key: value.strip("'\" ") for key, value in _FIELD.findall(text)}
            continue
        if not fields:
            raise HpobenchError(f"{where}: a line with funcId, DIM and algId must come first.")
        data, *listed = text.split(",")
        found = []
        for each in listed:
            each = each.strip()
            if not each:
                continue
            if not (told := _RUN.fullmatch(each)):
                raise HpobenchError(f"{where}: must be instance:evaluations|value, not {shown(each)}.")
            evaluations = whole(told[2], where, "evaluations") if told[2] else None
            found.append((whole(told[1], where, "instance"), evaluations))
        suite = fields.get("suite", "bbob").lower()
        if any(part in suite for part in ("biobj", "constrained")):
            why = "have several objectives" if "biobj" in suite else "count constraints, too"
            raise HpobenchError(f"{where}: values of the suite {shown(suite)} {why}; a run has one loss.")
        named = folder.beside(name, data.strip())
        if named is None:
            raise HpobenchError(f"{where}: its data file {shown(data.strip())} is not in the folder.")
        yield _Line(
            suite,
            whole(fields.get("funcId", fields.get("function")), where, "funcId"),
            whole(fields.get("DIM", fields.get("dim")), where, "DIM", 1),
            fields.get("algId", fields.get("algorithm", "")) or "coco",
            named,
            tuple(found),
            where,
        )


def _of_line(folder: Folder, line: _Line, ours: Table) -> Iterator[ImportedRun]:
    times = line.data.removesuffix(".dat") + ".tdat"
    blocks = _blocks(folder, line.data)
    timed = _blocks(folder, times) if times != line.data and times in folder.names else iter(())
    for place, (instance, evaluations) in enumerate(line.runs):
        block = next(blocks, None)
        if block is None:
            raise HpobenchError(
                f"{line.where}: it lists {len(line.runs)} runs, but {folder.where(line.data)} has {place}."
            )
        points = dict(next(timed, ()))
        points.update(block)
        last = max(points, default=0)
        problem, reference, repetition = _named(line, instance, ours)
        yield ImportedRun(
            problem, line.algorithm, _trials(sorted(points.items())), repetition,
            evaluations=max(evaluations or 0, last) or None, reference=reference, noisy=line.function in NOISY,
            notes=ours.notes(problem),
        )  # fmt: skip
    if next(blocks, None) is not None:
        raise HpobenchError(f"{line.where}: it lists {len(line.runs)} runs, but {folder.where(line.data)} has more.")


def _named(line: _Line, instance: int, ours: Table) -> tuple[str, float | None, int | None]:
    """The problem, its reference, and the repetition where the instance is one."""
    if own := ours.at.get((line.function, line.dimension)):
        return own.problem, 0.0, instance - 1 if instance else None
    known = bbob.problem(line.function, line.dimension, instance) if line.suite == "bbob" else None
    return known or f"{line.suite}/f{line.function}[d={line.dimension},instance={instance}]", 0.0, None


def _blocks(folder: Folder, name: str) -> Iterator[Sequence[tuple[int, float]]]:
    """Evaluations and the best value until then, of each run."""
    points: list[tuple[int, float]] | None = None
    column = 2
    for line, text in folder.lines(name):
        if text.lstrip().startswith("%"):
            if points:
                yield points
                points = None
            if points is None:
                points = []
            column = 2  # "f evaluations | (g evaluations or value) | best noise-free fitness - Fopt …", old and new
            continue
        cells = text.split()
        if not cells:
            continue
        where = f"{folder.where(name)}:{line}"
        if points is None:
            raise HpobenchError(f"{where}: a header (% …) must come first.")
        if len(cells) <= column:
            raise HpobenchError(f"{where}: must be evaluations, a value and the best value, not {shown(text.strip())}.")
        evaluations = whole(cells[0], where, "evaluations", 1)
        if points and evaluations < points[-1][0]:
            raise HpobenchError(f"{where}: evaluation {evaluations} comes after {points[-1][0]}.")
        value = number(cells[column], where, "the best value")
        if points and evaluations == points[-1][0]:
            points[-1] = evaluations, min(value, points[-1][1])
        else:
            points.append((evaluations, value))
    if points:
        yield points


def _trials(points: Sequence[tuple[int, float]]) -> Iterator[ImportedTrial]:
    for evaluations, value in points:
        failed = not isfinite(value) or value >= NO_VALUE
        yield ImportedTrial(
            evaluations - 1, {}, None if failed else value, status=TrialStatus.FAILED if failed else TrialStatus.DONE,
            error="no value yet" if failed else None,
        )  # fmt: skip
