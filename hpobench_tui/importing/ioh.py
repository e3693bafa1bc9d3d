"""Folders of IOHprofiler: IOHexperimenter's loggers, IOHanalyzer's and iohinspector's data.

An index (``IOHprofiler_f….json``) names function, algorithm and, by dimension, a data file and its runs; the data
have a block a run, each with its header. Most loggers write a row where the best value got better, and one for the last
evaluation; numbers between are then not on record. Maximised values are turned round (losses are their negatives).

BBOB's functions get our problems' ids, and their values, which are f − f_opt there, the reference 0. Folders that we
wrote get the names of the problems back.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.importing import bbob
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.folder import Folder, number, packed, whole
from hpobench_tui.importing.options import only
from hpobench_tui.importing.own import Table, Tables

DESCRIPTION = "an IOHprofiler folder: IOHprofiler_f….json with data files"
OUR_SUITE = "hpobench"
NO_VALUE = 1e300
"""What we write for a run without any value."""
BBOB = {"bbob", "unknown_suite"}
Json = Mapping[str, Any]


def recognises(path: Path) -> bool:
    """Whether there is an index."""
    if path.is_dir() or packed(path):
        return bool(_indexes(Folder(path)))
    return _is_index(path.name)


def runs(path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
    """A run a run, index by index.

    Raises:
        HpobenchError: an index or a data file is not what it should be.
    """
    only(options, DESCRIPTION)
    folder = Folder(path)
    indexes = [path.name] if path.is_file() and not packed(path) else _indexes(folder)
    if not indexes:
        raise HpobenchError(f"{path}: there is no IOHprofiler_f….json in it.")
    ours = Tables(folder)
    for name in indexes:
        yield from _of_index(folder, name, ours.of(name))


def _is_index(name: str) -> bool:
    file = name.rpartition("/")[2]
    return file.startswith("IOHprofiler_") and file.endswith(".json")


def _indexes(folder: Folder) -> list[str]:
    return [name for name in folder.ending(".json") if _is_index(name)]


def _of_index(folder: Folder, name: str, ours: Table) -> Iterator[ImportedRun]:
    where, index = folder.where(name), folder.json(name)
    if not isinstance(index, dict) or not isinstance(index.get("scenarios"), list):
        raise HpobenchError(f"{where}: an index has scenarios, a list; this one has none.")
    algorithm = index.get("algorithm")
    label = str(algorithm.get("name", "")) if isinstance(algorithm, dict) else str(algorithm or "")
    maximised = bool(index.get("maximization", index.get("maximisation", False)))
    for place, scenario in enumerate(index["scenarios"]):
        here = f"{where}: scenario {place}"
        if not isinstance(scenario, dict) or not isinstance(scenario.get("runs"), list):
            raise HpobenchError(f"{here} has no list of runs.")
        dimension = whole(scenario.get("dimension"), here, "dimension", 1)
        data = folder.beside(name, str(scenario.get("path", "")))
        if data is None:
            raise HpobenchError(f"{here}: its data file {shown(str(scenario.get('path')))} is not in the folder.")
        listed = scenario["runs"]
        yield from _of_scenario(folder, data, index, listed, dimension, label or "ioh", maximised, here, ours)


def _of_scenario(
    folder: Folder,
    data: str,
    index: Json,
    listed: list[Any],
    dimension: int,
    label: str,
    maximised: bool,
    here: str,
    ours: Table,
) -> Iterator[ImportedRun]:
    blocks = _blocks(folder, data)
    for place, told in enumerate(listed):
        if (block := next(blocks, None)) is None:
            raise HpobenchError(f"{here}: it lists {len(listed)} runs, but {folder.where(data)} has {place}.")
        if not isinstance(told, dict):
            raise HpobenchError(f"{here}: run {place} must be an object, not {shown(str(told))}.")
        header, rows = block
        instance = whole(told.get("instance", 0), f"{here}, run {place}", "instance")
        evaluations = whole(told["evals"], f"{here}, run {place}", "evals") if "evals" in told else None
        problem, reference, repetition = _named(index, dimension, instance, ours)
        trials = _trials(rows, header, -1.0 if maximised else 1.0, folder.where(data))
        yield ImportedRun(
            problem, label, trials, _repetition(told) if repetition is None else repetition, evaluations=evaluations,
            reference=reference,
            notes=("values were maximised: losses are their negatives",) * maximised + ours.notes(problem),
        )  # fmt: skip
    if next(blocks, None) is not None:
        raise HpobenchError(f"{here}: it lists {len(listed)} runs, but {folder.where(data)} has more.")


def _named(index: Json, dimension: int, instance: int, ours: Table) -> tuple[str, float | None, int | None]:
    """The problem, its reference, and the repetition where the instance is one."""
    function, suite = index.get("function_id"), str(index.get("suite", "")).lower()
    name = str(index.get("function_name") or f"f{function}")
    if suite == OUR_SUITE:  # ours: an instance is a repetition
        own = ours.at.get((function, dimension)) if isinstance(function, int) else None
        repetition = instance - 1 if instance else None
        return (own.problem, 0.0 if own.regrets else None, repetition) if own else (name, None, repetition)
    if isinstance(function, int) and 1 <= function <= 24 and suite in BBOB and not index.get("maximization"):
        known = bbob.problem(function, dimension, instance)
        if known is not None and (suite == "bbob" or _alike(name, known)):
            return known, 0.0, None
    return f"f{function}-{name}[d={dimension},instance={instance}]", None, None


def _alike(theirs: str, ours: str) -> bool:
    """Whether it is BBOB's function of that number, where the suite is not told: IOHexperimenter numbers many."""
    plain = ours.partition("/")[2].partition("[")[0].partition("-")[2].replace("-", "")
    return theirs.lower().replace("-", "").replace("_", "").replace("ue", "u").startswith(plain[:5])


