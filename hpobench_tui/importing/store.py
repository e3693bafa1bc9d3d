"""A store of runs that others made: what ``importing`` reads, as rows, with where each run stood.

Costs are worked out by the rules of ``engine.running.ledger``, sums and incumbents by the recorder that our own runs
have. Where only some evaluations of a run are on record (COCO and IOH keep those that improved), each holds until the
next: incumbents are exact at every number of evaluations, and sums over all trials are left out, as nobody knows them.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, isfinite
from pathlib import Path

from hpobench_tui import __version__
from hpobench_tui.core.budget import MOST_QUANTA, NANOSECONDS, Budget, Unit
from hpobench_tui.core.columns import Cell, Row, names
from hpobench_tui.core.configuration import from_json
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import MAX_RUNS, Contender, Experiment
from hpobench_tui.core.imported import KEY, Imported
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import hint, shown, some
from hpobench_tui.core.problem import Landmark
from hpobench_tui.core.records import (
    Progress,
    progress_row,
)
from hpobench_tui.core.seeds import derive, optimizer_seed, problem_seed
from hpobench_tui.core.status import ExperimentStatus, RunStatus, TrialStatus
from hpobench_tui.core.targets import COCO
from hpobench_tui.core.text import in_line, storable
from hpobench_tui.core.trial import Trial
from hpobench_tui.engine.running.recorder import Recorder
from hpobench_tui.importing.account import Account, cost_of, rows_of
from hpobench_tui.importing.contract import ImportedRun
from hpobench_tui.store import imported
from hpobench_tui.store.experiment_json import experiment_to_json
from hpobench_tui.store.imported import Described, StoredTrial
from hpobench_tui.store.schema import RunRow

OPTIMIZER = "imported"
"""Stands for the registered name that an imported optimizer does not have."""
NO_TRIALS = "no evaluation of it is on record"
SUMS = "regret", "pseudo_regret", "losses"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How runs are to be called and described.

    Attributes:
        name: Of the new experiment.
        like: By problem, a run of the experiment whose description of it is taken over.
        landmarks: Of these problems.
        problems, labels: Names as the tool has them, to ours.
        references: Problem (as it is called here; "": all others) to the loss that regret is measured against.
    """

    name: str
    like: Mapping[str, RunRow] = field(default_factory=dict)
    landmarks: Mapping[str, list[Landmark]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What an import came to: problem to label to runs, the trials on record, and what must be said."""

    runs: Mapping[str, Mapping[str, int]]
    trials: int
    notes: tuple[str, ...]


def write(
    folder: Path, runs: Iterable[ImportedRun], source: Callable[[], Imported], wishes: Wishes,
    progress: Callable[[str, int], None] = lambda _where, _trials: None,
) -> Written:  # fmt: skip
    """Make the store of an import in ``folder``, which must exist.

    Args:
        source: Where they are from; asked when all of them were read.
        progress: Told of each run that is read, with the trials until then.

    Raises:
        HpobenchError: what was read is no run, two are one, or the folder cannot be written.
    """
    reading = _Reading(wishes, progress)
    found: list[Written] = []

    def described() -> Described:
        described, written = reading.described(source())
        found.append(written)
        return described

    imported.make(folder, (reading.rows(run) for run in runs), described)
    return found[0]


class _Reading:
    """An import under way."""

    def __init__(self, wishes: Wishes, progress: Callable[[str, int], None]) -> None:
        self._wishes, self._progress = wishes, progress
        self._runs: list[Account] = []
        self._taken: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._next: dict[tuple[str, str], int] = defaultdict(int)
        self._trials = 0
        self._references: dict[str, float | None] = {}

    def rows(self, was: ImportedRun) -> Iterator[tuple[Row, Iterable[Row]]]:
        """Its trials as the store has them, and their reports."""
        run = self._run(was)
        self._runs.append(run)
        levels: dict[int, int] = {}
        last = -1
        for trial in was.trials:
            if trial.number <= last:
                raise HpobenchError(f"{run.where}: evaluation {trial.number} comes after {last}, or twice.")
            cost = cost_of(run, trial, levels)
            skipped, last = trial.number - last - 1, trial.number
            if skipped:
                run.whole = False
                if run.unit is not Unit.EVALUATIONS or run.fidelity:
                    raise HpobenchError(
                        f"{run.where}: evaluation {trial.number - 1} is not on record; all must be where"
                        f" {'a budget counts ' + run.unit if not run.fidelity else 'problems have a fidelity'}."
                    )
            if run.limit and run.spent + skipped + cost > run.limit:
                run.beyond = True
                run.spent = run.evaluations = run.limit if skipped and run.spent + skipped > run.limit else run.spent
                break
            run.spent += skipped + cost
            yield rows_of(run, trial, cost)
            run.evaluations = trial.number + 1
        else:
            self._rest(run)
        self._trials += run.recorded
        self._progress(run.where, self._trials)

    def _rest(self, run: Account) -> None:
        """Evaluations after the last one that is on record."""
        rest = (run.was.evaluations or 0) - run.evaluations
        if rest <= 0:
            return
        run.whole = False
        if run.unit is Unit.EVALUATIONS:
            rest = min(rest, run.limit - run.spent) if run.limit else rest
            run.spent += rest
        run.evaluations += rest

    def _run(self, was: ImportedRun) -> Account:
        if len(self._runs) == MAX_RUNS:
            raise HpobenchError(f"there are more than {MAX_RUNS} runs, the most that an experiment has.")
        problem, label = storable(was.problem), storable(was.label)
        problem, label = self._wishes.problems.get(problem, problem), self._wishes.labels.get(label, label)
        if not (problem.strip() and label.strip()):
            what = "label" if problem.strip() else "problem"
            raise HpobenchError(f"run {len(self._runs)} has no {what}. Give one: --columns \"{what}='NAME'\".")
        taken = self._taken[problem, label]
        repetition = self._next[problem, label] if was.repetition is None else was.repetition
        while was.repetition is None and repetition in taken:
            repetition = self._next[problem, label] = repetition + 1
        if repetition in taken or not 0 <= repetition < MAX_RUNS:
            wrong = "is there twice" if repetition in taken else f"must be from 0 to {MAX_RUNS - 1}"
            raise HpobenchError(
                f"repetition {repetition} of {shown(label)} on {shown(problem)} {wrong}. Read the files one by one"
                " under labels of their own, or name the column that tells repetitions apart."
            )
        taken.add(repetition)
        for what, given, least in (("budget", was.budget, 0.0), ("reference", was.reference, -inf)):
            if given is not None and not (isfinite(given) and given >= least):
                valid = "a finite number" if least else "0 or more"
                raise HpobenchError(f"{shown(label)} on {shown(problem)}: the {what} must be {valid}, not {given:g}.")
        like = self._wishes.like.get(problem)
        unit, fidelity = was.unit, storable(was.fidelity) if was.fidelity else None
        each = NANOSECONDS if unit.counts_time else (was.maximum or 0) if unit is Unit.FULL_EVALUATIONS else 1
        limit = 0
        if like:
            if fidelity and not like.fidelity:
                raise HpobenchError(f"{shown(problem)} has no fidelity, but what was read of {shown(label)} has one.")
            unit, fidelity, each, limit = Unit(like.unit), like.fidelity, like.quanta_per_unit, like.budget
        if each < 1:
            raise HpobenchError(f"{shown(problem)}: full evaluations need the largest fidelity, which is not known.")
        shift = 0.0
        if like and like.measure is not Measure.INCUMBENT and was.reference is not None:
            shift = like.reference - was.reference
        return Account(len(self._runs), was, problem, label, repetition, unit, fidelity, each, limit, shift)

    def described(self, source: Imported) -> tuple[Described, Written]:
        """What is written beside the trials."""
        if not self._runs:
            raise HpobenchError(f"there are no runs in {some([each.name for each in source.sources])}.")
        problems = list(dict.fromkeys(run.problem for run in self._runs))
        labels = list(dict.fromkeys(run.label for run in self._runs))
        self._refuse_strangers(problems)
        self._references = {problem: self._reference(problem) for problem in problems}
        budgets = {problem: self._budget([run for run in self._runs if run.problem == problem]) for problem in problems}
        pairs = {(run.problem, run.label) for run in self._runs}
        experiment = Experiment(
            self._wishes.name,
            tuple(problems),
            tuple(Contender(OPTIMIZER, label) for label in labels),
            {run.problem: Budget(Fraction(budgets[run.problem], run.quanta_per_unit), run.unit) for run in self._runs},
            1 + max(run.repetition for run in self._runs),
            derive(*(each.sha256 for each in source.sources)),
            skipped=tuple(
                (problem, label, "there is no such run in what was imported")
                for problem in problems for label in labels if (problem, label) not in pairs
            ),
        )  # fmt: skip
        notes = tuple(dict.fromkeys(map(in_line, self._notes(budgets))))
        now = time.time()
        marks = {problem: self._wishes.landmarks.get(problem, []) for problem in problems}
        described = Described(
            {"hpobench-tui": __version__, KEY: source.to_cell()},
            {
                "id": 0, "name": experiment.name, "spec": experiment_to_json(experiment),
                "status": ExperimentStatus.FINISHED, "created": now,
            },
            [self._cells(run, budgets[run.problem], experiment.seed) for run in self._runs],
            [{"problem": p, "name": m.name, "loss": m.loss, "source": m.source} for p in marks for m in marks[p]],
            [{"time": now, "level": "warning", "message": note} for note in (str(source), *notes)],
            self._progress_of,
        )  # fmt: skip
        counts = {problem: dict.fromkeys(labels, 0) for problem in problems}
        for run in self._runs:
            counts[run.problem][run.label] += 1
        return described, Written(counts, self._trials, notes)

    def _refuse_strangers(self, problems: list[str]) -> None:
        """Names that are not among those that were read."""
        if self._wishes.like and not self._wishes.like.keys() & set(problems):
            theirs = problems[0]
            raise HpobenchError(
                f"none of its problems is in the experiment that it is to be like: {some(problems)}."
                f"{hint(theirs, self._wishes.like)} There: {some(list(self._wishes.like))}."
                " Say which is which: --problem 'THEIRS=OURS'."
            )
        for what, given in (("problem", self._wishes.problems), ("label", self._wishes.labels)):
            read = {getattr(run.was, what) for run in self._runs}
            if unused := [name for name in given if name not in read]:
                there = some(sorted(read))
                raise HpobenchError(f"--{what}: nothing that was read is called {shown(unused[0])}. There: {there}.")
        for problem in self._wishes.references:
            if problem and problem not in problems:
                raise HpobenchError(f"--reference: there is no problem {shown(problem)}. There: {some(problems)}.")
            if problem in self._wishes.like:
                raise HpobenchError(
                    f"--reference: that of {problem} is the one of the experiment that it is to be like."
                )

    def _budget(self, runs: list[Account]) -> int:
        """Of one problem, in quanta: as stated, or what the longest run spent."""
        if (first := runs[0]).limit:
            return first.limit
        if odd := next(
            (run for run in runs if (run.unit, run.quanta_per_unit) != (first.unit, first.quanta_per_unit)), None
        ):
            raise HpobenchError(
                f"the budgets of {first.where} and of {odd.where} count different things; import them apart."
            )
        if odd := next(
            (run for run in runs if (run.fidelity, run.was.noisy) != (first.fidelity, first.was.noisy)), None
        ):
            raise HpobenchError(
                f"{first.where} and {odd.where} are not of one problem: name them apart with --problem."
            )
        stated = [int(Fraction(run.was.budget) * run.quanta_per_unit) for run in runs if run.was.budget is not None]
        most = max(1, *stated, *(run.spent for run in runs))
        if most > MOST_QUANTA:
            raise HpobenchError(f"{first.where}: it spent more than a ledger can hold, which is {MOST_QUANTA} quanta.")
        return most

    def _notes(self, budgets: Mapping[str, int]) -> Iterator[str]:
        runs = self._runs
        for run in runs:
            yield from map(storable, run.was.notes)
        if part := [run for run in runs if not run.whole]:
            # where losses are noisy an incumbent is a mean over equal configurations, some of which may not be there
            exact = "those of the evaluations on record" if any(self._noisy(run) for run in part) else "exact"
            yield (
                f"of {len(part)} of {len(runs)} runs not all evaluations are on record: their incumbents are {exact},"
                " sums over all trials (cumulative regret) are not known"
            )
        if beyond := sum(run.beyond for run in runs):
            yield f"what {beyond} of {len(runs)} runs spent beyond the budget of what they are like is left out"
        short: dict[str, str] = {}
        for run in runs:
            spent = [each.spent for each in runs if each.problem == run.problem] if run.problem not in short else []
            if spent and min(spent) < budgets[run.problem]:
                least, most = (x / run.quanta_per_unit for x in (min(spent), budgets[run.problem]))
                short[run.problem] = f"{run.problem} ({least:g} to {most:g} {run.unit.words(run.fidelity)})"
            else:
                short.setdefault(run.problem, "")
        if unlike := [text for text in short.values() if text]:
            yield f"runs did not all spend the budget; --at compares them where all have come: {some(unlike)}"
        if not any(run.timed for run in runs):
            yield "how long evaluations took, and optimizers thought, is not on record: all times are 0"
        else:
            yield "how long optimizers thought is not on record: it counts as 0"
        if moved := list(dict.fromkeys(run.problem for run in runs if run.shift)):
            yield f"losses on {some(moved)} are moved, to be as far from our reference as they were from the one stated"
        if bare := [problem for problem, reference in self._references.items() if reference is None]:
            yield f"no reference is known of {some(bare)}: losses are shown, not regrets; --reference gives one"
        if strangers := [problem for problem in short if self._wishes.like and problem not in self._wishes.like]:
            yield f"the experiment they are like has no problem {some(strangers)}: described as they were read"

    def _noisy(self, run: Account) -> bool:
        like = self._wishes.like.get(run.problem)
        return like.noisy if like else run.was.noisy

    def _reference(self, problem: str) -> float | None:
        """What regret is measured against, of a problem that is not like one of ours."""
        if (like := self._wishes.like.get(problem)) is not None:
            return like.reference
        given = self._wishes.references
        stated = {run.was.reference for run in self._runs if run.problem == problem}
        if problem in given or "" in given:
            return given.get(problem, given.get(""))
        if len(stated) > 1:
            raise HpobenchError(f"{shown(problem)} has several references: {some(sorted(map(str, stated)))}."
                                " Name the problems apart, or say one: --reference.")  # fmt: skip
        (reference,) = stated
        return reference

    def _cells(self, run: Account, budget: int, seed: int) -> dict[str, Cell]:
        """The row of a run."""
        like, was, reference = self._wishes.like.get(run.problem), run.was, self._references[run.problem]
        measure = Measure.SIMPLE if reference is not None else Measure.INCUMBENT
        targets = like.targets if like else COCO
        return {
            "id": run.id, "problem": run.problem, "optimizer": OPTIMIZER, "label": run.label,
            "repetition": run.repetition, "problem_seed": problem_seed(seed, run.problem, run.repetition),
            "optimizer_seed": optimizer_seed(seed, run.problem, run.label, run.repetition), "unit": run.unit,
            "budget": budget, "quanta_per_unit": run.quanta_per_unit, "spent": run.spent, "trials": run.evaluations,
            "failed_trials": run.failed, "fidelity": run.fidelity,
            "minimum_fidelity": like.minimum_fidelity if like else max(1, was.minimum),
            "resumable": like.resumable if like else run.unit is Unit.FIDELITY_CONTINUED,
            "reference": reference or 0.0, "tolerance": like.tolerance if like else 0.0,
            "measure": like.measure if like else measure, "noisy": self._noisy(run),
            "targets": None if targets == COCO else json.dumps(targets),
            "status": RunStatus.FAILED if not run.recorded
                else RunStatus.DONE if run.spent >= budget else RunStatus.COMPLETE,
            "error": None if run.recorded else NO_TRIALS, "clock": run.clock, "seconds": run.clock,
        }  # fmt: skip

    def _progress_of(self, cells: dict[str, Cell], trials: Iterator[StoredTrial]) -> Iterator[Row]:
        """Where a run stood, from its trials."""
        run = self._runs[int(cells["id"] or 0)]
        noisy = bool(cells["noisy"])
        recorder = Recorder(run.id, noisy, float(cells["reference"] or 0), int(cells["budget"] or 0), None)
        spent, last, row = 0, -1, None
        for trial in trials:
            passed, last = trial.number - last, trial.number
            spent += passed - 1 + trial.cost
            # unknown configurations of a noisy problem are no single one
            configuration = (from_json(trial.configuration) or {"": last}) if noisy else {}
            told = Trial(
                last, last, configuration, TrialStatus(trial.status), trial.loss, trial.fidelity, None, None, {}, None
            )
            charged = passed if run.fidelity is None else trial.fidelity or 0
            recorder.add(told, trial.truth, None, charged, spent, trial.clock_end)
            for row in recorder.rows:
                yield _told(row, run.whole)
        for row in recorder.end():
            yield _told(row, run.whole)
        if row is not None and run.evaluations > last + 1:
            end = dict(zip(names(Progress), row, strict=True)) | {"number": run.evaluations - 1, "spent": run.spent}
            fidelity = {} if run.fidelity else {"fidelity": run.evaluations}
            yield _told(progress_row(**end | fidelity), run.whole)


def _told(row: Row, whole: bool) -> Row:
    """A row of progress without what is not known of it."""
    return row if whole else progress_row(**dict(zip(names(Progress), row, strict=True)) | dict.fromkeys(SUMS, 0))
