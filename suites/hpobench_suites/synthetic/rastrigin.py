"""Rastrigin's function (Rastrigin, *Systems of Extremal Control*, 1974) in any dimension.

f(x) = 10 d + sum x_i^2 - 10 cos 2 pi x_i on [-5.12, 5.12]^d, the box of Surjanovic & Bingham's Virtual Library. Each
term x^2 + 10 (1 - cos 2 pi x) is 0 at 0 alone, so the minimum is 0. 0 is the middle of the box, which a grid with an
odd number of steps hits: the default configuration is at -2.56, half way to the corner.
"""

from collections.abc import Sequence
from math import cos, pi

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form, dimension
from hpobench_tui.core import ProblemInfo, Reference

EDGE = 5.12
TURN = 2.0 * pi


def rastrigin(point: Sequence[float]) -> float:
    """The value at any number of floats."""
    total = 0.0
    for x in point:
        total += x * x + 10.0 * (1.0 - cos(TURN * x))
    return total


def info(d: int = 2, noise: float = 0.0) -> ProblemInfo:
    """``synthetic/rastrigin``."""
    summary = "Rastrigin's function: a bowl with a regular grid of local minima"
    minimum = Reference(0.0, "closed form, at the origin")
    return closed_form("rastrigin", summary, d, minimum, noise, 5e-7 + 1.2e-7 * d, ("multimodal",), dimension())


def problem(d: int = 2, noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/rastrigin``."""
    return ClosedForm(rastrigin, axes(d, -EDGE, EDGE), ((0.0,) * d,), noise, (-EDGE / 2,) * d)
