"""Donaldson's algorithm as on any quintic: no symmetry of X is used, every entry of the form is a number of its own.

It is here for what it costs: T is a mean of N_k × N_k matrices, 16 n N_k² floating-point operations an iteration, where
``balanced`` has 4 n O for the O orbits of Fermat's symmetries; and N_k² numbers are not determined as well by as many
points. N_k² is 225, 1,225 and 4,900 for k = 2, 3, 4, where O is 2, 3 and 5.
"""

import numpy as np

from hpobench_suites.quintic.donaldson.balanced import MOST_ITERATIONS, TOLERANCE
from hpobench_suites.quintic.donaldson.sections import chunks, exponents, monomials
from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Floats
from hpobench_tui.core import HpobenchError


def plain(charts: Charts, degree: int, tolerance: float = TOLERANCE) -> tuple[Complex, int]:
    """The balanced form (M, M) on all monomials, 0 for the dependent ones, and how many times T was applied.

    Raises:
        HpobenchError: the degree is not from 1 to 6, or the iteration does not converge.
    """
    kept = np.flatnonzero(exponents(degree)[:, 0] < 5)  # a basis modulo Q: z_0⁵ is minus the others'
    weights = charts.weights / charts.weights.sum()
    s = monomials(charts.z, degree)[:, kept]
    form: Complex = np.eye(len(kept), dtype=np.complex128)
    potential = values(s, form)
    for iteration in range(1, MOST_ITERATIONS + 1):
        t = np.zeros_like(form)
        for rows in chunks(len(s)):
            t += (s[rows].T * (weights[rows] / potential[rows])) @ s[rows].conj()
        form = np.linalg.inv(len(kept) * t).T.astype(np.complex128)
        before, potential = potential, values(s, form)
        if np.abs(np.log(potential / before)).max() <= tolerance:
            whole = np.zeros((len(exponents(degree)),) * 2, dtype=np.complex128)
            whole[np.ix_(kept, kept)] = form
            return whole, iteration
    raise HpobenchError(
        f"Donaldson's algorithm: k = {degree} has not converged to {tolerance:g} after {MOST_ITERATIONS} iterations "
        f"without symmetry; use more than {len(charts)} points, or a larger tolerance."
    )


def values(s: Complex, form: Complex) -> Floats:
    """K = Σ H_αβ s_α s̄_β, (n,), of monomials (n, N)."""
    return np.concatenate([((s[rows] @ form) * s[rows].conj()).sum(axis=1).real for rows in chunks(len(s))])
