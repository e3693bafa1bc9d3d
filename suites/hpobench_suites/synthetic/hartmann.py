"""Hartmann's functions (Dixon & Szegő, *The global optimization problem: an introduction*, 1978).

f(x) = - sum_i alpha_i exp(- sum_j A_ij (x_j - P_ij)^2), i = 1...4, on the unit cube: four Gaussian wells. The tables
are those of Surjanovic & Bingham's Virtual Library of Simulation Experiments.
"""

from collections.abc import Sequence
from math import exp
from typing import Protocol

ALPHA = (1.0, 1.2, 3.0, 3.2)

Well = tuple[float, tuple[tuple[float, float], ...]]


def wells(rows: Sequence[Sequence[float]], centres: Sequence[Sequence[float]]) -> tuple[Well, ...]:
    """For each i, alpha_i and the pairs (A_ij, P_ij)."""
    return tuple(
        (alpha, tuple(zip(row, centre, strict=True))) for alpha, row, centre in zip(ALPHA, rows, centres, strict=True)
    )


class Hartmann(Protocol):
    """f, each of whose wells may be shallower by ``gap``."""

    def __call__(self, point: Sequence[float], gap: float = 0.0) -> float: ...


def hartmann(table: tuple[Well, ...]) -> Hartmann:
    """The function of these wells."""

    def value(point: Sequence[float], gap: float = 0.0) -> float:
        total = 0.0
        for alpha, well in table:
            exponent = 0.0
            for x, (a, p) in zip(point, well, strict=True):
                distance = x - p
                exponent -= a * distance * distance
            total -= (alpha - gap) * exp(exponent)
        return total

    return value
