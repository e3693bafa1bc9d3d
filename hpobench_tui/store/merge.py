"""Stores of several machines as one: the runs of each, once, in the matrix of all of them.

Nothing is taken on trust: what decides results must be equal (:func:`joined`), and so must runs that several have
(:func:`_unlike`), all but what is measured in seconds. What no store has waits in the new one, to be resumed.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

from hpobench_tui.core.columns import Cell, columns, names
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import MAX_RUNS, Contender, Experiment
from hpobench_tui.core.identity import Identity, histories
from hpobench_tui.core.identity import key as key_of
from hpobench_tui.core.nearest import some
from hpobench_tui.core.own_code import OwnCode, updated
from hpobench_tui.core.problem import is_measured
from hpobench_tui.core.progress import position
from hpobench_tui.core.shards import Shard
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store import schema, seals, writer
from hpobench_tui.store.experiment_json import experiment_to_json
from hpobench_tui.store.reader import Reader, RunRow

Place: TypeAlias = tuple[str, str, int]
"""Problem, label and repetition."""
Refusal: TypeAlias = Callable[[str, Contender], str | None]
"""Why a pair cannot run, None if it can."""
DECISIVE = ("seed", "simulation", "evaluations", "synchronous", "record", "limits", "device")
"""What of an experiment must be equal, beside budgets, contenders and left out pairs."""
OWN = {"id", "run", "attempts", "digests", "seal", "revision", "activity", "device", "code", "targets"}
"""Columns that are a machine's own, beside what is measured in seconds."""
NOT_COPIED = ("digests", "seal", "revision")
CHUNK = 20_000
MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Source:
    """A store to be merged, under the name that tells it from the others."""

    name: str
    reader: Reader
    experiment: Experiment
    runs: Mapping[Place, RunRow]
    seconds: float


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge comes to.

    Attributes:
        experiment: The whole matrix.
        taken: The source of each run, and its row there; None: no source has it.
        shared: How many runs several have, and are equal.
        sources: The names of the stores.
        missing_shards: Those that would bring runs which no source has.
        commands: What runs all that is missing or unfinished, and nothing twice.
    """

    experiment: Experiment
    taken: tuple[tuple[Source, RunRow] | None, ...]
    shared: int
    sources: tuple[str, ...] = ()
    missing_shards: tuple[Shard, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are taken from each store."""
        taken = Counter(copy[0].name for copy in self.taken if copy is not None)
        return {name: taken[name] for name in self.sources}

    @property
    def unfinished(self) -> int:
        """How many of the runs that are taken have not ended."""
        return sum(copy is not None and not copy[1].ended for copy in self.taken)

    @property
    def missing(self) -> list[Place]:
        """The runs of the matrix that no source has."""
        pairs = zip(self.experiment.runs(), self.taken, strict=True)
        return [(key.problem, key.contender.label, key.repetition) for key, found in pairs if found is None]


def sources(readers: Sequence[Reader]) -> list[Source]:
    """The stores, each under the name of its folder.

    Raises:
        HpobenchError: one is not as it was written.
    """
    found: list[Source] = []
    named: Counter[str] = Counter()
    for reader in readers:
        reader.refuse_changed()
        row = reader.experiment()
        folder = reader.folder.resolve().name
        name = folder
        while name in named:
            named[folder] += 1
            name = f"{folder} ({named[folder]})"
        named[name] = 1
        runs = {(run.problem, run.label, run.repetition): run for run in reader.runs()}
        found.append(Source(name, reader, row.experiment, runs, row.seconds))
    return found


def plan(found: Sequence[Source], refusal: Refusal) -> Merged:
    """Which run is taken from where: a finished copy before an unfinished one, and of those the one with more trials.

    Args:
        refusal: For pairs that no source knows.

    Raises:
        HpobenchError: they are not parts of one experiment, or ended copies of a run differ; says in what.
    """
    experiment = joined(found, refusal)
    everywhere: dict[Place, list[tuple[Source, RunRow]]] = {}
    for source in found:
        for place, run in source.runs.items():
            everywhere.setdefault(place, []).append((source, run))
    if (count := experiment.size()) > MAX_RUNS:
        raise HpobenchError(
            f"together they have {count} runs, more than the {MAX_RUNS} that one experiment may have. Merge some of"
            " them; `hpobench show`, `compare` and `export` take several experiments beside each other."
        )
    keys = experiment.runs()
    taken: list[tuple[Source, RunRow] | None] = []
    unlike: list[str] = []
    shared = 0
    for key in keys:
        place = key.problem, key.contender.label, key.repetition
        copies = everywhere.get(place, [])
        ended = [copy for copy in copies if copy[1].ended]
        shared += len(ended) > 1
        for other in ended[1:]:
            name = f"{place[1]} on {place[0]}, repetition {place[2]}"
            unlike += [f"{name}: {difference}" for difference in _unlike(ended[0], other)]
        taken.append(next(iter(ended or sorted(copies, key=lambda copy: -copy[1].trials)), None))
    if unlike:
        more = f"\n… and {len(unlike) - MOST_TOLD} more runs" if len(unlike) > MOST_TOLD else ""
        lines = "\n".join(f"  {line}" for line in unlike[:MOST_TOLD])
        raise HpobenchError(
            f"{len(unlike)} of the {shared} runs that several of them have differ, and should be equal:\n{lines}{more}"
        )
    return Merged(experiment, tuple(taken), shared, tuple(source.name for source in found))


