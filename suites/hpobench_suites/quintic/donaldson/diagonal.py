"""The problems ``quintic/donaldson-k2`` to ``-k4``: σ of the metrics of diagonal forms, minimised over the forms.

On the Fermat quintic a form of degree k ≤ 4 that is as symmetric as X is diagonal, with one value h_o for all monomials
of one shape (z_i^k, z_i^(k-1) z_j, ...). σ depends on their ratios, so the hyperparameters are log(h_o / h_first):
``log_31`` is that of the z_i³ z_j. The default is the multinomial coefficients, for which K = |z|^2k: Fubini-Study's
metric, whatever k is. Donaldson's balanced values are far from the optimum: σ = 0.27, 0.19 and 0.13 for k = 2, 3, 4,
where the best metrics of the same forms ("optimal", Headrick & Nassar, 0908.2635) have 0.052, 0.027 and 0.0056.

**Fast.** With K = Σ_o h_o A_o, the determinant of g is that of a bordered matrix, divided by a power of K:

    det g = det[[K, ∂_b̄K], [∂_aK, ∂_a∂_b̄K]] / (K⁴ (πk)³).

The matrix is linear in h, so the numerator is at each point a form of degree four in h, with 5, 15 or 70 coefficients
for k = 2, 3, 4, computed once. An evaluation is two products of a matrix by a vector and a mean over the points.

The loss is σ (eq. 7 in ``measures``) on 5,000 fixed points: without noise, and a little below the σ on other points.
"""

from collections.abc import Mapping
from functools import cache
from itertools import combinations_with_replacement
from math import factorial, log, prod

import numpy as np

from hpobench_suites.closed_form import ClosedForm, Point
from hpobench_suites.quintic.donaldson.sections import chunks, exponents, orbits, sections
from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Floats, Indices, Quintic, charts
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_tui.core import HpobenchError

POINTS, SEED = 5_000, 2026
BOUNDS = (-3.0, 6.0)
MOST_DIAGONAL_DEGREE = 4
MINIMISERS: Mapping[int, Point] = {
    2: (-0.5599123006939,),
    3: (-0.1556614155158, -0.0871184110454),
    4: (0.8047833986816, 0.0523273889291, 0.8540416969853, 0.6986209044754),
}
"""The best points found by Nelder & Mead's method from twenty random starts for each k; a test finds them again."""
MINORS = ((0, 1, 1.0), (0, 2, -1.0), (0, 3, 1.0), (1, 2, 1.0), (1, 3, -1.0), (2, 3, 1.0))
"""Pairs of columns of a 4×4 matrix with the sign of their minor; the i-th and the i-th last are complements."""


class DiagonalSigma:
    """σ as a function of the logarithms of the values of a diagonal form, the first being 0.

    Args:
        points: On the Fermat quintic; five consecutive ones a line.
        degree: k, from 1 to 4.

    Raises:
        HpobenchError: the points are on another quintic, or the forms of that degree are not diagonal.
    """

    def __init__(self, points: Charts, degree: int) -> None:
        if points.quintic.psi != 0.0 or degree > MOST_DIAGONAL_DEGREE:
            raise HpobenchError(
                f"Donaldson's algorithm: forms are diagonal for psi = 0 and k up to {MOST_DIAGONAL_DEGREE}, "
                f"not for psi = {points.quintic.psi:g} and k = {degree}."
            )
        chosen = orbits(degree, True)
        weights = points.weights / points.weights.mean()
        self._weights = weights
        self._invariants = chosen.invariants(points.z)
        self._products = np.array(multi_indices(len(chosen), 4))
        self._quartics = quartics(points, degree) * (weights / points.holomorphic)[:, None]

    def __call__(self, point: Point) -> float:
        """σ, from 0 to 2."""
        values = np.exp(np.array((0.0, *point)))
        potential = self._invariants @ values
        potential *= potential
        volumes: Floats = self._quartics @ values[self._products].prod(axis=1)
        volumes /= potential * potential
        volumes /= volumes.mean()
        return float(np.abs(self._weights - volumes).mean())


def quartics(points: Charts, degree: int) -> Floats:
    """The coefficients (n, C(O+3, 4)) of det[[K, ∂_b̄K], [∂_aK, ∂_a∂_b̄K]] as a form of degree four in h (O,)."""
    chosen = orbits(degree, True)
    shape = np.empty(len(exponents(degree)), dtype=np.int64)
    shape[chosen.first] = chosen.orbit
    members = [np.flatnonzero(shape == o) for o in range(len(chosen))]
    result = np.empty((len(points), len(multi_indices(len(chosen), 4))))
    for rows in chunks(len(points)):
        s = sections(points, rows, degree)
        linear = np.stack([s[:, :, m] @ s[:, :, m].conj().transpose(0, 2, 1) for m in members], axis=-1)
        upper, lower = (
            [product(m[:, 0, i], m[:, 1, j], 1, 1) - product(m[:, 0, j], m[:, 1, i], 1, 1) for i, j, _ in MINORS]
            for m in (linear[:, :2], linear[:, 2:])
        )
        terms = zip(MINORS, upper, reversed(lower), strict=True)
        result[rows] = sum(sign * product(a, b, 2, 2).real for (_, _, sign), a, b in terms)
    return result


def multi_indices(variables: int, degree: int) -> list[tuple[int, ...]]:
    """The monomials of a polynomial in ``variables`` variables, each as the sorted variables that it multiplies."""
    return list(combinations_with_replacement(range(variables), degree))


def product(p: Complex, q: Complex, p_degree: int, q_degree: int) -> Complex:
    """Products of homogeneous polynomials, coefficients (n, ·) in the order of ``multi_indices``."""
    variables = next(v for v in range(1, p.shape[1] + 1) if len(multi_indices(v, p_degree)) == p.shape[1])
    target = product_table(variables, p_degree, q_degree)
    result = np.zeros((len(p), target.max() + 1), dtype=np.complex128)
    for i, row in enumerate(target):
        for j, k in enumerate(row):
            result[:, k] += p[:, i] * q[:, j]
    return result


@cache
def product_table(variables: int, p_degree: int, q_degree: int) -> Indices:
    """Which monomial the product of the i-th and the j-th monomial of these degrees is."""
    number = {index: i for i, index in enumerate(multi_indices(variables, p_degree + q_degree))}
    second = multi_indices(variables, q_degree)
    table = [[number[tuple(sorted(p + q))] for q in second] for p in multi_indices(variables, p_degree)]
    return np.array(table)


def shapes(degree: int) -> list[tuple[int, ...]]:
    """The exponents of the monomials of each orbit, falling and without zeros: (4,), (3, 1), (2, 2), ... for k = 4."""
    chosen = orbits(degree, True)
    powers = exponents(degree)[chosen.first[chosen.representatives]]
    return [tuple(sorted((int(p) for p in row if p), reverse=True)) for row in powers]


def problem(degree: int) -> ClosedForm:
    """The problem ``quintic/donaldson-kDEGREE``, for the degrees in ``MINIMISERS``."""
    fermat = Quintic()
    points = charts(fermat, sample(fermat, POINTS, np.random.default_rng(SEED)))
    free = shapes(degree)[1:]
    return ClosedForm(
        DiagonalSigma(points, degree),
        {"log_" + "".join(map(str, shape)): BOUNDS for shape in free},
        [MINIMISERS[degree]],
        default=[log(factorial(degree) / prod(map(factorial, shape))) for shape in free],
    )
