"""Stores of several machines as one: the runs of each, once, in the matrix of all of them.

Nothing is taken on trust: what decides results must be equal (:func:`joined`), and so must runs that several have
(:func:`_unlike`), all but what is measured in seconds. What no store has waits in the new one, to be resumed.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

from hpobench_tui.core.columns import Cell, columns, names
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.identity import Identity, histories
from hpobench_tui.core.identity import key as key_of
from hpobench_tui.core.nearest import some
from hpobench_tui.core.own_code import OwnCode, updated
from hpobench_tui.core.problem import is_measured
from hpobench_tui.core.progress import position
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store import schema, seals, writer
from hpobench_tui.store.experiment_json import experiment_to_json
from hpobench_tui.store.reader import Reader, RunRow

Place: TypeAlias = tuple[str, str, int]
"""Problem, label and repetition."""
Refusal: TypeAlias = Callable[[str, Contender], str | None]
"""Why a pair cannot run, None if it can."""
DECISIVE = ("seed", "simulation", "record", "limits", "device")
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
    """

    experiment: Experiment
    taken: tuple[tuple[Source, RunRow] | None, ...]
    shared: int
    sources: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are taken from each store."""
        taken = [copy[0].name for copy in self.taken if copy is not None]
        return {name: taken.count(name) for name in self.sources}

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
    for reader in readers:
        reader.refuse_changed()
        row = reader.experiment()
        folder = reader.folder.resolve().name
        taken = sum(source.name.partition(" ")[0] == folder for source in found)
        name = f"{folder} ({taken + 1})" if taken else folder
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
    taken: list[tuple[Source, RunRow] | None] = []
    unlike: list[str] = []
    shared = 0
    for key in experiment.runs():
        place = key.problem, key.contender.label, key.repetition
        copies = [(source, source.runs[place]) for source in found if place in source.runs]
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
    if differences := list(dict.fromkeys(_differences(found, contenders))):
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
        earlier=(),
    )


def _differences(found: Sequence[Source], contenders: Mapping[str, Contender]) -> Iterator[str]:
    first, *others = found
    for source in others:
        names = f"in {first.name}, and in {source.name}"
        one, other = first.experiment, source.experiment
        for field in DECISIVE:
            if (a := getattr(one, field)) != (b := getattr(other, field)):
                yield f"{field}: {_said(a)} {names} {_said(b)}"
    for source in found:
        for before in found[: found.index(source)]:
            yield from _differences_of(before, source)


def _differences_of(one: Source, other: Source) -> Iterator[str]:
    names = f"in {one.name}, and in {other.name}"
    for problem, budget in one.experiment.budgets.items():
        if problem in other.experiment.budgets and (own := other.experiment.budgets[problem]) != budget:
            yield f"budget of {problem}: {budget} {names} {own}"
    contenders = {contender.label: contender for contender in other.experiment.contenders}
    for a in one.experiment.contenders:
        b = contenders.get(a.label, a)
        if a.optimizer != b.optimizer or dict(a.parameters) != dict(b.parameters):
            settings, own_settings = _said(a.parameters), _said(b.parameters)
            yield f"{a.label}: {a.optimizer} with {settings} {names} {b.optimizer} with {own_settings}"
    skips, others = ({(p, label) for p, label, _ in s.experiment.skipped} for s in (one, other))
    for runs, leaves, pairs in ((other, one, skips - others), (one, other, others - skips)):
        for problem, label in sorted(pairs):
            if problem in runs.experiment.problems and any(c.label == label for c in runs.experiment.contenders):
                yield f"{label} on {problem}: runs in {runs.name}, and is left out in {leaves.name}"
    for name, text in one.experiment.code.sources.items():
        if other.experiment.code.sources.get(name, text) != text:
            yield f"{name}: another file {names}"
    histories_there = histories(other.reader.manifest())
    for subject, codes in histories(one.reader.manifest()).items():
        there = histories_there.get(subject, codes)
        if list(codes) != list(there) or not all(codes[number].same(there[number]) for number in codes):
            yield f"code of {' '.join(subject)}: {_codes(codes)} {names} {_codes(there)}"
    described = _described(other)
    for problem, cells in _described(one).items():
        for name, cell in cells.items():
            if (own := described.get(problem, cells)[name]) != cell:
                yield f"{name} of {problem}: {_said(cell)} {names} {_said(own)}"
    marks, known = one.reader.landmarks(), other.reader.landmarks()
    for problem in marks.keys() & described.keys():
        if marks[problem] != known.get(problem, []):
            yield f"known solutions of {problem} are others {names}"


def _described(source: Source) -> dict[str, dict[str, Any]]:
    """By problem, what a store knows of it."""
    listed = (*seals.OF_PROBLEM, "targets")
    return {run.problem: {name: getattr(run, name) for name in listed} for run in source.runs.values()}


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
    ids = {id(source): dict[int, int]() for source in found}  # of runs there, to those here
    for number, key in enumerate(merged.experiment.runs()):
        for source in found:
            if run := source.runs.get((key.problem, key.contender.label, key.repetition)):
                ids[id(source)][run.id] = number
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
    counts = [sum(copy is not None and copy[0] is source for copy in merged.taken) for source in found]
    of = some([f"{source.name} ({count} runs)" for source, count in zip(found, counts, strict=True)])
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
