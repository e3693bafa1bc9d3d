"""Known losses as values of a measure: what curves and final tables are held against."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hpobench_tui.core.measure import Measure, within_floats
from hpobench_tui.core.problem import Landmark
from hpobench_tui.store.reader import RunRow


class Known(NamedTuple):
    """A landmark: ``value`` is of the measure, ``loss`` the loss itself.

    >>> Known("toy/one", "LeNet-5", value=0.0045, loss=0.0095, source="LeCun et al. 1998").value
    0.0045
    """

    problem: str
    name: str
    value: float
    loss: float
    source: str


def known(
    runs: Sequence[RunRow], landmarks: Mapping[str, Sequence[Landmark]], measure: Measure | None = None
) -> dict[str, list[Known]]:
    """The landmarks of the runs' problems, highest first, by problem.

    Nothing for measures of more than the incumbent, as regrets summed over rounds: those of one known solution would
    depend on how long one looks.

    Args:
        landmarks: By problem (``Reader.landmarks``).
        measure: None: what each problem shows by default.
    """
    found = {}
    for run in {run.problem: run for run in runs}.values():
        shown = measure or run.measure
        if shown not in (Measure.SIMPLE, Measure.INCUMBENT) or not landmarks.get(run.problem):
            continue
        reference = run.reference if shown is Measure.SIMPLE else 0.0
        found[run.problem] = [
            Known(run.problem, each.name, within_floats(each.loss - reference), each.loss, each.source)
            for each in sorted(landmarks[run.problem], key=lambda each: -each.loss)
        ]
    return found
