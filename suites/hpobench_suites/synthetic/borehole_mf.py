"""The flow of water through a borehole (Harper & Gupta 1983; Morris, Mitchell & Ylvisaker, *Technometrics* 35, 1993),
maximised, with a fidelity.

With l = ln(r / rw) and the box of Surjanovic & Bingham's Virtual Library (m, m^2/year), the flow in m^3/year is

    h(x)   = 2 pi Tu (Hu - Hl) / (l (1 + 2 L Tu / (l rw^2 Kw) + Tu / Tl))
    low(x) = 5 Tu (Hu - Hl) / (l (1.5 + 2 L Tu / (l rw^2 Kw) + Tu / Tl))

(low by Xiong, Qian & Wu, *Technometrics* 55, 2013), and the loss is g(x, z) = -(z h + (1 - z) low), mixed as Kandasamy
et al. (arXiv 1703.06240) do.

The maximum of h: divided by Tu, h = 2 pi (Hu - Hl) / (l / Tu + l / Tl + 2 L / (rw^2 Kw)), which rises in Hu, Tu, Tl, Kw
and rw and falls in Hl, L and r throughout the box. So it is largest in one corner, ``MINIMISER``: 309.5755876604.
"""

from math import log, pi

from hpobench_suites.closed_form import Point
from hpobench_suites.synthetic.multi_fidelity import MultiFidelity, description
from hpobench_tui.core import Reference

BOUNDS = {
    "rw": (0.05, 0.15),  # radius of the borehole
    "r": (100.0, 50_000.0),  # radius of influence
    "Tu": (63_070.0, 115_600.0),  # transmissivity of the upper aquifer
    "Hu": (990.0, 1110.0),  # its potentiometric head
    "Tl": (63.1, 116.0),  # transmissivity of the lower aquifer
    "Hl": (700.0, 820.0),  # its potentiometric head
    "L": (1120.0, 1680.0),  # length of the borehole
    "Kw": (9855.0, 12_045.0),  # its hydraulic conductivity
}
MINIMISER = (0.15, 100.0, 115_600.0, 1110.0, 116.0, 700.0, 1120.0, 12_045.0)
MINIMUM = Reference(-309.57558766040796, "closed form, at a corner")


def borehole_mf(point: Point, z: float) -> float:
    """g(x, z), x in the order of ``BOUNDS``."""
    rw, r, upper, upper_head, lower, lower_head, length, conductivity = point
    logarithm = log(r / rw)
    rest = 2.0 * length * upper / (logarithm * rw * rw * conductivity) + upper / lower
    scale = upper * (upper_head - lower_head) / logarithm
    high = 2.0 * pi * scale / (1.0 + rest)
    return -high if z == 1.0 else -(z * high + (1.0 - z) * 5.0 * scale / (1.5 + rest))


INFO = description(
    "borehole-mf",
    "The flow through a borehole, maximised; a cruder model at low fidelity",
    "borehole_mf:problem",
    8,
    MINIMUM,
    1.8e-6,
    reward="loss = -flow in m^3/year",
)


def problem() -> MultiFidelity:
    """The problem ``synthetic/borehole-mf``."""
    return MultiFidelity(borehole_mf, BOUNDS, (MINIMISER,))
