"""What a folder for another tool says of itself: README.txt for people, problems.csv for programs.

Neither ends in .json or .info, which readers would take for data.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from hpobench_tui import __version__
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import in_line
from hpobench_tui.export.bridges.traces import Count, Place
from hpobench_tui.export.markup import csv_cells
from hpobench_tui.export.material import Material, Write

FIELDS = ("folder", "function", "dimension", "instance", "problem", "evaluations_are", "evaluations_each")


class LeftOut:
    """Problems that are left out, with the reasons."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    @contextmanager
    def contained(self, problem: str) -> Iterator[None]:
        """What cannot be exported of a problem takes no other down."""
        try:
            yield
        except HpobenchError as error:
            self.reasons[problem] = str(error)

    def lines(self) -> list[str]:
        return [in_line(f"{problem}: {reason}") for problem, reason in self.reasons.items()]

    def tell(self) -> None:
        """
        Raises:
            HpobenchError: something was left out.
        """
        if self.reasons:
            raise HpobenchError("; ".join(self.lines()))


def problems(places: Mapping[str, Place], counts: Mapping[str, Count], folders: Mapping[bool, str]) -> Write:
    """A table: which function is which problem, and what its evaluations count.

    Args:
        places, counts: By problem; those of ``counts`` are in the table.
        folders: Of COCO's functions (True), and of the others.
    """

    def write(stream: IO[bytes]) -> None:
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(FIELDS)
        for problem, counted in counts.items():
            place = places[problem]
            instance = "repetition + 1" if place.instance is None else place.instance_of(0)
            cells = (folders[place.bbob], place.function, place.dimension, instance, problem, counted.what, counted.each)
            lines.writerow(csv_cells(cells))
        stream.write(text.getvalue().encode())

    return write


def readme(
    words: str, material: Material, folders: Mapping[str, str], names: Mapping[str, str], left_out: LeftOut
) -> Write:
    """``words``, then where the algorithms are and what they are called, and what was left out.

    Args:
        folders, names: By label.
    """
    lines = [in_line(f"{material.name}, exported by hpobench {__version__}"), "", words.strip(), "", "Algorithms", ""]
    for label, folder in folders.items():
        called = "" if names[label] == label else f", called {names[label]}"
        lines.append(in_line(f"  {folder}: {label}{called}"))
    if left_out.reasons:
        lines += ["", "Left out", "", *(f"  {line}" for line in left_out.lines())]
    text = "\n".join([*lines, ""])
    return lambda stream: stream.write(text.encode())


AXES = {
    Axis.BUDGET: "the budget",
    Axis.EVALUATIONS: "trials, each as one whatever its fidelity",
    Axis.FIDELITY: "fidelity, each trial as if trained from scratch",
    Axis.SECONDS: "seconds of the run's clock, the optimizer's own time among them",
}
COMMON = """
Evaluations. They count {axis}, in whole numbers: problems.csv says of each problem what one of them is, and how many of
them (evaluations_each) are one unit of the budget or of time. Divide running times by it.

Runs. Each is there with all that it spent. One that failed or has not finished counts with that: what it had reached
stays reached, and it reaches nothing later. Failed trials count as evaluations that found nothing. Runs that have not
begun are not there.

No value yet. Evaluation 1 is in the data of every run, as readers want it. Where there was no value by then, it has a
power of ten above the first value and all targets. A run that never had a value has 1e300.
"""
