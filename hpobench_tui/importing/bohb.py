"""Run folders of HpBandSter's ``json_result_logger``: ``results.json`` with ``configs.json``, a JSON value a line.

A line of results is a trial, in the order in which they ended: ``[[iteration, stage, number], budget, times, result,
exception]``. Its result is ``{"loss": …, "info": …}``; without one it has failed. The budget is its fidelity, trained
from scratch, as HpBandSter does unless a worker sees to it. ``results.pkl`` is a pickle and never read.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.importing.budgets import Scale, scale
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.folder import Folder, number, packed, parsed
from hpobench_tui.importing.options import only

DESCRIPTION = "a run folder of BOHB (HpBandSter's json_result_logger): results.json and configs.json"
RESULTS, CONFIGS = "results.json", "configs.json"
Key = tuple[int, ...]


def recognises(path: Path) -> bool:
    """Whether there are results with their configurations."""
    if path.is_dir() or packed(path):
        return bool(_results(Folder(path)))
    return path.name == RESULTS and path.with_name(CONFIGS).is_file()


def runs(path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
    """A run a folder of results, in the order of their names.

    Raises:
        HpobenchError: a file is not what the logger writes.
    """
    only(options, DESCRIPTION)
    folder = Folder(path)
    names = [path.name] if path.is_file() and not packed(path) else _results(folder)
    if not names:
        pickled = folder.ending("results.pkl")
        why = f" {pickled[0]} is a pickle, which is never read." if pickled else ""
        raise HpobenchError(f"{path}: there is no {RESULTS} with {CONFIGS} in it.{why}")
    root = path.resolve().name if path.is_dir() else path.resolve().parent.name if not packed(path) else path.stem
    for name in names:
        yield _run(folder, name, root or "bohb")


def _results(folder: Folder) -> list[str]:
    found = [name for name in folder.ending(RESULTS) if name.rpartition("/")[2] == RESULTS]
    return [name for name in found if folder.beside(name, CONFIGS)]


def _run(folder: Folder, name: str, problem: str) -> ImportedRun:
    where, configurations = folder.where(name), _configurations(folder, str(folder.beside(name, CONFIGS)))
    entries = sorted(
        (
            _entry(parsed(text, f"{where}:{line}"), f"{where}:{line}")
            for line, text in folder.lines(name)
            if text.strip()
        ),
        key=lambda entry: entry[3],
    )
    if not entries:
        raise HpobenchError(f"{where} is empty: there are no results in it.")
    levels = scale([budget for _, budget, *_ in entries], (), where)
    assert levels is not None
    return ImportedRun(
        problem, "bohb", _trials(entries, configurations, levels, where), unit=Unit.FIDELITY, fidelity=levels.name,
        minimum=levels.least, maximum=levels.most, notes=levels.notes,
    )  # fmt: skip


def _configurations(folder: Folder, name: str) -> dict[Key, dict[str, Any]]:
    found = {}
    for line, text in folder.lines(name):
        if not text.strip():
            continue
        where = f"{folder.where(name)}:{line}"
        told = parsed(text, where)
        if not (isinstance(told, list) and len(told) >= 2 and isinstance(told[1], dict)):
            raise HpobenchError(f"{where}: must be [identity, configuration, …], not {shown(text)}.")
        found[_key(told[0], where)] = {str(key): value for key, value in told[1].items() if value is not None}
    return found


def _key(told: object, where: str) -> Key:
    if isinstance(told, list) and told and all(isinstance(part, int) for part in told):
        return tuple(told)
    raise HpobenchError(f"{where}: an identity is a list of whole numbers, not {shown(str(told))}.")


Entry = tuple[Key, float, float | None, float, float | None, str | None, Mapping[str, float]]
"""Identity, budget, seconds, when it ended, loss, why it has none, metrics."""


def _entry(told: object, where: str) -> Entry:
    if not (isinstance(told, list) and len(told) == 5):
        raise HpobenchError(f"{where}: must be [identity, budget, times, result, exception], not {shown(str(told))}.")
    identity, budget, times, result, exception = told
    stamps = times if isinstance(times, dict) else {}
    started, ended = (
        number(stamps[name], where, name) if stamps.get(name) is not None else None for name in ("started", "finished")
    )
    seconds = max(0.0, ended - started) if started is not None and ended is not None else None
    loss, info = (result.get("loss"), result.get("info")) if isinstance(result, dict) else (result, None)
    value = None if loss is None else number(loss, where, "loss")
    failed = exception is not None or value is None or not isfinite(value)
    reason = (str(exception).strip() or "it failed") if exception is not None else "no finite loss"
    return (
        _key(identity, where), number(budget, where, "budget"), seconds, float("inf") if ended is None else ended,
        None if failed else value, reason if failed else None, _metrics(info),
    )  # fmt: skip


def _metrics(info: object) -> dict[str, float]:
    """What of a result's ``info`` are numbers."""
    told = info if isinstance(info, dict) else {}
    return {
        str(key): float(value)
        for key, value in told.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    }


def _trials(
    entries: list[Entry], configurations: Mapping[Key, dict[str, Any]], levels: Scale, where: str
) -> Iterator[ImportedTrial]:
    for place, (key, budget, seconds, _ended, loss, error, metrics) in enumerate(entries):
        if key not in configurations:
            raise HpobenchError(f"{where}: {CONFIGS} has no configuration {list(key)}.")
        if error and "\n" in error:  # a traceback: its last line says what went wrong
            error = f"{error.splitlines()[-1]}\n{error}"
        yield ImportedTrial(
            place, configurations[key], loss, fidelity=levels.of(budget), seconds=seconds,
            status=TrialStatus.DONE if error is None else TrialStatus.FAILED, metrics=metrics, error=error,
        )  # fmt: skip
