"""Donaldson's algorithm, the classical way to Calabi-Yau metrics, and the small problems that it leads to."""

from hpobench_suites.quintic import landmarks
from hpobench_tui.core import Dimensions, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced


def _description(degree: int, floats: int, optimum: float, seconds: float, level: float) -> ProblemInfo:
    return ProblemInfo(
        id=f"quintic/donaldson-k{degree}",
        summary=f"The best diagonal form of degree {degree} for a metric on the Fermat quintic: σ on 5,000 points",
        load="hpobench_suites.quintic.donaldson.diagonal:problem",
        dimensions=Dimensions(floats=floats),
        reference=Reference(optimum, "the best of Nelder & Mead's method from twenty random starts", exact=False),
        seconds=seconds,
        tags=("calabi-yau", "black-box"),
        loss_range=(0.0, 2.0),
        tolerance=1e-8,  # as of other optima that search only comes near to
        targets=spaced(level, 1e-8),  # from the median of random draws (``python -m benchmarks.levels``)
        costs=True,
        arguments={"degree": degree},
        landmarks=landmarks.of_diagonal(degree),
    )


DONALDSON_PROBLEMS: tuple[ProblemInfo, ...] = (
    _description(2, 1, 0.05159878663096554, 3e-5, 0.506),
    _description(3, 2, 0.02659268583310898, 3e-5, 0.26),
    _description(4, 4, 0.00557237088845866, 7e-5, 0.424),
)
