"""Hartmann's functions (Dixon & Szegő, *The global optimization problem: an introduction*, 1978).

f(x) = - sum_i alpha_i exp(- sum_j A_ij (x_j - P_ij)^2), i = 1...4, on the unit cube: four Gaussian wells. The tables
are those of Surjanovic & Bingham's Virtual Library of Simulation Experiments.
"""

from collections.abc import Callable, Sequence
from math import exp

ALPHA = (1.0, 1.2, 3.0, 3.2)

Well = tuple[float, tuple[tuple[float, float], ...]]


def wells(rows: Sequence[Sequence[float]], centres: Sequence[Sequence[float]]) -> tuple[Well, ...]:
    """For each i, alpha_i and the pairs (A_ij, P_ij)."""
    return tuple(
        (alpha, tuple(zip(row, centre, strict=True))) for alpha, row, centre in zip(ALPHA, rows, centres, strict=True)
    )


def hartmann(table: tuple[Well, ...]) -> Callable[[Sequence[float]], float]:
    """The function of these wells."""

    def value(point: Sequence[float]) -> float:
        total = 0.0
        for alpha, well in table:
            exponent = 0.0
            for x, (a, p) in zip(point, well, strict=True):
                distance = x - p
                exponent -= a * distance * distance
            total -= alpha * exp(exponent)
        return total

    return value
