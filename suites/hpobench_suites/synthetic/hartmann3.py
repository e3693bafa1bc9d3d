"""Hartmann's function in three dimensions; the formula is in :mod:`hpobench_suites.synthetic.hartmann`.

It has four local minima; the global one, -3.8627797873326624, is at ``MINIMISER`` (the gradient's root, by Newton's
method with 40 digits).
"""

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form
from hpobench_suites.synthetic.hartmann import hartmann, wells
from hpobench_tui.core import ProblemInfo, Reference

A = ((3.0, 10.0, 30.0), (0.1, 10.0, 35.0), (3.0, 10.0, 30.0), (0.1, 10.0, 35.0))
P = ((0.3689, 0.1170, 0.2673), (0.4699, 0.4387, 0.7470), (0.1091, 0.8732, 0.5547), (0.0381, 0.5743, 0.8828))
MINIMISER = (0.11458887665506896, 0.55564889461693, 0.8525469846866774)
MINIMUM = Reference(-3.8627797873326624, "the known minimiser, polished by Newton's method")

hartmann3 = hartmann(wells(A, P))


def info(noise: float = 0.0) -> ProblemInfo:
    """``synthetic/hartmann3``."""
    summary = "Hartmann's function in three dimensions: smooth, four local minima"
    return closed_form("hartmann3", summary, 3, MINIMUM, noise, 3e-6, ("smooth",))


def problem(noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/hartmann3``."""
    return ClosedForm(hartmann3, axes(3, 0.0, 1.0), (MINIMISER,), noise)
