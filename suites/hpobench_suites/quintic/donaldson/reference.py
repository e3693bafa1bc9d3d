"""Donaldson's algorithm as a reference for the networks: σ against k and against cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
from scipy.optimize import minimize

from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.diagonal import MOST_DIAGONAL_DEGREE, DiagonalSigma
from hpobench_suites.quintic.donaldson.sections import Orbits, independent, metric
from hpobench_suites.quintic.geometry.hypersurface import Charts, Floats, determinant
from hpobench_suites.quintic.measures import Estimate, sigma

OPTIMAL_POINTS = 20_000
"""At most so many training points for the optimal metric: it has four free values or fewer."""


@dataclass(frozen=True, slots=True)
class Row:
    """What Donaldson's algorithm gives at one degree.

    Attributes:
        degree: k.
        sections: N_k, the size of the form.
        free_values: How many values the symmetries leave the form, scale included.
        sigma: Of the balanced metric, on the test points.
        seconds: CPU time of finding the balanced metric.
        iterations: Of the T-operator.
        optimal: σ, on the test points, of the metric of a symmetric form that is least on the training points; None
            where the forms are not diagonal (psi ≠ 0, k > 4).
        optimal_seconds: CPU time of finding that one.
    """

    degree: int
    sections: int
    free_values: int
    sigma: Estimate
    seconds: float
    iterations: int
    optimal: Estimate | None = None
    optimal_seconds: float | None = None


def reference_line(degrees: Sequence[int], train: Charts, test: Charts) -> list[Row]:
    """One row a degree, from 1 to 6.

    Raises:
        HpobenchError: a degree is out of range.
    """
    rows = []
    for degree in degrees:
        start = process_time()
        found = balanced(train, degree)
        seconds, optimal, optimal_seconds = process_time() - start, None, None
        if train.quintic.psi == 0.0 and degree <= MOST_DIAGONAL_DEGREE:
            start = process_time()
            values = optimal_values(train, degree, found.values)
            optimal_seconds = process_time() - start
            optimal = sigma_of(test, found.orbits, values)
        rows.append(
            Row(
                degree,
                independent(degree),
                len(found.orbits),
                sigma_of(test, found.orbits, found.values),
                seconds,
                found.iterations,
                optimal,
                optimal_seconds,
            )
        )
    return rows


def optimal_values(train: Charts, degree: int, start: Floats) -> Floats:
    """The values (O,) of the diagonal form whose σ is least on the (first 20,000) points, by Nelder & Mead's method.

    It starts at the values ``start`` (O,), all positive, and once again where it ends.
    """
    logarithms: Floats = np.log(start[1:] / start[0])

    loss = DiagonalSigma(train.first(OPTIMAL_POINTS), degree)

    def objective(x: Floats) -> float:
        return loss(tuple(x))

    for _ in range(2 if len(logarithms) else 0):
        logarithms = minimize(objective, logarithms, method="Nelder-Mead", tol=1e-8).x
    values: Floats = np.exp(np.concatenate([[0.0], logarithms]))
    return values


def sigma_of(points: Charts, orbits: Orbits, values: Floats) -> Estimate:
    """σ of the metric of a form on these points."""
    g = metric(points, orbits.form(values), orbits.degree)
    return sigma(points.weights, determinant(g) / points.holomorphic)
