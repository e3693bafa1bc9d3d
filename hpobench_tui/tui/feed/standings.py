"""Who stands where on one problem: medians, quartiles, ranks, the winner group, medians at parts of the budget.

The numbers are those of ``hpobench show``: where the runs ended is ``analysis.final``, what they had on the way
``analysis.anytime``, who wins ``analysis.winners``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hpobench_tui.analysis.anytime import marks_of, medians_at
from hpobench_tui.analysis.curve import Curve, trials_at
from hpobench_tui.analysis.equality import of_medians, places, ranked
from hpobench_tui.analysis.quantiles import quartiles
from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.selection import Selection, select
from hpobench_tui.analysis.winners import Winners, winners
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import Floats, RunRow
from hpobench_tui.tui.feed.labelled import Labelled


@dataclass(frozen=True, slots=True)
class Standing:
    """One optimizer.

    Attributes:
        runs, counted, failed: All its runs, those in its numbers, those that failed.
        provisional: None of the counted runs has finished: their values so far, which neither win nor rank.
        median, lower, upper: Of what the counted runs reached, with quartiles; None without any.
        rank: Of its median among those that are final, 1 is lowest; equal ones share theirs.
        best, tied: Its median is below all others, or as low as the lowest, as others are.
        wins: Whether it is in the winner group: not shown to be worse than the best. None: nobody is held against it.
        at_marks, best_at, tied_at: The same at the marks; None where a counted run has no value.
        typical, champion: The ids of the counted run nearest to the median and of the lowest.
    """

    label: str
    runs: int
    counted: int
    failed: int
    provisional: bool
    median: float | None
    lower: float | None
    upper: float | None
    typical: int | None = None
    champion: int | None = None
    rank: float | None = None
    best: bool = False
    tied: bool = False
    wins: bool | None = None
    at_marks: tuple[float | None, ...] = ()
    best_at: tuple[bool, ...] = ()
    tied_at: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """All of them, the best first.

    Attributes:
        marks: Positions on the axis (``analysis.anytime.marks_of``).
        winners: Who is not shown to be worse than the best; None where fewer than two have finished runs.
        left: Labels whose runs are not all read yet. As long as there are any, nobody has a rank, wins or is best.
    """

    rows: tuple[Standing, ...]
    marks: tuple[float, ...] = ()
    winners: Winners | None = None
    left: Sequence[str] = ()

    @property
    def by_label(self) -> dict[str, Standing]:
        return {row.label: row for row in self.rows}


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """What is worked out of one label."""

    selection: Selection
    reached: Floats
    standing: Standing
    trials: float
    at: dict[tuple[float, ...], tuple[tuple[float | None, ...], Floats]]
    """Marks to medians, and to how many trials had ended in the longest run."""


class Standings(Labelled[Ranking]):
    """Key: problem, axis, measure, part of the budget (None: all)."""

    def __init__(self, feed: object, problem: str, axis: Axis, measure: Measure, at: float | None = None) -> None:
        super().__init__(feed, problem, axis, measure, at)
        self._own: dict[str, _Own] = {}
        self._tested: tuple[bytes, Winners | None] | None = None

    def _one(self, label: str, runs: Sequence[RunRow], curves: Mapping[int, Curve]) -> None:
        selection = select(runs, curves)
        counted = selection.counted
        reached = np.array([curves[run.id].y[-1] for run in counted])
        lower = median = upper = typical = champion = None
        if counted:
            lower, median, upper = map(float, quartiles(reached))
            with np.errstate(over="ignore"):
                typical = counted[int(np.argmin(np.abs(reached - median)))].id
            champion = counted[int(np.argmin(reached))].id
        standing = Standing(
            label, len(runs), len(counted), len(selection.failed), bool(counted) and not selection.finished,
            median, lower, upper, typical, champion,
        )  # fmt: skip
        trials = float(np.median([run.trials for run in counted])) if counted else 0.0
        self._own[label] = _Own(selection, reached, standing, trials, {})

    def _part(self, left: Sequence[str]) -> None:
        if self.picture is None or len(left) != len(self.picture.left):
            rows = sorted((own.standing for own in self._own.values()), key=_order)
            self.publish(Ranking(tuple(rows), left=left))

    def _whole(self, runs: Mapping[str, Sequence[RunRow]], curves: Mapping[int, Curve]) -> None:
        every = [run for group in runs.values() for run in group]
        if not every:
            self.publish(Ranking(()))
            return
        every.sort(key=lambda run: run.id)
        labels = list(dict.fromkeys(run.label for run in every))
        own = [self._own[label] for label in labels]
        tolerance = every[0].tolerance
        finals = [None if each.standing.provisional else each.standing.median for each in own]
        limit = of_medians(tolerance, self.measure, max(each.trials for each in own))
        best, tied = places(finals, limit)
        ranks = _ranks(finals, limit)
        marks = marks_of(every, curves, self.axis)
        for each in own:
            self._measure(each, marks, curves)
        summed = np.max([each.at[marks][1] for each in own], axis=0) if marks else np.zeros(0)
        columns = [
            places([each.at[marks][0][i] for each in own], of_medians(tolerance, self.measure, float(summed[i])))
            for i in range(len(marks))
        ]
        won = self._winners(labels, every, own)
        members = set(won.group) if won is not None else set()
        rows = [
            replace(
                each.standing, rank=ranks[i], best=best[i], tied=tied[i],
                wins=each.standing.label in members if won is not None and finals[i] is not None else None,
                at_marks=each.at[marks][0], best_at=tuple(b[i] for b, _ in columns),
                tied_at=tuple(t[i] for _, t in columns),
            )
            for i, each in enumerate(own)
        ]  # fmt: skip
        self.weight = 2000 * len(rows) + 100 * len(every)
        self.publish(Ranking(tuple(sorted(rows, key=_order)), marks, won))

    def _measure(self, own: _Own, marks: tuple[float, ...], curves: Mapping[int, Curve]) -> None:
        """Its medians at the marks, unless it has them."""
        if marks not in own.at:
            chosen = [curves[run.id] for run in own.selection.counted]
            at = np.asarray(marks)
            trials = np.max([trials_at(curve, at) for curve in chosen], axis=0) if chosen else np.zeros(len(marks))
            own.at.clear()
            own.at[marks] = medians_at(own.selection, chosen, marks), trials

    def _winners(self, labels: Sequence[str], runs: Sequence[RunRow], own: Sequence[_Own]) -> Winners | None:
        """Tested anew only if another run has finished."""
        repetitions = {number: place for place, number in enumerate(sorted({run.repetition for run in runs}))}
        values = np.full((1, len(labels), len(repetitions)), np.nan)
        for place, each in enumerate(own):
            if each.selection.finished:
                at = [repetitions[run.repetition] for run in each.selection.counted]
                values[0, place, at] = each.reached
        sign = values.tobytes()
        if self._tested is None or self._tested[0] != sign:
            longest = float(max(run.trials for run in runs))
            tolerances = np.array([of_medians(runs[0].tolerance, self.measure, longest)])
            seeds = np.full((1, len(repetitions)), -1, dtype=np.int64)
            unfinished = sum(run.status.open for run in runs)
            failed = sum(run.status is RunStatus.FAILED for run in runs)
            found = winners(
                Scores((self.problem,), tuple(labels), tuple(repetitions), values, tolerances, (self.measure,), seeds,
                       unfinished, failed)
            )  # fmt: skip
            self._tested = sign, found[0] if found else None
        return self._tested[1]


def _ranks(finals: Sequence[float | None], limit: float) -> list[float | None]:
    there = [place for place, median in enumerate(finals) if median is not None]
    ranks: list[float | None] = [None] * len(finals)
    for place, rank in zip(there, ranked(np.array([finals[place] for place in there]), limit), strict=True):
        ranks[place] = float(rank)
    return ranks


def _order(row: Standing) -> tuple[bool, float, bool, float]:
    """By rank; then those that are not final, by their values so far; then those without any."""
    return row.rank is None, row.rank or 0.0, row.median is None, row.median if row.median is not None else 0.0
