"""What every run reached, as one array: problems × labels × repetitions. Comparisons and statistics start from here.

Which runs count: finished ones. One that failed, or that has no value, has none: unless ``failed`` says that it counts
as worse than all others, which rank-based statistics can bear.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hpobench_tui.analysis.equality import of_medians
from hpobench_tui.analysis.quantiles import median
from hpobench_tui.analysis.reached import reached
from hpobench_tui.analysis.statistics.friedman import Friedman, friedman
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import Floats, Integers, ProgressTable, RunRow


class Failed(StrEnum):
    """How a run counts that failed, or that ended without a value."""

    OUT = "out"
    """Not at all: what it would have reached is not known."""
    WORST = "worst"
    """As worse than every other."""

    @property
    def words(self) -> str:
        return {"out": "left out", "worst": "worse than all others"}[self.value]


@dataclass(frozen=True, slots=True)
class Scores:
    """One number a run; lower is better.

    Attributes:
        values: Shape (problems, labels, repetitions). NaN: there is no such run, it has not finished, or it does not
            count; inf: it failed and counts as the worst.
        tolerances: Shape (problems,): values that differ by no more are equal (beside round-off, ``core.equality``).
        measures: Of each problem.
        seeds: Shape (problems, repetitions): of the problems, -1 where there is none. Runs of equal seeds share their
            randomness.
        unfinished, failed: How many of the runs have not ended, and how many failed or have no value.

    >>> import numpy as np
    >>> values, seeds = np.array([[[0.5, 0.2], [0.1, np.nan]]]), np.zeros((1, 2), dtype=np.int64)
    >>> Scores(("toy/one",), ("a", "b"), (0, 1), values, np.zeros(1), (Measure.SIMPLE,), seeds, 1, 0).counts().tolist()
    [[2, 1]]
    """

    problems: tuple[str, ...]
    labels: tuple[str, ...]
    repetitions: tuple[int, ...]
    values: Floats
    tolerances: Floats
    measures: tuple[Measure, ...]
    seeds: Integers
    unfinished: int
    failed: int

    def counts(self) -> Integers:
        """How many runs count, shape (problems, labels)."""
        counts: Integers = (~np.isnan(self.values)).sum(axis=2)
        return counts

    def of(self, problem: str, label: str) -> Floats:
        """One pair's values by repetition, shape (repetitions,)."""
        values: Floats = self.values[self.problems.index(problem), self.labels.index(label)]
        return values

    def medians(self) -> Floats:
        """Over the runs that count, shape (problems, labels); NaN where there is none."""
        medians = np.full(self.values.shape[:2], np.nan)
        there = self.counts() > 0
        if there.any():
            medians[there] = [median(row[~np.isnan(row)]) for row in self.values[there]]
        return medians


def scores(
    runs: Sequence[RunRow],
    ends: Mapping[int, ProgressTable],
    measure: Measure | None = None,
    failed: Failed = Failed.OUT,
) -> Scores:
    """Of runs, each once by (problem, label, repetition).

    Args:
        ends: Run id to its rows of progress, of which the last is used.
        measure: None: what each problem shows by default.
    """
    problems = {problem: place for place, problem in enumerate(dict.fromkeys(run.problem for run in runs))}
    labels = {label: place for place, label in enumerate(dict.fromkeys(run.label for run in runs))}
    repetitions = {number: place for place, number in enumerate(sorted({run.repetition for run in runs}))}
    values = np.full((len(problems), len(labels), len(repetitions)), np.nan)
    seeds = np.full((len(problems), len(repetitions)), -1, dtype=np.int64)
    longest = np.zeros(len(problems))
    first: dict[int, RunRow] = {}
    found = reached(runs, ends, measure)
    unfinished = lost = 0
    for run in runs:
        problem, repetition = problems[run.problem], repetitions[run.repetition]
        first.setdefault(problem, run)
        seeds[problem, repetition] = run.problem_seed
        longest[problem] = max(longest[problem], run.trials)
        if run.status.open:
            unfinished += 1
            continue
        if run.id in found and run.status is not RunStatus.FAILED:
            value = found[run.id].value
        else:
            lost += 1
            value = np.inf if failed is Failed.WORST else np.nan
        values[problem, labels[run.label], repetition] = value
    measures = tuple(measure or first[place].measure for place in range(len(problems)))
    tolerances = np.array(
        [of_medians(first[n].tolerance, measures[n], float(longest[n])) for n in range(len(problems))]
    )
    return Scores(
        tuple(problems), tuple(labels), tuple(repetitions), values, tolerances, measures, seeds, unfinished, lost
    )


def tested(scores: Scores, problems: Iterable[str], labels: Iterable[str]) -> Friedman:
    """Do ranks of medians over these problems differ, and whose? Of a block in which all have all (``ranks``)."""
    rows = [scores.problems.index(problem) for problem in problems]
    columns = [scores.labels.index(label) for label in labels]
    return friedman(scores.medians()[rows][:, columns], scores.tolerances[rows])
