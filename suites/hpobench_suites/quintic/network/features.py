"""What the networks see of a point, with its first and second derivatives in closed form.

``invariant``: the 25 real numbers (F_ii, √2 Re F_ij, √2 Im F_ij for i < j) of F_ij = z_i z̄_j/N, N = |z|². They do not
change with the phase and the scale of z, so a function of them is a function on all of X. With the pullback P,
u_a = Σ P_a^i z̄_i and M_ab = Σ P_a^i P̄_b^i:

    ∂_a F_ij   = P_a^i z̄_j/N − F_ij u_a/N
    ∂_a∂_b̄ F_ij = P_a^i P̄_b^j/N − P_a^i z̄_j ū_b/N² − z_i P̄_b^j u_a/N² + F_ij (2 u_a ū_b/N² − M_ab/N)

``patch``: the ten numbers (Re z_i, Im z_i) of the point's own patch, as in the literature (arXiv 2111.01436). They are
holomorphic up to conjugation, so their ∂∂̄ vanishes. A function of them may jump where patches meet.

Shapes: n points, f features. Tangents are real: Re ∂_0, ∂_1, ∂_2, then Im ∂_0, ∂_1, ∂_2. Hermitian 3×3 matrices are
packed as nine real numbers: diagonal, then Re, then Im of the entries 01, 02, 12.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_suites.quintic.geometry.hypersurface import Complex, Floats

KINDS = ("invariant", "patch")
WIDTH = {"invariant": 25, "patch": 10}
ROWS, COLUMNS = np.triu_indices(5, 1)
UPPER = np.array([0, 0, 1]), np.array([1, 2, 2])
"""Rows and columns of the entries 01, 02, 12."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of n points.

    Attributes:
        jet: (7, n, f): values, then the six tangents.
        second: (n, 9, f): ∂_a∂_b̄, packed; None where it vanishes.
    """

    jet: Floats
    second: Floats | None


def features(kind: str, z: Complex, pullback: Complex) -> Features:
    """The features of points z (n, 5) with pullbacks (n, 3, 5), in float64."""
    return invariant(z, pullback) if kind == "invariant" else patch(z, pullback)


def patch(z: Complex, pullback: Complex) -> Features:
    """The ten patch coordinates."""
    # For holomorphic z: ∂_a Re z = P_a/2, ∂_a Im z = -i P_a/2.
    slopes = 0.5 * pullback.transpose(1, 0, 2)
    tangents = np.concatenate([slopes, -1j * slopes], axis=2)
    values = np.concatenate([z.real, z.imag], axis=1)
    return Features(np.ascontiguousarray(np.concatenate([values[None], tangents.real, tangents.imag])), None)


def invariant(z: Complex, pullback: Complex) -> Features:
    """The 25 invariant features."""
    norm = (z.real**2 + z.imag**2).sum(axis=1)
    z = z / np.sqrt(norm)[:, None]  # from here on N = 1: P and u scaled alike
    pullback = pullback / np.sqrt(norm)[:, None, None]
    bar, slopes_bar = z.conj(), pullback.conj()
    u = (pullback * bar[:, None, :]).sum(axis=2)
    m = pullback @ slopes_bar.transpose(0, 2, 1)
    f = z[:, :, None] * bar[:, None, :]
    first = pullback[..., :, None] * bar[:, None, None, :] - f[:, None] * u[:, :, None, None]
    u_bar = u.conj()
    second = np.empty((len(z), 9, 25))
    for number, (a, b) in enumerate([(0, 0), (1, 1), (2, 2), *zip(*UPPER, strict=True)]):
        pa, pb = pullback[:, a, :, None], slopes_bar[:, b, None, :]
        ua, ub = u[:, a, None, None], u_bar[:, b, None, None]
        # not Hermitian in i, j for a != b: real and imaginary parts in a, b of each real feature
        matrix = pa * pb - pa * bar[:, None, :] * ub - z[:, :, None] * pb * ua
        matrix += f * (2.0 * ua * ub - m[:, a, b, None, None])
        packed = _of_hermitian_function(matrix)
        second[:, number] = packed.real
        if a != b:
            second[:, number + 3] = packed.imag
    tangents = _of_hermitian_function(first).transpose(1, 0, 2)
    values = _of_hermitian_function(f).real
    return Features(np.ascontiguousarray(np.concatenate([values[None], tangents.real, tangents.imag])), second)


def _of_hermitian_function(matrix: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """(..., 5, 5) of F_ij or its derivatives as (..., 25) of the real features or their (complex) derivatives.

    Re F_ij = (F_ij + F_ji)/2 and Im F_ij = (F_ij − F_ji)/2i, as F is Hermitian; linear, so true of derivatives, too.
    """
    upper, lower = matrix[..., ROWS, COLUMNS], matrix[..., COLUMNS, ROWS]
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    return np.concatenate([diagonal, (upper + lower) * np.sqrt(0.5), (upper - lower) * (-1j * np.sqrt(0.5))], axis=-1)
