"""The function of Styblinski & Tang (*Neural Networks* 3, 1990) in any dimension.

f(x) = 1/2 sum x_i^4 - 16 x_i^2 + 5 x_i on [-5, 5]^d, the box of Surjanovic & Bingham's Virtual Library. Each
coordinate has the same quartic with two minima; the lower is at the least root of 4 x^3 - 32 x + 5, and the least
value of f is d times the quartic's there (computed with 40 digits).
"""

from collections.abc import Sequence

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form, dimension
from hpobench_tui.core import ProblemInfo, Reference

ROOT = -2.903534027771177
LEAST = -39.16616570377141


def styblinski_tang(point: Sequence[float]) -> float:
    """The value at any number of floats."""
    total = 0.0
    for x in point:
        square = x * x
        total += square * square - 16.0 * square + 5.0 * x
    return total / 2.0


def info(d: int = 2, noise: float = 0.0) -> ProblemInfo:
    """``synthetic/styblinski-tang``."""
    summary = "The function of Styblinski and Tang: separable, 2^d local minima"
    minimum = Reference(d * LEAST, "d times the least value of a quartic")
    return closed_form("styblinski-tang", summary, d, minimum, noise, 5e-7 + 1e-7 * d, ("multimodal",), dimension())


def problem(d: int = 2, noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/styblinski-tang``."""
    return ClosedForm(styblinski_tang, axes(d, -5.0, 5.0), ((ROOT,) * d,), noise)
