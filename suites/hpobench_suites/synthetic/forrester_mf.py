"""Forrester's function of one variable with a fidelity.

Forrester, Sóbester & Keane (*Proceedings of the Royal Society A* 463, 2007) approximate f by
low(x) = 0.5 f(x) + 10 (x - 1/2) - 5, whose minimum is at another place, near 0.092. In between the two are mixed as
Kandasamy et al. (arXiv 1703.06240) mix the borehole's: g(x, z) = z f(x) + (1 - z) low(x). g(x, 1) is Forrester's
function, with its minimiser.
"""

from hpobench_suites.closed_form import Point, axes
from hpobench_suites.synthetic.forrester import MINIMISER, MINIMUM, forrester
from hpobench_suites.synthetic.multi_fidelity import MultiFidelity, description


def forrester_mf(point: Point, z: float) -> float:
    """g((x,), z)."""
    high = forrester(point)
    return high if z == 1.0 else z * high + (1.0 - z) * (0.5 * high + 10.0 * (point[0] - 0.5) - 5.0)


INFO = description(
    "forrester-mf",
    "Forrester's function of one variable; tilted at low fidelity, its minimum elsewhere",
    "forrester_mf:problem",
    1,
    MINIMUM,
    1.2e-6,
)


def problem() -> MultiFidelity:
    """The problem ``synthetic/forrester-mf``."""
    return MultiFidelity(forrester_mf, axes(1, 0.0, 1.0), (MINIMISER,))
