"""The monomials of degree k on the quintic, the Hermitian forms that its symmetries allow on them, and their metrics.

A Hermitian form H on the M = C(k+4, 4) monomials s gives the metric g = (1/πk) ∂∂̄ log K with K = Σ H_αβ s_α s̄_β
(Donaldson, math/0512625). On X they are independent only modulo multiples of Q: ``independent(k)`` of them are.
Instead of dropping those that z_0⁵ divides, all are kept, which keeps every symmetry a permutation of indices.

**Symmetries** of X, and so of a form that is as symmetric as X: the 120 permutations of coordinates; complex
conjugation (psi is real); z_i → ζ^(a_i) z_i with ζ⁵ = 1, where Σ a_i ≡ 0 mod 5 unless psi = 0. Hence H is real, H_αβ
vanishes unless the exponents differ by a multiple of (1, 1, 1, 1, 1) modulo 5 (by 0 for psi = 0), and has one value on
each orbit of pairs: for psi = 0 and k = 1, 2, 3, 4 it is diagonal with 1, 2, 3, 5 values (Braun et al., 0712.3563).

Shapes: n points, M monomials, O orbits; a, b = 0, 1, 2 local coordinates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations_with_replacement
from math import comb, pi
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array

from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Floats, Indices
from hpobench_tui.core import HpobenchError

Form: TypeAlias = Floats | Complex
"""(M, M), Hermitian."""
MOST_DEGREE = 6
CHUNK = 1_000
"""Points at a time: their tables of powers and derivatives stay within some 20 MB."""


@cache
def exponents(degree: int) -> Indices:
    """The exponents of all monomials of the degree, (M, 5), z_0^k first, in lexicographic order.

    Raises:
        HpobenchError: the degree is not an integer from 1 to 6.
    """
    if type(degree) is not int or not 1 <= degree <= MOST_DEGREE:
        raise HpobenchError(f"Donaldson's algorithm: k must be an integer from 1 to {MOST_DEGREE}, not {degree!r}.")
    factors = np.array(list(combinations_with_replacement(range(5), degree)))
    powers: Indices = (factors[:, :, None] == np.arange(5)).sum(axis=1)
    return powers


def independent(degree: int) -> int:
    """N_k: how many of the monomials are independent on X."""
    return comb(degree + 4, 4) - (comb(degree - 1, 4) if degree >= 5 else 0)


@dataclass(frozen=True)
class Orbits:
    """The pairs of monomials on which a symmetric form may differ from 0, by orbit.

    Attributes:
        degree: k.
        first, second: (pairs,), indices of monomials, first ≤ second.
        orbit: (pairs,), from 0 to O - 1 in the order of their first pairs; the pair (z_0^k, z_0^k) is in orbit 0.
    """

    degree: int
    first: Indices
    second: Indices
    orbit: Indices

    def __len__(self) -> int:
        return int(self.orbit.max()) + 1

    @cached_property
    def multiplicity(self) -> Floats:
        """(pairs,): 1 on the diagonal, 2 off it, where a pair stands for its transpose, too."""
        return np.where(self.first == self.second, 1.0, 2.0)

    @cached_property
    def sizes(self) -> Floats:
        """(O,): how many entries of the form each orbit has."""
        return np.bincount(self.orbit, self.multiplicity).astype(np.float64)

    @cached_property
    def representatives(self) -> Indices:
        """(O,): the first pair of each orbit."""
        return np.unique(self.orbit, return_index=True)[1]

    def form(self, values: Floats) -> Floats:
        """The form (M, M) with these values (O,) on the orbits."""
        form = np.zeros((len(exponents(self.degree)),) * 2)
        form[self.first, self.second] = form[self.second, self.first] = values[self.orbit]
        return form

    def values(self, form: Floats) -> Floats:
        """The values (O,) of a symmetric form on the orbits."""
        chosen = self.representatives
        values: Floats = form[self.first[chosen], self.second[chosen]]
        return values

    def invariants(self, z: Complex) -> Floats:
        """Σ s_α s̄_β over the pairs of each orbit, (n, O): K = invariants @ values."""
        indicator = np.zeros((len(self.orbit), len(self)))
        indicator[np.arange(len(self.orbit)), self.orbit] = self.multiplicity
        result = np.empty((len(z), len(self)))
        for rows in chunks(len(z)):
            s = monomials(z[rows], self.degree)
            products = s[:, self.first].real * s[:, self.second].real + s[:, self.first].imag * s[:, self.second].imag
            result[rows] = products @ indicator
        return result


@cache
def orbits(degree: int, symmetric_phases: bool) -> Orbits:
    """The orbits of pairs; ``symmetric_phases`` says that all z_i → ζ^(a_i) z_i are symmetries, as for psi = 0."""
    powers = exponents(degree)
    first, second = np.triu_indices(len(powers))
    shift = (powers[first] - powers[second]) % 5
    allowed = (shift == shift[:, :1]).all(axis=1) & ((shift[:, 0] == 0) | (not symmetric_phases))
    first, second = first[allowed], second[allowed]
    base = degree + 1
    codes = [np.sort(base * powers[x] + powers[y], axis=1) for x, y in ((first, second), (second, first))]
    scale = (base**2) ** np.arange(5)
    _, start, orbit = np.unique(np.minimum(*(code @ scale for code in codes)), return_index=True, return_inverse=True)
    return Orbits(degree, first, second, start.argsort().argsort()[orbit])


def chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    """Slices that cover range(n)."""
    return (slice(start, start + size) for start in range(0, n, size))


def monomials(z: Complex, degree: int) -> Complex:
    """s, (n, M)."""
    powers = z[:, :, None] ** np.arange(degree + 1)
    values: Complex = powers[:, np.arange(5)[:, None], exponents(degree).T].prod(axis=1)
    return values


def sections(charts: Charts, rows: slice, degree: int) -> Complex:
    """s and ∂_a s, (n, 4, M), of the points ``rows``."""
    z, power = charts.z[rows], exponents(degree).T
    table = z[:, :, None] ** np.arange(degree + 1)
    factor = table[:, np.arange(5)[:, None], power]
    slope = power * table[:, np.arange(5)[:, None], np.maximum(power - 1, 0)]
    others = np.ones_like(factor)
    np.cumprod(factor[:, :-1], axis=1, out=others[:, 1:])
    value = others[:, -1] * factor[:, -1]
    after = np.ones_like(value)
    for i in range(3, -1, -1):
        after *= factor[:, i + 1]
        others[:, i] *= after
    result = np.empty((len(z), 4, power.shape[1]), dtype=np.complex128)
    result[:, 0] = value
    result[:, 1:] = charts.pullback[rows] @ (slope * others)
    return result


def metric(charts: Charts, form: Form, degree: int) -> Complex:
    """g_ab̄ = (1/πk) ∂_a∂_b̄ log K on X, (n, 3, 3), of a Hermitian form (M, M) on the monomials.

    Raises:
        HpobenchError: the form does not fit the degree.
    """
    count = len(exponents(degree))
    if form.shape != (count, count):
        raise HpobenchError(
            f"Donaldson's algorithm: a form of degree {degree} has the shape ({count}, {count}), not {form.shape}."
        )
    sparse = csr_array(form)
    g = np.empty((len(charts), 3, 3), dtype=np.complex128)
    for rows in chunks(len(charts)):
        s = sections(charts, rows, degree)
        lowered = np.asarray(sparse @ s.conj().reshape(-1, count).T)
        bordered = s @ lowered.reshape(count, -1, 4).transpose(1, 0, 2)
        potential = bordered[:, :1, :1]
        g[rows] = bordered[:, 1:, 1:] / potential - bordered[:, 1:, :1] * bordered[:, :1, 1:] / potential**2
    return g / (pi * degree)
