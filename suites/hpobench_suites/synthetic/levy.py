"""Levy's function (Laguna & Martí, *Journal of Global Optimization* 33, 2005; no. 18 there) in any dimension.

With w_i = 1 + (x_i - 1)/4,

    f(x) = sin^2(pi w_1) + sum_{i<d} (w_i - 1)^2 (1 + 10 sin^2(pi w_i + 1)) + (w_d - 1)^2 (1 + sin^2(2 pi w_d))

on [-10, 10]^d, the box of Surjanovic & Bingham's Virtual Library. It is a sum of squares that are all 0 at (1, ..., 1)
alone, so the minimum is 0.
"""

from collections.abc import Sequence
from math import pi, sin

from hpobench_suites.closed_form import ClosedForm, axes
from hpobench_suites.synthetic.description import closed_form, dimension
from hpobench_tui.core import ProblemInfo, Reference


def levy(point: Sequence[float]) -> float:
    """The value at any number of floats."""
    total = 0.0
    for x in point[:-1]:
        shift = (x - 1.0) / 4.0
        wave = sin(pi * (1.0 + shift) + 1.0)
        total += shift * shift * (1.0 + 10.0 * wave * wave)
    first = sin(pi * (point[0] - 1.0) / 4.0)  # sin^2(pi w) = sin^2(pi (w - 1)), which is 0 exactly at the minimum
    last = (point[-1] - 1.0) / 4.0
    wave = sin(2.0 * pi * last)
    return first * first + total + last * last * (1.0 + wave * wave)


def info(d: int = 2, noise: float = 0.0) -> ProblemInfo:
    """``synthetic/levy``."""
    summary = "Levy's function: waves across a bowl, the minimum off the middle"
    minimum = Reference(0.0, "closed form, at (1, ..., 1)")
    return closed_form("levy", summary, d, minimum, noise, 8e-7 + 2e-7 * d, ("multimodal",), dimension())


def problem(d: int = 2, noise: float = 0.0) -> ClosedForm:
    """The problem ``synthetic/levy``."""
    return ClosedForm(levy, axes(d, -10.0, 10.0), ((1.0,) * d,), noise)
