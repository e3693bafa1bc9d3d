"""Hartmann's function in six dimensions; the formula is in :mod:`hpobench_suites.synthetic.hartmann`.

It has six local minima; the global one, -3.3223680114155147, is at ``MINIMISER`` (polished by Newton's method in
extended precision till the gradient vanished).
"""

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form
from hpobench_suites.synthetic.hartmann import hartmann, wells
from hpobench_tui.core import ProblemInfo, Reference

A = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)
MINIMISER = (
    0.20168951100670543,
    0.15001069182345797,
    0.476873974221897,
    0.2753324304940561,
    0.31165161660011326,
    0.6573005340656204,
)
MINIMUM = Reference(-3.3223680114155147, "the known minimiser, polished by Newton's method")

hartmann6 = hartmann(wells(A, P))


def info(noise: float = 0.0) -> ProblemInfo:
    """``synthetic/hartmann6``."""
    summary = "Hartmann's function in six dimensions: smooth, six local minima"
    return closed_form("hartmann6", summary, 6, MINIMUM, noise, 4e-6, ("smooth",))


def problem(noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/hartmann6``."""
    return ClosedForm(hartmann6, axes(6, 0.0, 1.0), (MINIMISER,), noise)
