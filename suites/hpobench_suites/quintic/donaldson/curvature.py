"""The curvature of the metrics of ``sections`` in closed form: a hundredth of what nested derivatives cost.

The sections embed X in a projective space, where H makes a Fubini-Study metric, and X's own curvature is that space's
less the second fundamental form (Griffiths & Harris, *Principles of Algebraic Geometry*, ch. 0.5; ``gauss`` is the case
of P⁴). With K = <s, s>, <u, v> = Σ H_αβ u_α v̄_β, and s_ac = ∂_a∂_c s less its part along s and the ∂_a s:

    R_ab̄cd̄ = πk (g_ab̄ g_cd̄ + g_ad̄ g_cb̄) - <s_ac, s_bd> / (πk K).

So all that is needed at a point is the Gram matrix of s, the three ∂_a s and the six ∂_a∂_c s.

Shapes: n points, M monomials; a, b, c, d = 0, 1, 2 local coordinates; i, j = 0, ..., 4 homogeneous.
"""

from functools import cache
from itertools import combinations_with_replacement
from math import pi

import numpy as np
from scipy.sparse import csr_array

from hpobench_suites.quintic.donaldson.sections import Form, chunks, exponents, monomials, sections
from hpobench_suites.quintic.gauss import hessian
from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex

PAIRS = list(combinations_with_replacement(range(3), 2))
AMBIENT_PAIRS = list(combinations_with_replacement(range(5), 2))
CHUNK = 500
PLACES = np.array([[PAIRS.index((min(a, c), max(a, c))) for c in range(3)] for a in range(3)])
"""Where the pair (a, c) is."""


def riemann(charts: Charts, form: Form, degree: int) -> tuple[Complex, Complex]:
    """g_ab̄ (n, 3, 3) and R_ab̄cd̄ (n, 3, 3, 3, 3) of the metric of a Hermitian form (M, M) on the monomials."""
    weights, count = csr_array(form.T), len(exponents(degree))
    g, curvature = np.empty((len(charts), 3, 3), complex), np.empty((len(charts), 3, 3, 3, 3), complex)
    for rows in chunks(len(charts), CHUNK):
        s = np.concatenate([sections(charts, rows, degree), second(charts, rows, degree)], axis=1)
        lowered = np.asarray(weights @ s.reshape(-1, count).T).T.reshape(s.shape)
        gram = lowered @ s.conj().transpose(0, 2, 1)
        potential = gram[:, :1, :1].real
        tangent, mixed = gram[:, :4, :4], gram[:, 4:, :4]
        normal = gram[:, 4:, 4:] - mixed @ np.linalg.solve(tangent, mixed.conj().transpose(0, 2, 1))
        own = tangent[:, 1:, 1:] / potential - tangent[:, 1:, :1] * tangent[:, :1, 1:] / potential**2
        own /= pi * degree
        bent = (normal / (pi * degree * potential))[:, PLACES[:, None, :, None], PLACES[None, :, None, :]]
        both = np.einsum("nab,ncd->nabcd", own, own)
        g[rows], curvature[rows] = own, pi * degree * (both + both.transpose(0, 1, 4, 3, 2)) - bent
    return g, curvature


def second(charts: Charts, rows: slice, degree: int) -> Complex:
    """∂_a∂_c s along X for the pairs a ≤ c, (n, 6, M), of the points ``rows``."""
    part = Charts(charts.quintic, charts.z[rows], charts.patch[rows], charts.eliminated[rows])
    n, pullback = len(part), part.pullback
    result = np.zeros((n, len(PAIRS), len(exponents(degree))), complex)
    if degree > 1:
        lower = monomials(part.z, degree - 2) if degree > 2 else np.ones((n, 1), complex)
        products = np.stack([pullback[:, a, :, None] * pullback[:, c, None, :] for a, c in PAIRS], axis=1)
        folded = np.stack([products[:, :, i, j] + (i != j) * products[:, :, j, i] for i, j in AMBIENT_PAIRS], axis=2)
        terms = (folded[:, :, :, None] * lower[:, None, None, :]).reshape(n * len(PAIRS), -1)
        result += np.asarray(raising(degree).T @ terms.T).T.reshape(result.shape)
    # only the eliminated coordinate is bent: ∂_a of Q_c + Q_e P_c^e = 0 along X
    points = np.arange(n)
    bends = (
        -(pullback @ hessian(part) @ pullback.transpose(0, 2, 1))
        / part.gradient[points, part.eliminated][:, None, None]
    )
    slopes = slope(part, degree)
    for place, (a, c) in enumerate(PAIRS):
        result[:, place] += bends[:, a, c, None] * slopes
    return result


def slope(charts: Charts, degree: int) -> Complex:
    """∂s/∂z_e of the eliminated coordinate e, the others fixed, (n, M)."""
    table = charts.z[:, :, None] ** np.arange(degree + 1)
    factors = table[:, np.arange(5)[:, None], exponents(degree).T]
    powers = exponents(degree).T[charts.eliminated]
    own = np.take_along_axis(table[np.arange(len(charts)), charts.eliminated], np.maximum(powers - 1, 0), axis=1)
    factors[np.arange(len(charts)), charts.eliminated] = powers * own
    result: Complex = factors.prod(axis=1)
    return result


@cache
def raising(degree: int) -> csr_array:
    """The second derivatives of the monomials: rows (i ≤ j, monomial of degree - 2), columns monomials.

    ∂_i∂_j z^p = p_i p_j z^(p - e_i - e_j), and p_i (p_i - 1) for i = j.
    """
    powers = exponents(degree)
    lower = exponents(degree - 2) if degree > 2 else np.zeros((1, 5), dtype=np.int64)
    place = {tuple(row): m for m, row in enumerate(powers.tolist())}
    rows, columns, values = [], [], []
    for pair, (i, j) in enumerate(AMBIENT_PAIRS):
        for m, row in enumerate(lower.tolist()):
            raised = list(row)
            raised[i] += 1
            raised[j] += 1
            rows.append(pair * len(lower) + m)
            columns.append(place[tuple(raised)])
            values.append(float(raised[i] * (raised[j] - (i == j))))
    return csr_array((values, (rows, columns)), shape=(len(AMBIENT_PAIRS) * len(lower), len(powers)))
