"""Runs as COCO and IOH see them: so many evaluations, and the least that had been found by then.

What both formats share:

* *Evaluations* are whole numbers, so a position on the axis of the export is counted in its smallest unit: of the
  budget in quanta of the ledger (``run.quanta_per_unit`` of them are one unit: evaluations, units of fidelity,
  nanoseconds), of seconds in nanoseconds. So no position is rounded, and a running time in the files is ours times
  ``Numbers.each``. What is 0 is written as 1.
* *Values* are simple regrets, of a problem without a known reference losses; of an incumbent that got worse (at a
  higher fidelity, with noise) the least so far, which is what hitting times are of (``analysis.performance.hits``).
* Which runs count, and that a failed or unfinished one counts with what it has spent, is as in
  ``analysis.performance``: the rows are made from what ERT and ECDF are made from.
* Both formats want a row at evaluation 1 (iohinspector knows by it that a run begins). Where a run had no value by then
  the row has :func:`before`, a power of ten that is beyond its first value and all targets, COCO's too; a run without
  any value has :data:`NOTHING` all through, which reaches no target.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import NANOSECONDS, Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import some
from hpobench_tui.core.text import in_line
from hpobench_tui.export.bridges.places import Place, places
from hpobench_tui.export.material import Material, axis_name

if TYPE_CHECKING:
    from hpobench_tui.analysis.performance.counting import Steps
    from hpobench_tui.core.columns import Floats, Integers
    from hpobench_tui.store.reader import RunRow

EASIEST = 1e3
"""The largest target that cocopp asks for, whatever the problem pins."""
NOTHING = 1e300
"""The value of a run that never had one: readers take logarithms, and sums."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a problem's numbers are: values of ``measure``, and evaluations, of which ``each`` are one of ``what``."""

    place: Place
    measure: Measure
    what: str
    each: int


