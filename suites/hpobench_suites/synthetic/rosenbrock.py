"""Rosenbrock's function (Rosenbrock, *The Computer Journal* 3, 1960) in two or more dimensions.

f(x) = sum_{i<d} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 on [-5, 10]^d, the box of Surjanovic & Bingham's Virtual Library.
All squares are 0 at (1, ..., 1) alone, so the minimum is 0. From four dimensions on there is a second, local minimum.
"""

from collections.abc import Sequence

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form, dimension
from hpobench_tui.core import ProblemInfo, Reference


def rosenbrock(point: Sequence[float]) -> float:
    """The value at two or more floats."""
    total = 0.0
    coordinates = iter(point)
    x = next(coordinates)
    for successor in coordinates:
        step, rest = successor - x * x, 1.0 - x
        total += 100.0 * step * step + rest * rest
        x = successor
    return total


def info(d: int = 2, noise: float = 0.0) -> ProblemInfo:
    """``synthetic/rosenbrock``."""
    summary = "Rosenbrock's function: a long curved valley"
    minimum = Reference(0.0, "closed form, at (1, ..., 1)")
    return closed_form("rosenbrock", summary, d, minimum, noise, 6e-7 + 1e-7 * d, ("ill-conditioned",), dimension(2))


def problem(d: int = 2, noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/rosenbrock``."""
    return ClosedForm(rosenbrock, axes(d, -5.0, 10.0), ((1.0,) * d,), noise)