def _repetition(told: Json) -> int | None:
    repetition = told.get("repetition")
    return repetition if isinstance(repetition, int) and not isinstance(repetition, bool) and repetition >= 0 else None


def _blocks(folder: Folder, data: str) -> Iterator[tuple[list[str], list[tuple[int, str]]]]:
    """Header and rows of each run."""
    header: list[str] | None = None
    rows: list[tuple[int, str]] = []
    for line, text in folder.lines(data):
        text = text.strip()
        if not text or text.startswith("%"):
            continue
        if text.startswith(("evaluations", '"function evaluation"')):
            if header is not None:
                yield header, rows
            header, rows = text.replace('"function evaluation"', "evaluations").replace('"', "").split(), []
        elif header is None:
            raise HpobenchError(f"{folder.where(data)}:{line}: a header (evaluations raw_y …) must come first.")
        else:
            rows.append((line, text))
    if header is not None:
        yield header, rows


def _trials(rows: list[tuple[int, str]], header: list[str], sign: float, where: str) -> Iterator[ImportedTrial]:
    names = ("raw_y", "current_y", "y")
    value = next((header.index(name) for name in names if name in header), None)
    if value is None:
        raise HpobenchError(f"{where}: a header needs the column raw_y, not {shown(' '.join(header))}.")
    parameters = {place: name for place, name in enumerate(header) if name[:1] == "x" and name[1:].isdigit()}
    others = {place: name for place, name in enumerate(header) if place not in (0, value, *parameters)}
    last = 0
    for line, text in rows:
        here, cells = f"{where}:{line}", text.split()
        if len(cells) != len(header):
            raise HpobenchError(f"{here}: {len(cells)} values for {len(header)} columns.")
        evaluation = whole(cells[0], here, "evaluations", 1)
        if evaluation == last:
            continue  # the last one, once more
        if evaluation < last:
            raise HpobenchError(f"{here}: evaluation {evaluation} comes after {last}.")
        last = evaluation
        loss: float | None = sign * number(cells[value], here, header[value])
        failed = loss is None or not isfinite(loss) or loss >= NO_VALUE
        yield ImportedTrial(
            evaluation - 1,
            {name: number(cells[place], here, name) for place, name in parameters.items()},
            None if failed else loss,
            status=TrialStatus.FAILED if failed else TrialStatus.DONE,
            metrics={
                name: number(cells[place], here, name) for place, name in others.items() if _is_number(cells[place])
            },
            error="no finite value" if failed else None,
        )


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False
