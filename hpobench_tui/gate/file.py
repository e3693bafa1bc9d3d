"""Baselines as small JSON files to commit: sorted, a line a run, so that a change is a readable diff.

A file may be anybody's: it is read as data alone, every value of it is looked at, and what is wrong is said with its
place.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import TypeVar

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.describe import message
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import MAX_RUNS
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.status import RunStatus
from hpobench_tui.core.text import as_json
from hpobench_tui.export.replacing import replacing
from hpobench_tui.gate.baseline import Baseline, OfProblem, OfRun, Place

FORMAT = "hpobench baseline"
VERSION = 1
COLUMNS = ("repetition", "seeds", "status", "value", "trials", "failed trials", "digest of trials")
MOST_BYTES = 256 * 2**20
MOST = 2**62
_STATUSES = [str(status) for status in RunStatus if status.ended]
_HEX = frozenset("0123456789abcdef")
Value = TypeVar("Value")


def to_text(baseline: Baseline) -> str:
    """The file's text; equal for equal baselines."""
    problems = [f"{as_json(name)}: {as_json(asdict(own))}" for name, own in sorted(baseline.problems.items())]
    places = []
    for place, runs in sorted(baseline.runs.items()):
        head = {
            "problem": place[0],
            "label": place[1],
            "ask and tell (s a trial)": _rounded(baseline.seconds.get(place)),
        }
        rows = ",\n".join(f"  {as_json(_row(run))}" for run in sorted(runs, key=lambda run: run.repetition))
        places.append(f'{as_json(head)[:-1]}, "runs": [\n{rows}\n ]}}')
    parts = {
        "format": as_json(FORMAT),
        "version": str(VERSION),
        "experiment": as_json(baseline.experiment),
        "versions": as_json(dict(sorted(baseline.versions.items())), indent=1).replace("\n", "\n "),
        "code": as_json(dict(sorted(baseline.code.items())), indent=1).replace("\n", "\n "),
        "problems": _block("{", problems, "}"),
        "columns": as_json(COLUMNS),
        "results": _block("[", places, "]"),
    }
    return "{\n" + ",\n".join(f" {as_json(name)}: {text}" for name, text in parts.items()) + "\n}\n"


def _block(begin: str, lines: list[str], end: str) -> str:
    return f"{begin}\n" + ",\n".join(f" {line}" for line in lines) + f"\n {end}"


def _row(run: OfRun) -> list[object]:
    return [run.repetition, run.seeds, str(run.status), run.value, run.trials, run.failed, run.digest]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds:.2g}")


