"""One or several experiments read as one: the runs that somebody chose, each under one label, up to where all are cut.

Its runs have ids of their own. A run is what (problem, label, repetition) say: where two experiments hold the same
label, their labels become ``label@experiment``, or, pooled, their runs are repetitions of one; a run that both hold is
taken once.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from hpobench_tui.analysis import warnings
from hpobench_tui.analysis.cut import cut
from hpobench_tui.analysis.filters import EVERYTHING, Filters
from hpobench_tui.core.columns import Cell
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import MAX_RUNS, left_out
from hpobench_tui.core.nearest import some
from hpobench_tui.core.problem import Landmark
from hpobench_tui.core.records import ReportRow
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.ends import Ends
from hpobench_tui.store.reader import ExperimentRow, ProgressTable, Reader, RunRow, TrialRow, TrialTable

Found = TypeVar("Found")

ALIKE = ("unit", "quanta_per_unit", "budget", "reference", "tolerance", "fidelity", "measure", "noisy")
"""What two experiments must agree on, of a problem that both have."""


class Union:
    """Experiments, read as they were when it was opened. Closing it is the caller's task (``with Union(…) as all:``).

    Args:
        folders: At least one.
        pool: Equal labels of several experiments are one.

    Raises:
        HpobenchError: a store cannot be read, nothing passes the filters, or what the experiments hold of a problem
            cannot be compared.
    """

    def __init__(self, folders: Sequence[Path], chosen: Filters = EVERYTHING, pool: bool = False) -> None:
        if twice := [folder.name for folder, count in Counter(each.resolve() for each in folders).items() if count > 1]:
            raise HpobenchError(f"named twice: {', '.join(twice)}. An experiment is compared with others.")
        self._open = ExitStack()
        try:
            self.readers = [self._open.enter_context(Reader(folder)) for folder in folders]
            self.experiments: list[ExperimentRow] = [reader.experiment() for reader in self.readers]
            self.names = names_of(folders, [row.name for row in self.experiments])
            self._cuts: dict[int, ProgressTable] = {}
            self._notes: list[str] = []
            self._runs = self._chosen(chosen, pool)
        except BaseException:
            self._open.close()
            raise
        self._here = {run.id for run in self._runs}

    def __enter__(self) -> "Union":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    @property
    def name(self) -> str:
        """What it is called, in a line."""
        return ", ".join(self.names)

    @property
    def simulated(self) -> bool:
        """Whether the runs' clocks are simulated."""
        return any(row.experiment.simulation is not None for row in self.experiments)

    def _chosen(self, chosen: Filters, pool: bool) -> list[RunRow]:
        every = [reader.runs() for reader in self.readers]
        holders: dict[str, set[int]] = defaultdict(set)
        for place, runs in enumerate(every):
            for label in {run.label for run in runs}:
                holders[label].add(place)
        shared = {label for label, places in holders.items() if len(places) > 1 and not pool}

        def shown(place: int, label: str) -> str:
            return f"{label}@{self.names[place]}" if label in shared else label

        chosen.check(
            list(dict.fromkeys(run.problem for runs in every for run in runs)),
            [(shown(place, label), label) for label, places in holders.items() for place in sorted(places)],
            1 + max((run.repetition for runs in every for run in runs), default=0),
        )
        found = []
        for place, (reader, runs) in enumerate(zip(self.readers, every, strict=True)):
            labels = {label: shown(place, label) for label in dict.fromkeys(run.label for run in runs)}
            wanted = {label for label, own in labels.items() if chosen.optimizer(own, label)}
            problems = {problem for problem in dict.fromkeys(run.problem for run in runs) if chosen.problem(problem)}
            found += [
                (self._cut(reader, run, chosen, place), place, labels[run.label])
                for run in runs
                if run.label in wanted and run.problem in problems and chosen.repetition(run.repetition)
            ]
        if not found:
            raise HpobenchError(f"no run of {self.name} is left: the filters take all away.")
        self._refuse_unlike([(run, place) for run, place, _ in found])
        united = [
            run.replaced(id=_id(place, run.id), label=label) if place or label != run.label else run
            for run, place, label in found
        ]
        return self._pooled(united) if pool and len(self.readers) > 1 else united

    def _cut(self, reader: Reader, run: RunRow, chosen: Filters, place: int) -> RunRow:
        if chosen.at is None:
            return run
        quanta = int(chosen.at * run.quanta_per_unit)
        if not 0 < quanta <= run.budget:
            raise HpobenchError(
                f"--at {float(chosen.at):g}: must be above 0 and within all budgets; that of {run.problem} in"
                f" {self.names[place]} is {run.budget / run.quanta_per_unit:g} {run.unit}."
            )
        run, self._cuts[_id(place, run.id)] = cut(reader, run, quanta)
        return run

    def _refuse_unlike(self, runs: Iterable[tuple[RunRow, int]]) -> None:
        first: dict[str, tuple[RunRow, int]] = {}
        seeds: dict[tuple[str, int], int] = {}
        others = set()
        for run, place in runs:
            known, there = first.setdefault(run.problem, (run, place))
            if place != there:
                for name in ALIKE:
                    if (one := getattr(known, name)) != (other := getattr(run, name)):
                        raise HpobenchError(self._unlike(run, name, one, there, other, place))
            if seeds.setdefault((run.problem, run.repetition), run.problem_seed) != run.problem_seed:
                others.add(run.problem)
        if others:
            self._notes.append(
                f"the experiments have other seeds: equal repetitions share no randomness on {some(sorted(others))}"
            )

    def _unlike(self, run: RunRow, name: str, one: object, there: int, other: object, place: int) -> str:
        if name == "budget":
            one, other = (float(each) / run.quanta_per_unit for each in (one, other))  # type: ignore[arg-type]
            least = min(one, other)
            advice = f"Compare them where both have come: --at {least:g}."
            said = f"{one:g} and {other:g} {run.unit}"
        else:
            advice = "Show them apart, or leave the problem out with --problems."
            if any(self.readers[at].imported for at in (there, place)):
                advice = f"Import it anew with --like, or {advice[0].lower()}{advice[1:]}"
            said = f"{one} and {other}"
        return (
            f"{run.problem} has another {name.replace('_', ' ')} in {self.names[there]} than in {self.names[place]}:"
            f" {said}. {advice}"
        )

    def _pooled(self, runs: Sequence[RunRow]) -> list[RunRow]:
        """A repetition of a problem is one problem's seed; a run that several experiments hold is taken once."""
        numbers: dict[str, dict[int, int]] = defaultdict(dict)  # of each problem: repetition by seed
        taken: dict[tuple[str, int], int] = {}
        kept: dict[tuple[str, str, int, int], RunRow] = {}
        for run in runs:
            own = numbers[run.problem]
            if run.problem_seed not in own:
                number = run.repetition
                while (run.problem, number) in taken:
                    number += 1
                taken[run.problem, number] = own[run.problem_seed] = number
            run = run.replaced(repetition=own[run.problem_seed])
            key = (run.problem, run.label, run.repetition, run.optimizer_seed)
            if key not in kept or (run.status.finished and not kept[key].status.finished):
                kept[key] = run
        if len(kept) < len(runs):
            self._notes.append(f"{len(runs) - len(kept)} runs that several experiments hold are taken once")
        return list(kept.values())

    def notes(self, whole: bool = False) -> list[str]:
        """What must be said of all that is shown of them: how names were understood, what was left out, warnings of
        their logs, which runs are of which code, what is no longer as it was written.

        Args:
            whole: Look at every row for the last (``Reader.remark``).
        """
        lines = list(self._notes)
        for reader, row, name in zip(self.readers, self.experiments, self.names, strict=True):
            said = [*row.experiment.notes, *left_out(row.experiment.skipped)]
            own = [*said, *warnings.read(reader, said=said), *filter(None, [reader.remark(whole)])]
            lines += [f"{name}: {line}" for line in own] if len(self.readers) > 1 else own
        return lines

    def runs(self) -> list[RunRow]:
        """Every chosen run, experiment by experiment."""
        return self._runs

    def reader_of(self, run: int) -> tuple[Reader, int]:
        """The store that holds a run, and the run's id there."""
        place, own = divmod(run, MAX_RUNS)
        return self.readers[place], own

    def ends(self) -> Ends:
        """The latest row of progress of each run that has one."""
        if self._cuts:
            return Ends.of({run.id: self._cuts[run.id] for run in self._runs})
        firsts = [_id(place, 0) for place in range(len(self.readers))]
        ends = Ends.joined([reader.ends() for reader in self.readers], firsts)
        return ends.of_runs(self._here)

    def first_errors(self) -> dict[int, str]:
        """Run id to the reason of its first failed trial."""
        return self._joined(reader.first_errors() for reader in self.readers)

    def _joined(self, each: Iterable[Mapping[int, Found]]) -> dict[int, Found]:
        pairs = ((_id(place, run), what) for place, found in enumerate(each) for run, what in found.items())
        return {run: what for run, what in pairs if run in self._here}

    def landmarks(self) -> dict[str, list[Landmark]]:
        """Losses to orient by, by problem, each once."""
        found: dict[str, list[Landmark]] = {}
        for reader in self.readers:
            for problem, marks in reader.landmarks().items():
                own = found.setdefault(problem, [])
                own.extend(mark for mark in marks if mark not in own)
        return {run.problem: found[run.problem] for run in self._runs if run.problem in found}

    def progress(self, run: int, after: int = -1, columns: Collection[str] | None = None) -> ProgressTable:
        """Rows of progress of a run, as ``Reader.progress`` gives them."""
        reader, own = self.reader_of(run)
        if run not in self._cuts:
            return reader.progress(own, after, columns)
        end = self._cuts[run]
        names = None if columns is None else {"spent", *columns}
        table = reader.progress(own, after, names)
        kept = table.rows(slice(int((table.spent <= end.spent[-1]).sum()) if len(end) else 0))
        if len(end) and end.number[-1] > after and (not len(kept) or kept.number[-1] < end.number[-1]):
            last = ProgressTable(**{name: column for name, column in vars(end).items() if name in vars(kept)})
            kept = ProgressTable.joined([kept, last])
        return kept

    def trials(self, run: int, after: int = -1, columns: Collection[str] | None = None, limit: int = -1) -> TrialTable:
        """Trials of a run, as ``Reader.trials`` gives them."""
        reader, own = self.reader_of(run)
        table = reader.trials(own, after, columns, limit)
        return table.rows(slice(self._fitting(run, table.number.tolist()))) if run in self._cuts else table

    def trial_rows(self, run: int, after: int = -1, limit: int = -1) -> list[TrialRow]:
        """Trials of a run in full, as ``Reader.trial_rows`` gives them."""
        reader, own = self.reader_of(run)
        rows = reader.trial_rows(own, after, limit)
        return rows[: self._fitting(run, [row.number for row in rows])] if run in self._cuts else rows

    def configurations(self, run: int, limit: int) -> Iterator[str]:
        """Of the first trials of a run, as ``Reader.configurations`` gives them: where it is cut, ``limit`` says."""
        reader, own = self.reader_of(run)
        return reader.configurations(own, limit)

    def cells(
        self, kind: type[TrialRow] | type[ReportRow], run: int, names: Sequence[str], before: int, after: int = -1
    ) -> Iterator[Sequence[Sequence[Cell]]]:
        """What is stored of the trials of a run, or of their reports, in pieces, as ``Reader.cells`` gives it."""
        reader, own = self.reader_of(run)
        if run in self._cuts:
            end = self._cuts[run]
            before = min(before, int(end.number[-1]) + 1 if len(end) else 0)
        return reader.cells(kind, own, names, before, after)

    def _fitting(self, run: int, numbers: Sequence[int]) -> int:
        end = self._cuts[run]
        last = int(end.number[-1]) if len(end) else -1
        return sum(number <= last for number in numbers)

    def failures(self) -> Iterator[tuple[int, int | None, str]]:
        """(run, trial or None, whole reason) of everything that failed."""
        for place, reader in enumerate(self.readers):
            for own, trial, text in reader.failures():
                run = _id(place, own)
                if run in self._here and (run not in self._cuts or self._within(run, trial)):
                    yield run, trial, text

    def _within(self, run: int, trial: int | None) -> bool:
        return trial is not None and bool(self._fitting(run, [trial]))

    @property
    def unfinished(self) -> int:
        """How many of the runs have not ended by themselves."""
        return sum(run.status.open for run in self._runs)

    @property
    def failed(self) -> int:
        """How many of the runs failed."""
        return sum(run.status is RunStatus.FAILED for run in self._runs)


def _id(place: int, run: int) -> int:
    return place * MAX_RUNS + run


def names_of(folders: Sequence[Path], names: Sequence[str]) -> list[str]:
    """What experiments are called beside each other: by their names, by their folders' names where that does not tell
    them apart, by their whole paths where even that does not."""
    resolved = [folder.resolve() for folder in folders]
    for called in (list(names), [path.name for path in resolved]):
        if len(set(called)) == len(called):
            return called
    return list(map(str, resolved))