@dataclass(frozen=True, slots=True)
class Trace:
    """One run.

    Attributes:
        evaluations: Ascending from 1, the last one all that the run spent, (k,).
        values: The least by then, never ascending, (k,).
    """

    run: "RunRow"
    numbers: Numbers
    instance: int
    evaluations: "Integers"
    values: "Floats"

    def rows(self) -> Iterator[tuple[int, float]]:
        return zip(self.evaluations.tolist(), self.values.tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class Function:
    """The runs of one function, in all its dimensions and instances, by label and dimension."""

    place: Place
    runs: dict[str, dict[int, list[Trace]]]

    def by_dimension(self) -> dict[int, list[Trace]]:
        made: dict[int, list[Trace]] = {}
        for dimension, runs in (pair for dimensions in self.runs.values() for pair in dimensions.items()):
            made.setdefault(dimension, []).extend(runs)
        return made


class Told:
    """What an export says of problems: what their numbers are, which hyperparameters stand in columns (x0, x1, …), and
    why some are left out."""

    def __init__(self) -> None:
        self.numbers: list[Numbers] = []
        self.hyperparameters: dict[str, Sequence[str]] = {}
        self.left_out: dict[str, list[str]] = {}
        """Problems, by the reason."""

    @contextmanager
    def contained(self, problem: str) -> Iterator[None]:
        """What cannot be exported of a problem takes no other down."""
        try:
            yield
        except HpobenchError as error:
            self.left_out.setdefault(str(error), []).append(problem)

    def check(self) -> None:
        """
        Raises:
            HpobenchError: something was left out.
        """
        if self.left_out:
            found = (f"{some(problems)}: {reason}" for reason, problems in self.left_out.items())
            raise HpobenchError(in_line("; ".join(found)))

    def lines(self) -> list[str]:
        """All that is left out, and why: a line a reason."""
        return [in_line(f"{', '.join(problems)}: {reason}") for reason, problems in self.left_out.items()]


def functions(material: Material, axis: Callable[[Place], Axis], told: Told, losses: bool) -> Iterator[Function]:
    """One after another, in first-seen order: an index file each.

    Args:
        axis: What evaluations of a problem count.
        losses: Problems without a known reference are there, with their losses.
    """
    groups: dict[tuple[bool, int], list[Place]] = {}
    for place in places(material):
        groups.setdefault((place.bbob, place.function), []).append(place)
    for group in groups.values():
        made = Function(group[0], {})
        for place in group:
            with told.contained(place.problem):
                numbers, found = _traces(material, place, axis(place))
                if numbers.measure is Measure.INCUMBENT and not losses:
                    raise HpobenchError("no reference is known, so that there is no regret")
                told.numbers.append(numbers)
                for trace in found:
                    made.runs.setdefault(trace.run.label, {}).setdefault(place.dimension, []).append(trace)
        yield made


def _traces(material: Material, place: Place, axis: Axis) -> tuple[Numbers, list[Trace]]:
    """A problem's runs that count, by label in first-seen order.

    Raises:
        HpobenchError: its runs cannot be compared.
    """
    from hpobench_tui.analysis.performance.counting import read_pairs, stream

    runs = [run for run in material.runs if run.problem == place.problem]
    by_name = {(run.label, run.repetition): run for run in runs}
    numbers, made = _numbers(material, place, runs[0], axis), []
    for pair in read_pairs(stream(material.source, runs, axis, numbers.measure), axis, numbers.measure):
        target = max(pair.targets[0], EASIEST) if numbers.measure is Measure.SIMPLE else 1.0
        for curve, spent, repetition in zip(pair.curves, pair.spent, pair.repetitions.tolist(), strict=True):
            run, instance = by_name[pair.label, repetition], place.instance_of(repetition)
            made.append(Trace(run, numbers, instance, *rows(curve, float(spent), numbers.each, target)))
    return numbers, made


def _numbers(material: Material, place: Place, run: "RunRow", axis: Axis) -> Numbers:
    measure = Measure.INCUMBENT if run.measure is Measure.INCUMBENT else Measure.SIMPLE  # else no reference is known
    what = axis_name(axis, run, material.simulated)
    match axis:
        case Axis.SECONDS:
            return Numbers(place, measure, what, NANOSECONDS)
        case Axis.BUDGET:
            return Numbers(place, measure, Unit(run.unit).words(run.fidelity), run.quanta_per_unit)
    return Numbers(place, measure, what, 1)


def rows(curve: "Steps", spent: float, each: int, target: float) -> "tuple[Integers, Floats]":
    """Evaluations and values of a run, as in :class:`Trace`.

    Args:
        spent: How far it went, in units of which ``each`` evaluations are one.
        target: What it is measured by has no target above.
    """
    import numpy as np

    x, y = whole(curve.x, each), np.minimum.accumulate(curve.y)
    if not len(x) or x[0] > 1:
        x, y = np.append(1, x), np.append(before(float(y[0]), target) if len(y) else NOTHING, y)
    end = max(int(whole([spent], each)[0]), int(x[-1]))
    x, y = np.append(x, end), np.append(y, y[-1])
    last = np.append(np.diff(x) > 0, True)  # of several at one evaluation the last counts
    x, y = x[last], y[last]
    changed = np.append(True, y[1:] < y[:-1])  # a difference may be beyond floats
    changed[-1] = True
    return x[changed], y[changed]


def whole(x: "Floats | list[float]", each: int) -> "Integers":
    """Positions on the axis as evaluations, of their shape."""
    import numpy as np

    counted: Integers = np.maximum(np.rint(np.asarray(x) * each), 1).astype(np.int64)
    return counted


def before(value: float, target: float) -> float:
    """A power of ten that is more than both, for the time before a run's first value; at most the largest there is.

    >>> before(3.0, 100.0), before(-5.0, 1.0)
    (1000.0, 10.0)
    """
    most = max(value, target)
    return max(10.0 ** min(ceil(log10(most)) + 1, 308), most)
