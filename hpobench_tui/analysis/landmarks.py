"""Known losses as values of a measure: what curves and final tables are held against."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hpobench_tui.analysis.measure import Measure
from hpobench_tui.core.problem import Landmark
from hpobench_tui.store.reader import RunRow


class Known(NamedTuple):
    """A landmark: ``value`` is of the measure, ``loss`` the loss itself."""

    problem: str
    name: str
    value: float
    loss: float
    source: str


def known(
    runs: Sequence[RunRow], landmarks: Mapping[str, Sequence[Landmark]], measure: Measure
) -> dict[str, list[Known]]:
    """The landmarks of the runs' problems, highest first, by problem.

    Nothing for regrets that are summed over rounds: those of one known solution would depend on how long one looks.

    Args:
        landmarks: By problem (``Reader.landmarks``).
    """
    if measure not in (Measure.SIMPLE, Measure.INCUMBENT):
        return {}
    references = {run.problem: run.reference if measure is Measure.SIMPLE else 0.0 for run in runs}
    return {
        problem: [
            Known(problem, each.name, each.loss - reference, each.loss, each.source)
            for each in sorted(landmarks[problem], key=lambda each: -each.loss)
        ]
        for problem, reference in references.items()
        if landmarks.get(problem)
    }
