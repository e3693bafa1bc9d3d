"""Hartmann's functions with a fidelity (Kandasamy et al., arXiv 1703.06240; constants as in their published code).

Each well is shallower by 0.1 (1 - z): g(x, z) = - sum_i (alpha_i - 0.1 (1 - z)) exp(- sum_j A_ij (x_j - P_ij)^2), the
four fidelity parameters of the paper being one here. g(x, 1) is Hartmann's function, with its minimiser.
"""

from hpobench_suites.closed_form import axes
from hpobench_suites.synthetic import hartmann3, hartmann6
from hpobench_suites.synthetic.hartmann import Hartmann
from hpobench_suites.synthetic.multi_fidelity import Function, MultiFidelity, description

LARGEST_GAP = 0.1


def hartmann_mf(function: Hartmann) -> Function:
    """g of Hartmann's function."""
    return lambda point, z: function(point, LARGEST_GAP * (1.0 - z))


hartmann3_mf = hartmann_mf(hartmann3.hartmann3)
hartmann6_mf = hartmann_mf(hartmann6.hartmann6)

INFO_3 = description(
    "hartmann3-mf",
    "Hartmann's function in three dimensions, its wells shallower at low fidelity",
    "hartmann_mf:problem_3",
    3,
    hartmann3.MINIMUM,
    3.5e-6,
)
INFO_6 = description(
    "hartmann6-mf",
    "Hartmann's function in six dimensions, its wells shallower at low fidelity",
    "hartmann_mf:problem_6",
    6,
    hartmann6.MINIMUM,
    5e-6,
)


def problem_3() -> MultiFidelity:
    """The problem ``synthetic/hartmann3-mf``."""
    return MultiFidelity(hartmann3_mf, axes(3, 0.0, 1.0), (hartmann3.MINIMISER,))


def problem_6() -> MultiFidelity:
    """The problem ``synthetic/hartmann6-mf``."""
    return MultiFidelity(hartmann6_mf, axes(6, 0.0, 1.0), (hartmann6.MINIMISER,))
