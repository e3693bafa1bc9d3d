"""Fubini-Study's curvature on the quintic in closed form (Gauss equation), and the Euler density of any curvature.

P⁴ with ω = (i/2π)∂∂̄ log|z|² has the Riemann tensor π(g_ab̄ g_cd̄ + g_ad̄ g_cb̄). A hypersurface Q = 0 loses its second
fundamental form (Griffiths & Harris, *Principles of Algebraic Geometry*, ch. 0.5):

    R_ab̄cd̄ = π(g_ab̄ g_cd̄ + g_ad̄ g_cb̄) - h_ac h̄_bd,   h_ac = P_a^i P_c^j ∂_i∂_jQ / √(π N |∂Q|²),  N = |z|²,

where N |∂Q|² π is the squared length of dQ on P⁴ at Q = 0. No derivative is taken numerically, so this checks
``curvature.py`` independently. The Riemann tensor is that of the Chern connection, R_ab̄cd̄ = -∂_c∂_d̄ g_ab̄ +
g^ēf ∂_c g_aē ∂_d̄ g_fb̄, the Ricci scalar g^b̄a g^d̄c R_ab̄cd̄ = -g^d̄c ∂_c∂_d̄ log det g.

Shapes: n points; a, b, c, d = 0, 1, 2 local; i, j = 0, ..., 4 homogeneous.
"""

from itertools import permutations
from math import pi

import numpy as np

from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Floats

SIGNED_PERMUTATIONS = tuple((p, round(np.linalg.det(np.eye(3)[list(p)]))) for p in permutations(range(3)))


def riemann(charts: Charts) -> Complex:
    """R_ab̄cd̄ of Fubini-Study on X, (n, 3, 3, 3, 3)."""
    g, pullback, gradient = charts.fubini_study, charts.pullback, charts.gradient
    norm = (np.abs(charts.z) ** 2).sum(axis=1) * (np.abs(gradient) ** 2).sum(axis=1) * pi
    second = (pullback @ hessian(charts) @ pullback.transpose(0, 2, 1)) / np.sqrt(norm)[:, None, None]
    curved: Complex = pi * (np.einsum("nab,ncd->nabcd", g, g) + np.einsum("nad,ncb->nabcd", g, g))
    curved -= np.einsum("nac,nbd->nabcd", second, second.conj())
    return curved


def hessian(charts: Charts) -> Complex:
    """∂_i∂_jQ, (n, 5, 5)."""
    z, psi = charts.z, charts.quintic.psi
    result = np.zeros((len(z), 5, 5), dtype=np.complex128)
    for i in range(5):
        result[:, i, i] = 20.0 * z[:, i] ** 3
        for j in range(i if psi else 0):
            others = [k for k in range(5) if k not in (i, j)]
            result[:, i, j] = result[:, j, i] = -5.0 * psi * z[:, others].prod(axis=1)
    return result


def ricci_scalar(g: Complex, curvature: Complex) -> Floats:
    """R = g^b̄a g^d̄c R_ab̄cd̄, (n,), of the metric (n, 3, 3) and its Riemann tensor."""
    inverse = np.linalg.inv(g)
    scalar: Floats = np.einsum("nba,nabcd,ndc->n", inverse, curvature, inverse, optimize=True).real
    return scalar


def euler_density(g: Complex, curvature: Complex) -> Floats:
    """c₃/d⁶x, (n,): the density of det(iΘ/2π), Θ = R_ab̄cd̄ g^b̄e dx^c∧dx̄^d, whose integral is the Euler number.

    With i dx∧dx̄ = 2 d²x, it is π⁻³ Σ sgn(ρ)sgn(σ)sgn(τ) Π_a Θ_a^{ρ(a)}_{σ(a)τ(a)} over three permutations each: a sum
    of determinants of 3×3 matrices whose a-th row is Θ_a with the fixed indices σ(a), τ(a).
    """
    mixed = np.einsum("nabcd,nbe->ncdae", curvature, np.linalg.inv(g), optimize=True)
    total = np.zeros(len(g))
    rows = np.arange(3)
    for first, sign in SIGNED_PERMUTATIONS:
        for second, other in SIGNED_PERMUTATIONS:
            total += sign * other * np.linalg.det(mixed[:, list(first), list(second), rows]).real
    density: Floats = total / pi**3
    return density
