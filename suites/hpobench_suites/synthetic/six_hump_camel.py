"""The six-hump camel function (Dixon & Szegő, *The global optimization problem: an introduction*, 1978).

f(x1, x2) = (4 - 2.1 x1^2 + x1^4 / 3) x1^2 + x1 x2 + (-4 + 4 x2^2) x2^2 on [-3, 3] x [-2, 2], the box of Surjanovic &
Bingham's Virtual Library. f(-x) = f(x); of the six local minima two are global, at plus and minus ``MINIMISER`` (the
gradient's root, by Newton's method with 40 digits).
"""

from collections.abc import Sequence

from hpobench_suites.closed_form import ClosedForm
from hpobench_suites.synthetic.description import closed_form
from hpobench_tui.core import ProblemInfo, Reference

MINIMISER = (0.08984201310031806, -0.7126564030207396)
MINIMISERS = (MINIMISER, (-MINIMISER[0], -MINIMISER[1]))
MINIMUM = Reference(-1.0316284534898774, "the known minimisers, polished by Newton's method")


def six_hump_camel(point: Sequence[float]) -> float:
    """The value at (x1, x2)."""
    x1, x2 = point
    square1, square2 = x1 * x1, x2 * x2
    return (4.0 - 2.1 * square1 + square1 * square1 / 3.0) * square1 + x1 * x2 + (4.0 * square2 - 4.0) * square2


def info(noise: float = 0.0) -> ProblemInfo:
    """``synthetic/six-hump-camel``."""
    summary = "The six-hump camel function: smooth, six local minima, two of them global"
    return closed_form("six-hump-camel", summary, 2, MINIMUM, noise, 7e-7, ("smooth", "multimodal"))


def problem(noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/six-hump-camel``."""
    return ClosedForm(six_hump_camel, {"x1": (-3.0, 3.0), "x2": (-2.0, 2.0)}, MINIMISERS, noise)
