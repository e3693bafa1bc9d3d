"""Griewank's function (Griewank, *Journal of Optimization Theory and Applications* 34, 1981) in any dimension.

f(x) = sum x_i^2 / 4000 - prod cos(x_i / sqrt i) + 1 on [-600, 600]^d, the box of Surjanovic & Bingham's Virtual
Library. The sum is 0 at 0 alone and the product at most 1, so the minimum is 0. 0 is the middle of the box, which a
grid with an odd number of steps hits: the default configuration is at -300, half way to the corner. The more
dimensions, the smaller the product: a high-dimensional Griewank function is nearly a parabola.
"""

from collections.abc import Sequence
from math import cos, sqrt

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import LARGEST_DIMENSION, closed_form, dimension
from hpobench_tui.core import ProblemInfo, Reference

EDGE = 600.0
ROOTS = tuple(sqrt(i) for i in range(1, LARGEST_DIMENSION + 1))


def griewank(point: Sequence[float]) -> float:
    """The value at up to ``LARGEST_DIMENSION`` floats."""
    squares, product = 0.0, 1.0
    for x, root in zip(point, ROOTS, strict=False):
        squares += x * x
        product *= cos(x / root)
    return squares / 4000.0 + (1.0 - product)


def info(d: int = 2, noise: float = 0.0) -> ProblemInfo:
    """``synthetic/griewank``."""
    summary = "Griewank's function: a wide bowl with many shallow local minima"
    minimum = Reference(0.0, "closed form, at the origin")
    return closed_form("griewank", summary, d, minimum, noise, 7e-7 + 1.2e-7 * d, ("multimodal",), dimension())


def problem(d: int = 2, noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/griewank``."""
    return ClosedForm(griewank, axes(d, -EDGE, EDGE), ((0.0,) * d,), noise, (-EDGE / 2,) * d)
