"""Branin's function with a fidelity (Kandasamy et al., arXiv 1703.06240; constants as in their published code).

Of Branin's constants three depend on z, b = 5.1/(4 pi^2) - 0.01 (1 - z), c = 5/pi - 0.1 (1 - z) and
t = 1/(8 pi) + 0.005 (1 - z):

    g(x, z) = (x2 - b x1^2 + c x1 - 6)^2 + 10 (1 - t) cos x1 + 10.

g(x, 1) is Branin's function, with its minimisers.
"""

from math import cos

from hpobench_suites.closed_form import Point
from hpobench_suites.synthetic.branin import BOUNDS, MINIMISERS, MINIMUM, B, C, T
from hpobench_suites.synthetic.multi_fidelity import MultiFidelity, description


def branin_mf(point: Point, z: float) -> float:
    """g((x1, x2), z)."""
    x1, x2 = point
    gap = 1.0 - z
    root = x2 - (B - 0.01 * gap) * (x1 * x1) + (C - 0.1 * gap) * x1 - 6.0
    return root * root + 10.0 * (1.0 - (T + 0.005 * gap)) * cos(x1) + 10.0


INFO = description(
    "branin-mf", "Branin's function through a bent valley at low fidelity", "branin_mf:problem", 2, MINIMUM, 1.5e-6
)


def problem() -> MultiFidelity:
    """The problem ``synthetic/branin-mf``."""
    return MultiFidelity(branin_mf, BOUNDS, MINIMISERS)
