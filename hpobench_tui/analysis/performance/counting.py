"""Runs read for this package: which count and with how much (the rule in its docstring), their curves as bare steps.

A curve of simple regret has some 500 rows, of which some 20 change anything. Only those are kept: the step function is
the same, and all statistics come from one reading of a store.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.axis import counts_budget, grid
from hpobench_tui.analysis.curve import Curve, read_curves
from hpobench_tui.analysis.performance import targets as pinned
from hpobench_tui.analysis.performance.targets import SameAs, Targets
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import Floats, Integers
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import RunRow

Counting: TypeAlias = Literal["spent", "out"]
"""How a failed or an unfinished run counts: with what it has spent, or not at all."""


class Steps(NamedTuple):
    """A right-continuous step function: ``y[i]`` from ``x[i]`` on, unknown before ``x[0]``; x ascends. Both (k,)."""

    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class PairRuns:
    """The runs of one label on one problem that count.

    Attributes:
        axis: What the curves' positions are on.
        measure: What they are of.
        targets: The problem's regret targets, descending.
        tolerance: Losses of the problem that differ by no more are equal.
        curves: Of each run; one without steps has no value.
        spent: How far each run went, (r,).
        finished: Whether it came to its own end, (r,).
        repetitions: Of the runs, (r,).
        quanta_per_unit: Of their budgets.
        granted: What the experiments granted each run of the problem on this axis; None where that is something else,
            or not the same for all.
        failed, unfinished: How many of the runs are.
        out: How many were left out: for one or the other, or as they have not begun.
    """

    problem: str
    label: str
    axis: Axis
    measure: Measure
    targets: Targets
    tolerance: float
    curves: tuple[Steps, ...]
    spent: Floats
    finished: NDArray[np.bool_]
    repetitions: Integers
    quanta_per_unit: int
    granted: float | None
    failed: int = 0
    unfinished: int = 0
    out: int = 0

    @property
    def n(self) -> int:
        """The runs."""
        return len(self.curves)

    @property
    def no_budget(self) -> str:
        """Why nothing is ``granted``, for messages."""
        return f"runs of {self.problem} were not granted one and the same budget in {self.axis}"

    def check_regret(self) -> None:
        """Only what comes down reaches targets.

        Raises:
            HpobenchError: the curves are not of simple regret.
        """
        if self.measure is not Measure.SIMPLE:
            raise HpobenchError(
                f"targets are of simple regret, but the curves of {self.problem} are of {self.measure}."
                " Read those of simple regret."
            )


@dataclass(slots=True)
class _Group:
    runs: list[RunRow] = field(default_factory=list)
    curves: list[Steps] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    failed: int = 0
    unfinished: int = 0
    out: int = 0


def read_pairs(
    runs: Iterable[tuple[RunRow, Curve]],
    axis: Axis = Axis.BUDGET,
    measure: Measure = Measure.SIMPLE,
    *,
    targets: Mapping[str, Sequence[float]] | None = None,
    failed: Counting = "spent",
    unfinished: Counting = "spent",
    same_as: SameAs | None = None,
) -> list[PairRuns]:
    """Runs by (problem, label), those of other names of a problem among its own, in first-seen order.

    Args:
        runs: With their curves of ``measure`` along ``axis``, taken one by one; an empty curve is that of a run without
            a value.
        targets: By problem, in place of those that it pins.

    Raises:
        HpobenchError: targets that are none; runs of one problem with different ones, or with other units of budget.
    """
    groups: dict[str, dict[str, _Group]] = {}
    for run, curve in runs:
        problem = (same_as or {}).get(run.problem, run.problem)
        group = groups.setdefault(problem, {}).setdefault(run.label, _Group())
        broken, still = run.status is RunStatus.FAILED, run.status.open
        begun = run.trials > 0 or len(curve) > 0
        if (broken and failed == "out") or (still and (unfinished == "out" or not begun)):
            group.out += 1
            continue
        group.failed += broken
        group.unfinished += still
        group.runs.append(run)
        group.curves.append(steps(curve))
        group.spent.append(spent(run, curve, axis))
    made = []
    for problem, labels in groups.items():
        every = [run for group in labels.values() for run in group.runs]
        if not every:
            continue
        own = (targets or {}).get(problem)
        wanted = pinned.of_runs(problem, every) if own is None else pinned.check(own, problem)
        most, tolerance = one_granted(problem, every, axis), max(run.tolerance for run in every)
        made += [
            PairRuns(
                problem, label, axis, measure, wanted, tolerance, tuple(group.curves), np.array(group.spent),
                np.array([run.status.finished for run in group.runs]),
                np.array([run.repetition for run in group.runs]),
                every[0].quanta_per_unit, most, group.failed, group.unfinished, group.out,
            )
            for label, group in labels.items() if group.runs
        ]  # fmt: skip
    return made


def stream(
    reader: Source, runs: Iterable[RunRow], axis: Axis = Axis.BUDGET, measure: Measure = Measure.SIMPLE
) -> Iterator[tuple[RunRow, Curve]]:
    """Runs of a store with their curves, read one by one: for :func:`read_pairs`."""
    for run in runs:
        yield run, read_curves(reader, [run], axis, measure)[run.id]


def without_reference(runs: Iterable[RunRow]) -> list[str]:
    """The problems of which no reference is known: they have no regret, so that nothing can be said to be reached."""
    return list(dict.fromkeys(run.problem for run in runs if run.measure is Measure.INCUMBENT))


def steps(curve: Curve) -> Steps:
    """The points at which a curve changes; of several at one x the last counts."""
    if not len(curve):
        return Steps(np.empty(0), np.empty(0))
    last = np.append(curve.x[1:] > curve.x[:-1], True)
    x, y = curve.x[last], curve.y[last]
    changed = np.append(True, y[1:] != y[:-1])
    return Steps(x[changed], y[changed])


def spent(run: RunRow, curve: Curve, axis: Axis) -> float:
    """How far a run went on the axis, in its units.

    Exact but for the fidelity of runs without any value, whose trials count as the smallest that they could be.
    """
    end = float(curve.x[-1]) if len(curve) else 0.0  # of a run with values the last row of progress is its end
    match axis:
        case Axis.BUDGET:
            went = run.spent / run.quanta_per_unit
        case Axis.EVALUATIONS:
            went = float(run.trials)
        case Axis.SECONDS:
            went = 0.0 if len(curve) else run.clock  # curves may be along seconds of another making (``thinking``)
        case Axis.FIDELITY:
            went = float(run.spent if counts_budget(axis, run) else run.trials * run.minimum_fidelity)
    return max(went, end)


def granted(run: RunRow, axis: Axis) -> float | None:
    """What the experiment granted the run on the axis; None where it grants something else."""
    if axis is Axis.BUDGET:
        return run.budget / run.quanta_per_unit
    return float(run.budget) if counts_budget(axis, run) else None


def one_granted(problem: str, runs: Sequence[RunRow], axis: Axis) -> float | None:
    """The one budget of all runs of a problem; None where they have several: numbers must not depend on who is there.

    Raises:
        HpobenchError: along the budget, runs whose budgets have other units.
    """
    units = dict.fromkeys(str(run.unit) for run in runs)
    if axis is Axis.BUDGET and len(units) > 1:
        raise HpobenchError(
            f"budgets of {problem} are in {' and '.join(units)}, which cannot be compared."
            " Compare along evaluations, fidelity or seconds."
        )
    amounts = {granted(run, axis) for run in runs}
    return amounts.pop() if len(amounts) == 1 else None


def marks(pair: PairRuns, points: int = 48, low: float | None = None, high: float | None = None) -> Floats:
    """Positions of ``core.progress`` on the axis of a pair, at which all curves are exact, evenly in the logarithm.

    Args:
        points: At most so many.
        low: From where; by default a unit (of seconds a thousandth of ``high``).
        high: To where; by default what the experiments granted, which is among them.

    Raises:
        HpobenchError: no ``high``, and they granted no one budget on the axis.
    """
    if high is None and (high := pair.granted) is None:
        raise HpobenchError(f"{pair.no_budget}: say up to where marks go.")
    if low is None:
        low = high / 1000 if pair.axis is Axis.SECONDS else min(1.0, high)
    every = np.append(grid(pair.axis, low, high, pair.quanta_per_unit), high)
    wanted = np.searchsorted(every, np.geomspace(every[0], high, points))
    chosen: Floats = np.unique(every[np.minimum(wanted, len(every) - 1)])
    return chosen


def by_problem(pairs: Iterable[PairRuns]) -> dict[str, list[PairRuns]]:
    """By problem, in first-seen order."""
    groups: dict[str, list[PairRuns]] = {}
    for pair in pairs:
        groups.setdefault(pair.problem, []).append(pair)
    return groups