def joined(found: Sequence[Source], refusal: Refusal) -> Experiment:
    """The one experiment that all are parts of, with all problems, contenders and repetitions.

    Raises:
        HpobenchError: they are none; names what differs.
    """
    first = found[0].experiment
    problems = {problem: None for source in found for problem in source.experiment.problems}
    contenders: dict[str, Contender] = {}
    skipped: dict[tuple[str, str], str] = {}
    code = OwnCode()
    for source in found:
        code = updated(source.experiment.code, code)
        contenders = {c.label: c for c in source.experiment.contenders} | contenders
        skipped |= {(problem, label): reason for problem, label, reason in source.experiment.skipped}
    if differences := list(dict.fromkeys(_differences(found))):
        raise HpobenchError("they are no parts of one experiment:\n" + "\n".join(f"  {line}" for line in differences))
    labels = list(dict.fromkeys(c.label for source in found for c in source.experiment.contenders))
    known = {(p, c.label) for s in found for p in s.experiment.problems for c in s.experiment.contenders}
    for problem in problems:
        for label in labels:
            if (problem, label) not in known and (reason := refusal(problem, contenders[label])):
                skipped[problem, label] = reason
    return replace(
        first,
        problems=tuple(problems),
        contenders=tuple(contenders[label] for label in labels),
        budgets={p: b for source in reversed(found) for p, b in source.experiment.budgets.items()},
        repetitions=max(source.experiment.repetitions for source in found),
        skipped=tuple((problem, label, reason) for (problem, label), reason in skipped.items()),
        notes=tuple(dict.fromkeys(note for source in found for note in source.experiment.notes)),
        code=code,
        only=None,
        shard=None,
        earlier=(),
    )


def _differences(found: Sequence[Source]) -> Iterator[str]:
    """Each store is held against the first that knows a thing, not against every other: thousands may be merged."""
    first, *others = found
    for source in others:
        names = f"in {first.name}, and in {source.name}"
        one, other = first.experiment, source.experiment
        for field in DECISIVE:
            if (a := getattr(one, field)) != (b := getattr(other, field)):
                yield f"{field}: {_said(a)} {names} {_said(b)}"
    known = _Known()
    for source in found:
        yield from known.differences(source)