def write(baseline: Baseline, path: Path, force: bool = False) -> None:
    """Write a file aside and rename it. An earlier baseline takes its place; nothing else does, unless ``force``.

    Raises:
        HpobenchError: it cannot be written, or something else lies there.
    """
    if not force and os.path.lexists(path) and not _is_baseline(path):
        raise HpobenchError(f"{path} is there and is no baseline: give another file, or --force to replace it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(to_text(baseline).encode())
    except OSError as error:
        raise HpobenchError(f"{path} cannot be written: {error.strerror or message(error)}.") from error


def _is_baseline(path: Path) -> bool:
    try:
        with open(path, "rb") as stream:
            return as_json(FORMAT).encode() in stream.read(1000)
    except OSError:
        return False


def read(path: Path) -> Baseline:
    """What a file holds.

    Raises:
        HpobenchError: it cannot be read, or is no baseline of this version; says where it is wrong.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise HpobenchError(f"{path} is too large for a baseline: {MOST_BYTES >> 20} MB are the most.")
        data = json.loads(path.read_bytes(), parse_constant=_refuse)
        json.dumps(data, ensure_ascii=False).encode()  # no text that UTF-8 cannot hold: it would be written as another
    except OSError as error:
        raise HpobenchError(f"{path} cannot be read: {error.strerror or message(error)}.") from error
    except (ValueError, RecursionError) as error:
        raise HpobenchError(f"{path} is no baseline: it is no JSON ({message(error)}). {_ADVICE}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise HpobenchError(f'{path} is no baseline: it does not say "format": "{FORMAT}". {_ADVICE}')
    if data.get("version") != VERSION:
        raise HpobenchError(
            f"{path} is a baseline of version {shown(str(data.get('version')))}; this program reads {VERSION}."
            f" {_ADVICE}"
        )
    try:
        return _baseline(data)
    except (_WrongError, OverflowError) as error:
        raise HpobenchError(f"{path} is a damaged baseline: {error}. {_ADVICE}") from error


_ADVICE = "`hpobench baseline create EXPERIMENT -o FILE` writes one."


class _WrongError(Exception):
    """What is wrong with a value, and where."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _baseline(data: Mapping[str, object]) -> Baseline:
    problems = {name: _of_problem(own, f"problems, {shown(name)}") for name, own in _mapping(data, "problems").items()}
    if data.get("columns") != list(COLUMNS):
        raise _WrongError(f"columns: must be {', '.join(COLUMNS)}")
    runs: dict[Place, tuple[OfRun, ...]] = {}
    seconds: dict[Place, float] = {}
    for number, own in enumerate(_list(data.get("results"), "results")):
        where = f"results, entry {number + 1}"
        if not isinstance(own, dict):
            raise _WrongError(f"{where}: must be an object")
        place = _text(own.get("problem"), f"{where}, problem"), _text(own.get("label"), f"{where}, label")
        if place[0] not in problems:
            raise _WrongError(f"{where}: its problem {shown(place[0])} is not among problems")
        if place in runs:
            raise _WrongError(f"{where}: {shown(place[1])} on {shown(place[0])} is there twice")
        rows = _list(own.get("runs"), f"{where}, runs")
        runs[place] = tuple(_of_run(row, f"{where}, run {n + 1}") for n, row in enumerate(rows))
        if len({run.repetition for run in runs[place]}) < len(rows):
            raise _WrongError(f"{where}: a repetition is there twice")
        if (cost := own.get("ask and tell (s a trial)")) is not None:
            seconds[place] = _number(cost, f"{where}, ask and tell")
    if not any(runs.values()) or sum(map(len, runs.values())) > MAX_RUNS:
        raise _WrongError("results: there are none, or too many")
    versions, code = (
        {name: _text(value, f"{part}, {shown(name)}") for name, value in _mapping(data, part).items()}
        for part in ("versions", "code")
    )
    return Baseline(_text(data.get("experiment"), "experiment"), versions, code, problems, runs, seconds)


def _of_problem(data: object, where: str) -> OfProblem:
    names = [field.name for field in fields(OfProblem)]
    if not isinstance(data, dict) or set(data) != set(names):
        raise _WrongError(f"{where}: must have {', '.join(names)}")
    return OfProblem(
        unit=_one_of(data["unit"], [str(unit) for unit in Unit], f"{where}, unit"),
        budget=_budget(data["budget"], f"{where}, budget"),
        fidelity=None if data["fidelity"] is None else _text(data["fidelity"], f"{where}, fidelity"),
        measure=_one_of(data["measure"], [each.value for each in Measure], f"{where}, measure"),
        reference=_number(data["reference"], f"{where}, reference"),
        tolerance=_at_least_0(_number(data["tolerance"], f"{where}, tolerance"), f"{where}, tolerance"),
    )


def _of_run(data: object, where: str) -> OfRun:
    row = _list(data, where)
    if len(row) != len(COLUMNS):
        raise _WrongError(f"{where}: has {len(row)} values, must have {len(COLUMNS)}")
    repetition, seeds, status, value, trials, failed, digest = row
    run = OfRun(
        repetition=_whole(repetition, f"{where}, repetition"),
        seeds=_hexadecimal(seeds, f"{where}, seeds"),
        status=RunStatus(_one_of(status, _STATUSES, f"{where}, status")),
        value=None if value is None else _number(value, f"{where}, value"),
        trials=_whole(trials, f"{where}, trials"),
        failed=_whole(failed, f"{where}, failed trials"),
        digest=_hexadecimal(digest, f"{where}, digest"),
    )
    if run.failed > run.trials:
        raise _WrongError(f"{where}: {run.failed} failed trials of {run.trials}")
    return run


def _mapping(data: Mapping[str, object], name: str) -> dict[str, object]:
    if not isinstance(found := data.get(name), dict):
        raise _WrongError(f"{name}: must be an object")
    return found


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise _WrongError(f"{where}: must be a list")
    return data


def _checked(value: Value, right: Callable[[Value], bool], what: str, where: str) -> Value:
    if not right(value):
        raise _WrongError(f"{where}: must be {what}, not {shown(str(value))}")
    return value


def _text(value: object, where: str) -> str:
    return str(_checked(value, lambda own: isinstance(own, str), "a text", where))


def _one_of(value: object, valid: list[str], where: str) -> str:
    return str(_checked(value, lambda own: own in valid, f"one of {', '.join(valid)}", where))


def _whole(value: object, where: str) -> int:
    if type(value) is not int or not 0 <= value < MOST:
        raise _WrongError(f"{where}: must be a whole number from 0, not {shown(str(value))}")
    return value


def _number(value: object, where: str) -> float:
    if type(value) not in (int, float) or not isfinite(value):  # type: ignore[arg-type]
        raise _WrongError(f"{where}: must be a finite number, not {shown(str(value))}")
    return float(value)  # type: ignore[arg-type]


def _at_least_0(value: float, where: str) -> float:
    return _checked(value, lambda own: own >= 0, "0 or more", where)


def _hexadecimal(value: object, where: str) -> str:
    own = _text(value, where)
    return _checked(own, lambda text: 0 < len(text) <= 128 and _HEX.issuperset(text), "hexadecimal digits", where)


def _budget(value: object, where: str) -> str:
    own = _text(value, where)
    try:
        right = len(own) < 100 and Fraction(own) > 0 and str(Fraction(own)) == own
    except (ValueError, ZeroDivisionError):
        right = False
    return _checked(own, lambda _: right, "an amount above 0, as in 50 or 5/2", where)
