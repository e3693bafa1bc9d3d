"""JSON that front ends read of processes of ours, where others' code may print as well, and of files of theirs.

An input is a line that says who reads it, then what that reads.
"""

import json
import os
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from benchmarks.fuzz import mutations
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.lines import object_of
from hpobench_tui.engine.front import plans
from hpobench_tui.engine.front.looks import Looks
from hpobench_tui.gate import file as baselines
from hpobench_tui.tui import settings
from hpobench_tui.tui.feed.matters import read as matters
from hpobench_tui.tui.panels.compare.part import Found

DEPTHS = ("nothing in it", "read")
ENDING = ".lines"
PRINTED = b"loading \xff\xfe weights 42%\n3\n[1]\n"
REAL: Mapping[str, list[bytes]] = {
    "looks": [b'{"id": 1, "done": 3, "total": 9}\n{"id": 1, "answer": {"arms": []}}\n', b'{"id": 1, "wrong": "no"}\n'],
    "compare": [
        b'{"about": {"names": ["a"], "labels": ["x", "y"], "problems": ["p"], "runs": 3, "notes": []}}\n'
        b'{"compared": {"why": "too few"}}\n{"read": [1, 3]}\n{"error": "gone"}\n'
    ],
    "plans": [b'{"brackets": [[2, [[9, 1], [3, 3], [1, 9]]], [1, [[3, 3]]]]}\n', PRINTED + b'{"brackets": []}\n3\n'],
    "matters": [
        b'{"importance": {"hyperparameters": [{"name": "x", "importance": 0.5, "low": 0.1, "high": 0.9, "n": 3}],'
        b' "pairs": [{"one": "x", "other": "y", "share": 0.1, "low": 0, "high": 1, "n": 3}], "trials": 9,'
        b' "notes": ["a"]}}\n'
    ],
    "settings": [b'{"columns": {"runs": ["a", "b"]}, "theme": {"name": "dark"}}'],
    "baseline": [
        b'{"format": "hpobench baseline", "version": 1, "experiment": "e", "versions": {"a": "1"}, "code": {"a": "x"},'
        b' "problems": {"p": {"unit": "evaluations", "budget": "5/2", "fidelity": null, "measure": "regret",'
        b' "reference": 0.0, "tolerance": 0.0}}, "columns": [], "results": [{"problem": "p", "label": "l",'
        b' "ask and tell (s a trial)": 0.1, "runs": [[0, "ab", "done", 0.5, 3, 1, "cd"]]}]}'
    ],
}


def seeds(place: Path) -> list[bytes]:
    made = json.loads(REAL["baseline"][0])
    made |= {"format": baselines.FORMAT, "version": baselines.VERSION, "columns": list(baselines.COLUMNS)}
    made["problems"]["p"]["measure"] = next(iter(baselines.Measure)).value
    real = {**REAL, "baseline": [json.dumps(made).encode()] * 2}
    return [name.encode() + b"\n" + text for name, texts in real.items() for text in (*texts, *texts)]


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    data, other = chance.choice(pool), chance.choice(pool)
    name, _, body = data.partition(b"\n")
    body = mutations.of_json(chance, body, other.partition(b"\n")[2])
    if chance.random() < 0.1:
        body = PRINTED + body
    return name + b"\n" + body


def _looks(data: bytes, place: Path) -> Fed:
    looks, (reading, writing) = Looks(place), os.pipe()
    with os.fdopen(reading, "rb") as source:
        with os.fdopen(writing, "wb") as sink:
            sink.write(data[:60_000] + b"\n")
        looks._process = SimpleNamespace(stdout=source, wait=lambda: 0)  # type: ignore[assignment]
        looks._open = {1, 2}
        answer = looks.heard(1)
        return Fed(int(answer is not None), str(answer)[:20])


def _compare(data: bytes, place: Path) -> Fed:
    found = Found()
    for line in data.split(b"\n"):
        if said := object_of(line):
            found = found.with_line(said)
    return Fed(int(bool(found.said)), " ".join(found.said))


def _plans(data: bytes, place: Path) -> Fed:
    found = plans.planned(data.decode(errors="replace"))
    return Fed(int(found is not None), f"{found and len(found)}")


def _matters(data: bytes, place: Path) -> Fed:
    with suppress(KeyError, TypeError, ValueError, OverflowError):  # what it says that it raises
        return Fed(1, f"{len(matters((object_of(data) or {})['importance'], 3).pairs)}")
    return Fed(0)


def _settings(data: bytes, place: Path) -> Fed:
    file = place / "app.json"
    file.write_bytes(data)
    os.environ[settings.VARIABLE] = str(file)
    settings._known.clear()
    found = settings.get("columns", "runs")
    settings.put("columns", "runs", ["c"])
    settings._known.clear()
    assert settings.get("columns", "runs") == ["c"], "what was put is not kept"
    return Fed(1, type(found).__name__)


def _baseline(data: bytes, place: Path) -> Fed:
    file = place / "baseline.json"
    file.write_bytes(data)
    found = baselines.read(file)
    again = place / "again.json"
    baselines.write(found, again)
    written = replace(baselines.read(again), seconds=found.seconds)  # which are rounded
    assert written == found, "what is written of it is another one"
    return Fed(1, f"{len(found.runs)}")


READERS: Mapping[str, Callable[[bytes, Path], Fed]] = {
    "looks": _looks, "compare": _compare, "plans": _plans, "matters": _matters, "settings": _settings,
    "baseline": _baseline,
}  # fmt: skip


def feed(data: bytes, place: Path) -> Fed:
    name, _, body = data.partition(b"\n")
    try:
        return READERS[name.decode(errors="replace")](body, place)
    except HpobenchError as error:
        return heard(error, 0)