class _Known:
    """What the stores so far know, each thing with the first of them that knows it."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], tuple[Source, Any]] = {}
        self._codes: dict[tuple[str, str], list[tuple[Source, Mapping[int, Identity]]]] = {}
        """All that differ: that two are the same as a third does not make them the same (``Identity.same``)."""

    def _others(self, source: Source, kind: str, things: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
        """(thing, both stores' names, what the first says of it, what this one says) where that is not equal."""
        for thing, own in things.items():
            first, was = self._first.setdefault((kind, thing), (source, own))
            if was != own:
                yield thing, f"in {first.name}, and in {source.name}", was, own

    def differences(self, source: Source) -> Iterator[str]:
        """In what a store is unlike those before it, which it then belongs to."""
        experiment, described = source.experiment, _described(source)
        for problem, where, was, own in self._others(source, "budget", experiment.budgets):
            yield f"budget of {problem}: {was} {where} {own}"
        settings = {c.label: (c.optimizer, dict(c.parameters)) for c in experiment.contenders}
        for label, where, was, own in self._others(source, "contender", settings):
            yield f"{label}: {was[0]} with {_said(was[1])} {where} {own[0]} with {_said(own[1])}"
        yield from self._differences_in_pairs(source)
        for name, where, _, _ in self._others(source, "file", experiment.code.sources):
            yield f"{name}: another file {where}"
        yield from self._differences_in_code(source)
        for problem, cells in described.items():
            for name, where, was, own in self._others(source, f"described {problem}", cells):
                yield f"{name} of {problem}: {_said(was)} {where} {_said(own)}"
        marks = source.reader.landmarks()
        own_marks = {p: marks.get(p, []) for p in described if p in marks or ("marks", p) in self._first}
        for problem, where, _, _ in self._others(source, "marks", own_marks):
            yield f"known solutions of {problem} are others {where}"

    def _differences_in_code(self, source: Source) -> Iterator[str]:
        for subject, codes in histories(source.reader.manifest()).items():
            known = self._codes.setdefault(subject, [])
            for first, was in known:
                if list(codes) != list(was) or not all(codes[number].same(was[number]) for number in codes):
                    where = f"in {first.name}, and in {source.name}"
                    yield f"code of {' '.join(subject)}: {_codes(was)} {where} {_codes(codes)}"
            if all(codes != was for _, was in known):
                known.append((source, codes))

    def _differences_in_pairs(self, source: Source) -> Iterator[str]:
        """Pairs that one leaves out, and another runs."""
        experiment = source.experiment
        skips = {(problem, label) for problem, label, _ in experiment.skipped}
        runs = {(problem, c.label) for problem in experiment.problems for c in experiment.contenders} - skips
        for does, others, pairs in (("left out", "run", skips), ("run", "left out", runs)):
            for problem, label in sorted(pairs):
                self._first.setdefault((does, problem, label), (source, None))
                if (found := self._first.get((others, problem, label))) is not None:
                    runner, leaver = (found[0], source) if does == "left out" else (source, found[0])
                    yield f"{label} on {problem}: runs in {runner.name}, and is left out in {leaver.name}"


def _described(source: Source) -> dict[str, dict[str, Any]]:
    """By problem, what a store knows of it."""
    listed = (*seals.OF_PROBLEM, "targets")
    one_of_each = {run.problem: run for run in source.runs.values()}
    return {problem: {name: getattr(run, name) for name in listed} for problem, run in one_of_each.items()}


def _codes(history: Mapping[int, Identity]) -> str:
    return "; then ".join(map(str, history.values()))


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={own}" for name, own in value.items()) or "no settings"
    return "none" if value is None else str(value)


def _unlike(one: tuple[Source, RunRow], other: tuple[Source, RunRow]) -> Iterator[str]:
    """In what two ended copies of a run differ, all but times: the first that does."""
    for table in (schema.RUN, *seals.OF_RUNS):
        listed = [c.name for c in columns(table.columns) if c.unit != "s" and c.name not in OWN]
        for a, b in zip_longest(*(_rows(copy, table, listed) for copy in (one, other))):
            if a is None or b is None:
                yield f"{(one if b is None else other)[0].name} has more rows of {table.name}"
                return
            for name in listed:
                if a[name] != b[name]:
                    at = f" of trial {a['number']}" if "number" in a else ""
                    names = f"in {one[0].name}, and in {other[0].name}"
                    yield f"{table.name}.{name}{at} is {_short(a[name])} {names} {_short(b[name])}"
                    return


def _rows(copy: tuple[Source, RunRow], table: schema.Table, listed: Sequence[str]) -> Iterator[dict[str, Cell]]:
    """A run's rows; of progress those at the positions that trials are counted by: which others depends on times."""
    source, run = copy
    where = f"WHERE {'id' if table is schema.RUN else 'run'} = ? ORDER BY {table.key}"
    for cells in source.reader.stored(table, listed, where, run.id):
        row = dict(zip(listed, cells, strict=True))
        if table is schema.PROGRESS and position(int(row["number"]) + 1) != int(row["number"]) + 1:
            continue
        if row.get("error"):  # below its first line stand the places of files
            row["error"] = first_line(str(row["error"]))
        if row.get("metrics"):
            with source.reader.readable():
                said = json.loads(str(row["metrics"]))
                row["metrics"] = json.dumps({name: value for name, value in said.items() if not is_measured(name)})
        yield row


def _short(cell: Cell) -> str:
    text = repr(cell)
    return text if len(text) <= 80 else f"{text[:77]}…"


def write(merged: Merged, found: Sequence[Source], folder: Path) -> None:
    """Make the store in ``folder``, which must exist; all or nothing.

    Raises:
        HpobenchError: the folder cannot be written.
    """
    keys = enumerate(merged.experiment.runs())
    numbers = {(key.problem, key.contender.label, key.repetition): number for number, key in keys}
    ids = {  # of runs there, to those here
        id(source): {run.id: numbers[place] for place, run in source.runs.items() if place in numbers}
        for source in found
    }
    open_runs = any(copy is None or not copy[1].ended for copy in merged.taken)
    writer.make(
        folder,
        {
            "id": 0, "name": merged.experiment.name, "spec": experiment_to_json(merged.experiment),
            "status": ExperimentStatus.WAITING if open_runs else ExperimentStatus.FINISHED, "created": time.time(),
            "seconds": sum(source.seconds for source in found),
        },
        _run_rows(merged, found),
        manifest=_manifests(found),
        landmarks=_landmarks(found),
        events=_events(merged, found, ids),
        fill=lambda connection: _copy(connection, merged),
    )  # fmt: skip


def _run_rows(merged: Merged, found: Sequence[Source]) -> Iterator[dict[str, Cell]]:
    listed = [name for name in names(schema.RUN.columns) if name not in NOT_COPIED]
    like: dict[str, dict[str, Cell]] = {}  # by problem, what is known of it
    for source in found:
        for run in source.runs.values():
            if run.problem not in like:
                cells = _cells(source.reader, run.id, listed)
                like[run.problem] = {name: cells[name] for name in (*seals.IDENTITY, "targets")}
    for number, (key, copy) in enumerate(zip(merged.experiment.runs(), merged.taken, strict=True)):
        if copy is not None:
            source, run = copy
            cells = _cells(source.reader, run.id, listed) | {"id": number, "activity": None}
            yield cells | ({"status": RunStatus.WAITING} if run.status in (RunStatus.RUNNING, RunStatus.PAUSED) else {})
            continue
        problem_seed, optimizer_seed = merged.experiment.seeds(key)
        yield like[key.problem] | {
            "id": number, "optimizer": key.contender.optimizer, "label": key.contender.label,
            "repetition": key.repetition, "problem_seed": problem_seed, "optimizer_seed": optimizer_seed,
            "status": RunStatus.WAITING,
        }  # fmt: skip


def _cells(reader: Reader, run: int, listed: Sequence[str]) -> dict[str, Cell]:
    ((row),) = reader.stored(schema.RUN, listed, "WHERE id = ?", run)
    return dict(zip(listed, row, strict=True))


def _manifests(found: Sequence[Source]) -> dict[str, str]:
    """What is equal in all, and what code ran, under its own name; and all of each under the name of its store."""
    own = [source.reader.manifest() for source in found]
    known = [histories(manifest) for manifest in own]
    codes = {
        key_of(subject, number): manifest[key_of(subject, number)]
        for manifest, subjects in reversed(list(zip(own, known, strict=True)))
        for subject, by_number in subjects.items()
        for number in by_number
    }
    common = {key: value for key, value in own[0].items() if all(other.get(key) == value for other in own)}
    return (
        common
        | codes
        | {
            f"{source.name}/{key}": value
            for source, manifest in zip(found, own, strict=True)
            for key, value in manifest.items()
        }
    )


def _landmarks(found: Sequence[Source]) -> list[dict[str, Cell]]:
    marks = {problem: own for source in found for problem, own in source.reader.landmarks().items()}
    return [
        {"problem": problem, "name": mark.name, "loss": mark.loss, "source": mark.source}
        for problem, own in marks.items()
        for mark in own
    ]


def _events(merged: Merged, found: Sequence[Source], ids: Mapping[int, Mapping[int, int]]) -> Iterable[dict[str, Cell]]:
    lines: list[dict[str, Cell]] = [
        {"time": at, "level": level, "run": None if run is None else ids[id(source)].get(run), "message": message}
        for source in found
        for at, level, run, message in source.reader.stored(
            schema.EVENT, ("time", "level", "run", "message"), "ORDER BY id"
        )
    ]
    lines.sort(key=lambda line: float(line["time"] or 0.0))
    now = time.time()
    of = some([f"{name} ({count} runs)" for name, count in merged.counts.items()])
    lines.append({"time": now, "level": "info", "message": f"merged from {of}"})
    if missing := len(merged.missing):
        text = f"{missing} of {len(merged.taken)} runs are in none of the merged experiments"
        lines.append({"time": now, "level": "warning", "message": text})
    return lines


def _copy(connection: sqlite3.Connection, merged: Merged) -> None:
    """The rows of trials, progress and reports of all runs, under their new numbers."""
    for number, copy in enumerate(merged.taken):
        if copy is None:
            continue
        source, run = copy
        for table in seals.OF_RUNS:
            _, *listed = names(table.columns)  # the first is the run
            query = f"SELECT {', '.join(listed)} FROM {table.name} WHERE run = ?"
            insert = schema.insert(table, ("run", *listed))
            connection.executemany(insert, ((number, *row) for row in source.reader._each(query, run.id)))
