"""Runs as COCO and IOH see them: so many evaluations, and the least that had been found by then.

What both formats share:

* *Evaluations* are whole numbers, so a position on the axis of the export is counted in its smallest unit: of the budget
  in quanta of the ledger (``store.schema``: evaluations, units of fidelity, nanoseconds), of seconds in nanoseconds. So
  no position is rounded, and a running time in the files is ours times :attr:`Count.each`. What is 0 is written as 1.
* *Values* are simple regrets, of a problem without a known reference losses; of an incumbent that got worse (at a higher
  fidelity, with noise) the least so far, which is what hitting times are of (``analysis.performance.hits``).
* Which runs count, and that a failed or unfinished one counts with what it has spent, is as in
  ``analysis.performance``: the rows are made from what ERT and ECDF are made from.
* Both formats want a row at evaluation 1 (iohinspector knows by it that a run begins). Where a run had no value by then
  the row has :func:`before`, a power of ten that is beyond its first value and all targets; a run without any value
  has :data:`NOTHING` all through, which reaches no target.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import ceil, log10
from typing import TYPE_CHECKING

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import NANOSECONDS, Unit
from hpobench_tui.core.measure import Measure
from hpobench_tui.export.material import Material, axis_name

if TYPE_CHECKING:
    from hpobench_tui.analysis.performance.counting import Steps
    from hpobench_tui.core.columns import Floats, Integers
    from hpobench_tui.store.reader import RunRow

NOTHING = 1e300
"""The value of a run that never had one. Both formats are read as finite numbers, on logarithmic axes."""
LARGEST_BEFORE = 1e299
FIRST_OTHER = 1001
"""The number of the first problem that is no function of COCO's."""
MOST = 65_535
"""What iohinspector holds of functions, dimensions and instances (16 bits)."""
_LOOKED_AT = 50
"""So many runs of a problem, and trials of each, show which hyperparameters it has."""
_BBOB = re.compile(r"bbob/f(?P<function>[01]\d|2[0-4])-[a-z0-9-]+(\[(?P<settings>[a-z0-9=,]+)\])?", re.ASCII)
_DEFAULTS = {"d": 5, "instance": 1}
"""Of the parameters that an id of ``bbob/…`` leaves out (a test holds them against the suite)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem stands in the formats' order.

    Attributes:
        bbob: It is COCO's noiseless function of that number, dimension and instance.
        dimension: How many hyperparameters it has.
        instance: None: each repetition is one, from 1.
    """

    problem: str
    bbob: bool
    function: int
    dimension: int
    instance: int | None = None

    def instance_of(self, repetition: int) -> int:
        """0 where it is beyond what readers hold."""
        number = repetition + 1 if self.instance is None else self.instance
        return number if number <= MOST else 0


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted as evaluations: ``each`` of them are one of ``what``."""

    axis: Axis
    what: str
    each: int


@dataclass(frozen=True, slots=True)
class Trace:
    """One run.

    Attributes:
        evaluations: Ascending from 1, the last one all that the run spent, (k,).
        values: The least by then, descending, (k,).
    """

    run: "RunRow"
    instance: int
    evaluations: "Integers"
    values: "Floats"

    @property
    def best(self) -> tuple[int, float]:
        """The first evaluation by which the least was found, and that."""
        at = int((self.values == self.values[-1]).argmax())
        return int(self.evaluations[at]), float(self.values[at])


def bbob(problem: str) -> Place | None:
    """The place of a noiseless BBOB function as its id says it; None of any other problem.

    >>> bbob("bbob/f15-rastrigin-rotated[d=3,instance=2]")
    Place(problem='bbob/f15-rastrigin-rotated[d=3,instance=2]', bbob=True, function=15, dimension=3, instance=2)
    >>> bbob("bbob/f01-sphere[noise=0.1]") is None
    True
    """
    found = _BBOB.fullmatch(problem)
    if not found or found["function"] == "00":
        return None
    said = dict(part.partition("=")[::2] for part in (found["settings"] or "").split(",") if part)
    if not said.keys() <= _DEFAULTS.keys() or not all(value.isdecimal() for value in said.values()):
        return None
    own = _DEFAULTS | {name: int(value) for name, value in said.items()}
    return Place(problem, True, int(found["function"]), own["d"], own["instance"])


def places(material: Material) -> dict[str, Place]:
    """Of each problem, in first-seen order; those that are none of COCO's are numbered from 1001 on."""
    made: dict[str, Place] = {}
    number = FIRST_OTHER
    for problem in dict.fromkeys(run.problem for run in material.runs):
        if known := bbob(problem):
            made[problem] = known
        else:
            made[problem] = Place(problem, False, number, dimension(material, problem))
            number += 1
    return made


