"""What a folder for another tool says of itself: README.txt for people, problems.csv for programs.

Neither ends in .json or .info, which readers would take for data.
"""

import csv
import io
from collections.abc import Mapping
from typing import IO

from hpobench_tui import __version__
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.text import as_json, in_line
from hpobench_tui.export.bridges.traces import Told
from hpobench_tui.export.markup import csv_cells
from hpobench_tui.export.material import Material, Write

FIELDS = ("suite", "function", "dimension", "instance", "problem", "values_are", "evaluations_are", "evaluations_each")
AXES = {
    Axis.BUDGET: "the budget",
    Axis.EVALUATIONS: "trials, each as one whatever its fidelity",
    Axis.FIDELITY: "fidelity, each trial as if trained from scratch",
    Axis.SECONDS: "seconds of the run's clock, the optimizer's own among them",
}
_COMMON = """
Evaluations. They count {axis}, in whole numbers.
problems.csv says of each problem what they are, and how many of them (evaluations_each) are one of that: divide running
times by it.

Runs. Each is there with all that it spent. One that failed or has not finished counts with that: what it had reached
stays reached, and it reaches nothing later. Failed trials count as evaluations that found nothing. Runs that have not
begun are not there. An instance beyond 65535 is written as 0.

No value yet. Evaluation 1 is in the data of every run, as readers want it. Where there was no value by then, it has a
power of ten above the first value and all targets (those of the problem, and 1000). A run that never had a value has
1e300.
"""


def problems(told: Told, suites: Mapping[bool, str]) -> Write:
    """A table: which function is which problem, and what its numbers are.

    Args:
        suites: What COCO's functions (True) and the others are called.
    """

    def write(stream: IO[bytes]) -> None:
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow((*FIELDS, "x") if told.hyperparameters else FIELDS)
        for numbers in told.numbers:
            place = numbers.place
            instance = "repetition + 1" if place.instance is None else place.instance_of(0)
            values = "loss" if numbers.measure is Measure.INCUMBENT else "regret"
            own = (suites[place.bbob], place.function, place.dimension, instance, place.problem)
            x = [as_json(list(told.hyperparameters.get(place.problem, ())))] if told.hyperparameters else []
            lines.writerow(csv_cells((*own, values, numbers.what, numbers.each, *x)))
        stream.write(text.getvalue().encode())

    return write


def readme(words: str, material: Material, folders: Mapping[str, str], names: Mapping[str, str], told: Told) -> Write:
    """``words``, then what both formats share, where the algorithms are and what they are called, what is left out.

    Args:
        folders, names: By label.
    """

    def write(stream: IO[bytes]) -> None:
        common = _COMMON.format(axis=AXES[material.axis])
        title = in_line(f"{material.name}, exported by hpobench {__version__}")
        lines = [title, "", words.strip(), "", common.strip(), "", "Algorithms", ""]
        for label, folder in folders.items():
            called = "" if names[label] == label else f", called {names[label]}"
            lines.append(in_line(f"  {folder}: {label}{called}"))
        if left_out := told.lines():
            lines += ["", "Left out", "", *(f"  {line}" for line in left_out)]
        stream.write("\n".join([*lines, ""]).encode())

    return write
