"""Balanced metrics: Donaldson's T-operator, iterated to its fixed point (math/0512625; Douglas et al., hep-th/0612075).

With the weights w of the points, N_k independent monomials s and K = Σ H_αβ s_α s̄_β,

    T(H)_αβ = (N_k / Vol_CY) mean(w s_α s̄_β / K),    H ← (T(H)⁻¹)ᵗ.

The means are taken over the orbit of each pair of monomials under the symmetries of X, as if all images of the points
were points, too: T is then a handful of numbers, an iteration costs one product of (n, O) by (O,), and the Monte Carlo
error is that of as many more points. Where the monomials are dependent (k ≥ 5), T has a kernel of known dimension and
its pseudo-inverse on the rest gives the same K as dropping the dependent ones.
"""

from dataclasses import dataclass

import numpy as np

from hpobench_suites.quintic.donaldson.sections import Orbits, exponents, independent, orbits
from hpobench_suites.quintic.geometry.hypersurface import Charts, Floats
from hpobench_tui.core import HpobenchError

TOLERANCE = 1e-10
MOST_ITERATIONS = 1_000


@dataclass(frozen=True)
class Balanced:
    """A balanced metric.

    Attributes:
        orbits: The entries of the form that may differ.
        values: (O,), the form on the orbits.
        iterations: How many times T was applied.
    """

    orbits: Orbits
    values: Floats
    iterations: int

    @property
    def form(self) -> Floats:
        """H, (M, M)."""
        return self.orbits.form(self.values)


def balanced(charts: Charts, degree: int, tolerance: float = TOLERANCE) -> Balanced:
    """Iterate T from the identity until log K changes by at most ``tolerance`` on every point.

    Raises:
        HpobenchError: the degree is not from 1 to 6, or the iteration does not converge.
    """
    chosen = orbits(degree, charts.quintic.psi == 0.0)
    invariants, weights = chosen.invariants(charts.z), charts.weights / charts.weights.sum()
    values = chosen.values(np.eye(len(exponents(degree))))
    potential = invariants @ values
    for iteration in range(1, MOST_ITERATIONS + 1):
        values = inverse(chosen, independent(degree) * ((weights / potential) @ invariants) / chosen.sizes)
        before, potential = potential, invariants @ values
        if np.abs(np.log(potential / before)).max() <= tolerance:
            return Balanced(chosen, values, iteration)
    raise HpobenchError(
        f"Donaldson's algorithm: k = {degree} has not converged to {tolerance:g} after {MOST_ITERATIONS} iterations; "
        f"use more than {len(charts)} points, or a larger tolerance."
    )


def inverse(orbits: Orbits, values: Floats) -> Floats:
    """The values (O,) of the pseudo-inverse of a symmetric form whose rank is N_k."""
    rank = independent(orbits.degree)
    eigenvalues, vectors = np.linalg.eigh(orbits.form(values))
    return orbits.values((vectors[:, -rank:] / eigenvalues[-rank:]) @ vectors[:, -rank:].T)
