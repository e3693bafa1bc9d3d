"""Branin's function (Dixon & Szegő, *The global optimization problem: an introduction*, 1978).

f(x1, x2) = (x2 - 5.1/(4 pi^2) x1^2 + 5/pi x1 - 6)^2 + 10 (1 - 1/(8 pi)) cos x1 + 10 on [-5, 10] x [0, 15].

Both terms are least together at (-pi, 12.275), (pi, 2.275) and (3 pi, 2.475): the square is 0 and the cosine -1.
The minimum is therefore 10 / (8 pi) = 0.39788735772973816.
"""

from collections.abc import Sequence
from math import cos, pi

from hpobench_suites.closed_form import ClosedForm
from hpobench_suites.synthetic.description import closed_form
from hpobench_tui.core import ProblemInfo, Reference

BOUNDS = {"x1": (-5.0, 10.0), "x2": (0.0, 15.0)}
MINIMISERS = ((-pi, 12.275), (pi, 2.275), (3 * pi, 2.475))
MINIMUM = Reference(10 / (8 * pi), "closed form, 10 / (8 pi)")
B = 5.1 / (4 * pi**2)
C = 5 / pi
T = 1 / (8 * pi)
AMPLITUDE = 10 * (1 - T)


def branin(point: Sequence[float]) -> float:
    """The value at (x1, x2).

    >>> round(branin((pi, 2.275)), 6)
    0.397887
    """
    x1, x2 = point
    root = x2 - B * (x1 * x1) + C * x1 - 6.0
    return root * root + AMPLITUDE * cos(x1) + 10.0


def info(noise: float = 0.0) -> ProblemInfo:
    """``synthetic/branin``."""
    summary = "Branin's function: smooth, three equal minima"
    return closed_form("branin", summary, 2, MINIMUM, noise, 8e-7, ("smooth",))


def problem(noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/branin``."""
    return ClosedForm(branin, BOUNDS, MINIMISERS, noise)
