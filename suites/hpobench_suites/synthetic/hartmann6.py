"""Hartmann's function in six dimensions (Dixon & Szegő, 1978): four Gaussian wells in the unit cube.

f(x) = - sum_i alpha_i exp(- sum_j A_ij (x_j - P_ij)^2). It has six local minima; the global one,
-3.3223680114155147, is at ``MINIMISER`` (polished by Newton's method in extended precision till the gradient vanished).
"""

from collections.abc import Sequence
from math import exp

from hpobench_suites.synthetic.closed_form import ClosedForm

ALPHA = (1.0, 1.2, 3.0, 3.2)
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


def hartmann6(point: Sequence[float]) -> float:
    """The value at six numbers in [0, 1]."""
    return -sum(
        alpha * exp(-sum(a * (x - p) ** 2 for a, x, p in zip(row, point, centre, strict=True)))
        for alpha, row, centre in zip(ALPHA, A, P, strict=True)
    )


def problem() -> ClosedForm:
    """The problem ``synthetic/hartmann6``."""
    return ClosedForm(hartmann6, {f"x{j}": (0.0, 1.0) for j in range(1, 7)})
