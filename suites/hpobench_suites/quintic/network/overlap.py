"""The same points in a neighbouring chart, and what the tests for a Kähler metric on all of X need of them.

The neighbour of a point's chart is the patch of its second largest coordinate. Shapes as in
:mod:`hpobench_suites.quintic.geometry.hypersurface`.
"""

from math import pi

import numpy as np

from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex


def neighbours(points: Charts) -> Charts:
    """The same points in the patch of their second largest coordinate."""
    moduli = np.abs(points.z)
    rows = np.arange(len(points))
    moduli[rows, points.patch] = 0.0
    patch = moduli.argmax(axis=1)
    z = points.z / points.z[rows, patch, None]
    z[rows, patch] = 1.0
    slopes = np.abs(points.quintic.gradient(z))
    slopes[rows, patch] = -1.0
    return Charts(points.quintic, z, patch, slopes.argmax(axis=1))


def jacobian(points: Charts, others: Charts) -> Complex:
    """J_a^c = ∂x′^c/∂x^a (n, 3, 3) between two charts of the same points: x′^c = z_c/z_q, q the other patch."""
    rows = np.arange(len(points))
    scale = points.z[rows, others.patch]
    towards = points.pullback[rows, :, others.patch]  # ∂_a z_q
    own = np.take_along_axis(points.pullback, others.local[:, None, :], axis=2)
    coordinates = np.take_along_axis(points.z, others.local, axis=1)
    result: Complex = own / scale[:, None, None]
    result -= towards[:, :, None] * (coordinates / scale[:, None] ** 2)[:, None, :]
    return result


def fubini_study_slopes(points: Charts) -> Complex:
    """∂_c g_ab of Fubini-Study (n, c, a, b)."""
    rows, e = np.arange(len(points)), points.eliminated
    pullback, bar = points.pullback, points.z.conj()
    # ∂_c P_a^e from the derivative of Q_a + Q_e P_a^e = 0 along X; the other columns of P are constant.
    bends = -np.einsum("nai,nij,ncj->nca", pullback, _second_derivatives(points), pullback)
    bends /= points.gradient[rows, e, None, None]
    norm = (points.z.real**2 + points.z.imag**2).sum(axis=1)[:, None, None, None]
    u = (pullback * bar[:, None, :]).sum(axis=2)
    m = pullback @ pullback.conj().transpose(0, 2, 1)
    u_bends = bends * bar[rows, e, None, None]
    m_bends = bends[..., None] * pullback[rows, :, e].conj()[:, None, None, :]
    uc, ua, ub = u[:, :, None, None], u[:, None, :, None], u.conj()[:, None, None, :]
    slopes = m_bends / norm - (m[:, None] * uc + u_bends[..., None] * ub + ua * m[:, :, None, :]) / norm**2
    slopes += 2.0 * uc * ua * ub / norm**3
    result: Complex = slopes / pi
    return result


def _second_derivatives(points: Charts) -> Complex:
    """∂²Q/∂z_i∂z_j, (n, 5, 5)."""
    z, psi = points.z, points.quintic.psi
    result = np.zeros((len(z), 5, 5), dtype=np.complex128)
    diagonal = np.arange(5)
    result[:, diagonal, diagonal] = 20.0 * z**3
    if psi != 0.0:
        for i in range(5):
            for j in range(i):
                others = np.delete(z, [i, j], axis=1).prod(axis=1)
                result[:, i, j] = result[:, j, i] = -5.0 * psi * others
    return result
