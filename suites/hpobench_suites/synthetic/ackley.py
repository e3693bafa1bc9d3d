"""Ackley's function (Ackley, *A Connectionist Machine for Genetic Hillclimbing*, 1987) in any dimension.

f(x) = -20 exp(-0.2 sqrt(mean x_i^2)) - exp(mean cos 2 pi x_i) + 20 + e on [-32.768, 32.768]^d, the box of Surjanovic
& Bingham's Virtual Library. Both exponentials are largest at 0, so the minimum is f(0) = 0; written as below it is
exactly so. 0 is the middle of the box, which a grid with an odd number of steps hits: the default configuration is
at -16.384, half way to the corner.
"""

from collections.abc import Sequence
from math import cos, e, exp, expm1, pi, sqrt

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form, dimension
from hpobench_tui.core import ProblemInfo, Reference

EDGE = 32.768
TURN = 2.0 * pi


def ackley(point: Sequence[float]) -> float:
    """The value at any number of floats."""
    squares = cosines = 0.0
    for x in point:
        squares += x * x
        cosines += cos(TURN * x)
    return -20.0 * expm1(-0.2 * sqrt(squares / len(point))) + (e - exp(cosines / len(point)))


def info(d: int = 2, noise: float = 0.0) -> ProblemInfo:
    """``synthetic/ackley``."""
    summary = "Ackley's function: one funnel under many small waves"
    minimum = Reference(0.0, "closed form, at the origin")
    return closed_form("ackley", summary, d, minimum, noise, 8e-7 + 1.2e-7 * d, ("multimodal",), dimension())


def problem(d: int = 2, noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/ackley``."""
    return ClosedForm(ackley, axes(d, -EDGE, EDGE), ((0.0,) * d,), noise, (-EDGE / 2,) * d)
