"""Optimal metrics: of the symmetric diagonal forms of a degree, the one with the least σ."""

import numpy as np
from scipy.optimize import minimize

from hpobench_suites.quintic.donaldson.diagonal import DiagonalSigma
from hpobench_suites.quintic.geometry.hypersurface import Charts, Floats

OPTIMAL_POINTS = 20_000
"""At most so many training points: there are four free values or fewer."""


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