def dimension(material: Material, problem: str) -> int:
    """How many hyperparameters there are in configurations of a problem that are on record; at least 1."""
    names: set[str] = set()
    for run in islice((run for run in material.runs if run.problem == problem and run.trials), _LOOKED_AT):
        for text in material.source.configurations(run.id, _LOOKED_AT):
            names.update(json.loads(text))
    return min(max(len(names), 1), MOST)


def count(material: Material, run: "RunRow", axis: Axis) -> Count:
    """What evaluations of a run's problem are."""
    what = axis_name(axis, run, material.simulated)
    match axis:
        case Axis.SECONDS:
            return Count(axis, what, NANOSECONDS)
        case Axis.BUDGET:
            return Count(axis, Unit(run.unit).words(run.fidelity), run.quanta_per_unit)
    return Count(axis, what, 1)


def traces(material: Material, place: Place, axis: Axis, measure: Measure) -> Iterator[Trace]:
    """The runs of a problem that count, by label in first-seen order.

    Raises:
        HpobenchError: its runs cannot be compared.
    """
    from hpobench_tui.analysis.performance.counting import read_pairs, stream

    runs = [run for run in material.runs if run.problem == place.problem]
    by_name = {(run.label, run.repetition): run for run in runs}
    each = count(material, runs[0], axis).each
    for pair in read_pairs(stream(material.source, runs, axis, measure), axis, measure):
        for curve, spent, repetition in zip(pair.curves, pair.spent, pair.repetitions.tolist(), strict=True):
            evaluations, values = rows(curve, float(spent), each, pair.targets[0] if measure is Measure.SIMPLE else 1.0)
            yield Trace(by_name[pair.label, repetition], place.instance_of(repetition), evaluations, values)


def rows(curve: "Steps", spent: float, each: int, target: float) -> "tuple[Integers, Floats]":
    """Evaluations and values of a run, as in :class:`Trace`.

    Args:
        spent: How far it went, in units of which ``each`` evaluations are one.
        target: What it is measured by has no target above.
    """
    import numpy as np

    def whole(x: "Floats") -> "Integers":
        return np.maximum(np.rint(x * each), 1).astype(np.int64)

    x, y = whole(curve.x), np.minimum.accumulate(curve.y)
    end = max(int(whole(np.array([spent]))[0]), int(x[-1]) if len(x) else 1)
    if not len(x) or x[0] > 1:
        first = before(float(y[0]), target) if len(y) else NOTHING
        x, y = np.append(1, x), np.append(first, y)
    if end > x[-1]:
        x, y = np.append(x, end), np.append(y, y[-1])
    keep = np.append(np.diff(x) > 0, True)  # of several at one evaluation the last counts
    x, y = x[keep], y[keep]
    changed = np.append(True, np.diff(y) < 0)
    changed[-1] = True
    return x[changed], y[changed]


def before(value: float, target: float) -> float:
    """A power of ten that is more than both, for the time before a run's first value.

    >>> before(3.0, 100.0), before(-5.0, 1.0)
    (1000.0, 10.0)
    """
    most = max(value, target)
    return max(float(f"1e{ceil(log10(most)) + 1}"), most) if most < LARGEST_BEFORE else most


def named(labels: Iterable[str], kept: str) -> dict[str, str]:
    """Labels as a format can hold them, distinct also where case does not count: letters and digits of any script and
    the signs ``kept``; any other is ``_``.

    >>> named(["a b,c", "A_b_c", "最適"], " ")
    {'a b,c': 'a b_c', 'A_b_c': 'A_b_c', '最適': '最適'}
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        plain = "".join(sign if sign.isalnum() or sign in kept else "_" for sign in label).strip() or "_"
        chosen, number = plain, 2
        while chosen.casefold() in taken:
            chosen, number = f"{plain}_{number}", number + 1
        taken.add(chosen.casefold())
        made[label] = chosen
    return made
