"""The exponential function of Currin et al. (*JASA* 86, 1991), maximised, with a fidelity.

    h(x1, x2) = (1 - exp(-1 / (2 x2))) q(x1)
    q(t) = (2300 t^3 + 1900 t^2 + 2092 t + 60) / (100 t^3 + 500 t^2 + 4 t + 20)

on the unit square; at x2 = 0 the exponential is its limit, 0. The lower fidelity of Xiong, Qian & Wu (*Technometrics*
55, 2013) is the mean of h over the four points (x1 +- 0.05, x2 + 0.05) and (x1 +- 0.05, max(0, x2 - 0.05)). In between
the two are mixed as Kandasamy et al. (arXiv 1703.06240) mix the borehole's: g = -(z h + (1 - z) low), a loss.

The maximum of h: the first factor is at most 1, and is 1 at x2 = 0 alone; q' has the root 13/60, where q is
4319/313 = 13.79872..., its largest value on [0, 1] (q(0) = 3, q(1) < 10.2, and q' has no other root there). The least
loss is therefore -4319/313 exactly.
"""

from math import exp

from hpobench_suites.closed_form import Point, axes
from hpobench_suites.synthetic.multi_fidelity import MultiFidelity, description
from hpobench_tui.core import Reference

SHIFT = 0.05
MINIMISER = (13.0 / 60.0, 0.0)
MINIMUM = Reference(-4319.0 / 313.0, "closed form, -4319/313")


def factor(x2: float) -> float:
    """The factor that depends on x2 >= 0."""
    return 1.0 - exp(-0.5 / x2) if x2 > 0.0 else 1.0


def quotient(t: float) -> float:
    """q(t), for x1 a little outside the unit interval too."""
    return (((2300.0 * t + 1900.0) * t + 2092.0) * t + 60.0) / (((100.0 * t + 500.0) * t + 4.0) * t + 20.0)


def low(x1: float, x2: float) -> float:
    """The lower fidelity. As h is a product, so is its mean over the four corners of a rectangle."""
    sides = quotient(x1 + SHIFT) + quotient(x1 - SHIFT)
    return sides * (factor(x2 + SHIFT) + factor(max(0.0, x2 - SHIFT))) / 4.0


def currin_mf(point: Point, z: float) -> float:
    """g((x1, x2), z)."""
    x1, x2 = point
    high = factor(x2) * quotient(x1)
    return -high if z == 1.0 else -(z * high + (1.0 - z) * low(x1, x2))


INFO = description(
    "currin-mf",
    "Currin's exponential function, maximised; smeared at low fidelity",
    "currin_mf:problem",
    2,
    MINIMUM,
    1.5e-6,
    reward="loss = -value",
)


def problem() -> MultiFidelity:
    """The problem ``synthetic/currin-mf``."""
    return MultiFidelity(currin_mf, axes(2, 0.0, 1.0), (MINIMISER,))
