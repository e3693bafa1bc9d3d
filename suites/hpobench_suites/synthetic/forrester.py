"""Forrester's function of one variable (Forrester, Sóbester & Keane, *Proceedings of the Royal Society A* 463, 2007).

f(x) = (6 x - 2)^2 sin(12 x - 4) on [0, 1]: one local and one global minimum. The global one is at ``MINIMISER``, the
root of sin(12 x - 4) + (6 x - 2) cos(12 x - 4) near 0.757 (computed with 40 digits).
"""

from collections.abc import Sequence
from math import sin

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form
from hpobench_tui.core import ProblemInfo, Reference

MINIMISER = (0.7572487578418559,)
MINIMUM = Reference(-6.0207400557670825, "the root of the derivative, by Newton's method")


def forrester(point: Sequence[float]) -> float:
    """The value at (x,)."""
    (x,) = point
    root = 6.0 * x - 2.0
    return root * root * sin(2.0 * root)


def info(noise: float = 0.0) -> ProblemInfo:
    """``synthetic/forrester``."""
    summary = "Forrester's function of one variable: smooth, two minima"
    return closed_form("forrester", summary, 1, MINIMUM, noise, 6e-7, ("smooth",))


def problem(noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/forrester``."""
    return ClosedForm(forrester, axes(1, 0.0, 1.0), (MINIMISER,), noise)
