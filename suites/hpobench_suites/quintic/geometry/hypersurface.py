"""The quintic threefold X = {Q = 0} in P⁴ with Q = Σ z_i⁵ − 5ψ Π z_i, in local coordinates.

ψ is real here. ψ = 0 is the Fermat quintic, ψ = 1 the conifold, the only singular one: it has 125 nodes. Towards
ψ → ±∞ X degenerates to the five hyperplanes Π z_i = 0.

Every point is given by homogeneous coordinates z, scaled so that the one of largest modulus (its *patch*) is exactly 1.
Of the others, the one with the largest |∂Q/∂z_j| is *eliminated*, and the remaining three, ascending, are the local
coordinates x^a (Headrick & Nassar, arXiv 0908.2635). That slope is never 0: X is smooth, and Σ z_i ∂_iQ = 5Q = 0 bounds
the patch's own slope by the others.

All in complex128 NumPy, batched over points. Shapes: n points; a, b = 0, 1, 2 local; i, j = 0, ..., 4 homogeneous.
"""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, pi
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core import HpobenchError

Array = TypeVar("Array", bound=NDArray[np.generic])
Complex: TypeAlias = NDArray[np.complex128]
Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]

CLASS_VOLUME = 5.0 / 6.0
"""∫ det g d⁶x over X for every Kähler metric in the class of Fubini-Study's with ω = (i/2π)∂∂̄ log|z|²: ω³/3! = 5/6."""
MOST_PSI = 100.0
"""Up to there means over points converge as for Fermat: w varies by 0.5 of its mean at 0 and 1.2 at 100."""


@dataclass(frozen=True, slots=True)
class Quintic:
    """The member of the Dwork family with parameter ``psi``.

    Raises:
        HpobenchError: psi is not finite, too large for float64's comfort, or X is singular.
    """

    psi: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.psi) and abs(self.psi) <= MOST_PSI):
            raise HpobenchError(f"quintic: psi must be a number from {-MOST_PSI:g} to {MOST_PSI:g}, not {self.psi}.")
        if 0.999 < self.psi < 1.001:
            raise HpobenchError(
                f"quintic: psi = {self.psi} is (nearly) the singular conifold psi = 1; stay 0.001 away from it."
            )

    def value(self, z: Complex) -> Complex:
        """Q(z), shape (...), for z of shape (..., 5)."""
        square = z * z
        value: Complex = (square * square * z).sum(axis=-1)
        if self.psi != 0.0:
            value -= 5.0 * self.psi * z.prod(axis=-1)
        return value

    def gradient(self, z: Complex) -> Complex:
        """∂Q/∂z_i, shape (..., 5)."""
        square = z * z
        gradient = 5.0 * square * square
        if self.psi != 0.0:
            gradient -= 5.0 * self.psi * products_of_others(z)
        return gradient


def products_of_others(z: Complex) -> Complex:
    """Π_{j≠i} z_j, shape (..., 5), without a division."""
    z0, z1, z2, z3, z4 = np.moveaxis(z, -1, 0)
    first, last = z0 * z1, z3 * z4
    products = np.empty_like(z)
    for i, product in enumerate((z1 * z2 * last, z0 * z2 * last, first * last, first * z2 * z4, first * z2 * z3)):
        products[..., i] = product
    return products


def squares(x: Complex) -> Floats:
    """|x|²."""
    result: Floats = x.real**2 + x.imag**2
    return result


@dataclass(frozen=True)
class Charts:
    """Points with the chart that each is described in, and everything that follows from them alone.

    Attributes:
        quintic: The hypersurface.
        z: (n, 5), 1 at ``patch``.
        patch: (n,), the coordinate that is 1.
        eliminated: (n,), the coordinate that is a function of the local ones.

    All arrays are read-only.
    """

    quintic: Quintic
    z: Complex
    patch: Indices
    eliminated: Indices

    def __post_init__(self) -> None:
        for name in ("z", "patch", "eliminated"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.z)

    def first(self, n: int) -> "Charts":
        """The first n points."""
        return Charts(self.quintic, self.z[:n], self.patch[:n], self.eliminated[:n])

    @cached_property
    def local(self) -> Indices:
        """(n, 3): which homogeneous coordinates are the local ones, ascending."""
        free = np.ones(self.z.shape, dtype=bool)
        rows = np.arange(len(self.z))
        free[rows, self.patch] = free[rows, self.eliminated] = False
        return read_only(np.nonzero(free)[1].reshape(-1, 3))

    @cached_property
    def gradient(self) -> Complex:
        """∂Q/∂z_i, (n, 5)."""
        return read_only(self.quintic.gradient(self.z))

    @cached_property
    def pullback(self) -> Complex:
        """P_a^i = ∂z_i/∂x^a, (n, 3, 5): 1 at the own index, 0 in column ``patch``, −∂_aQ/∂_eQ in column e."""
        rows = np.arange(len(self.z))
        pullback = np.zeros((len(self.z), 3, 5), dtype=np.complex128)
        pullback[rows[:, None], np.arange(3), self.local] = 1.0
        slopes = self.gradient[rows[:, None], self.local] / self.gradient[rows, self.eliminated, None]
        pullback[rows, :, self.eliminated] = -slopes
        return read_only(pullback)

    @cached_property
    def holomorphic(self) -> Floats:
        """|Ω|² = 1/|∂_eQ|², (n,), of the holomorphic volume form Ω = dx¹∧dx²∧dx³/(∂Q/∂z_e)."""
        slope = self.gradient[np.arange(len(self.z)), self.eliminated]
        return read_only(1.0 / squares(slope))

    @cached_property
    def fubini_study(self) -> Complex:
        """g_ab̄ of Fubini-Study pulled back to X, (n, 3, 3), with the factor 1/π."""
        return read_only(fubini_study(self.z, self.pullback))

    @cached_property
    def weights(self) -> Floats:
        """w = (5/6)|Ω|²/det g_FS, (n,): mean(w f) is ∫ f |Ω|² d⁶x for points that are distributed like det g_FS.

        In closed form, as P⁴ has det G = 1/(π⁴ N⁵), of which a hypersurface has the part π N |∂Q|²/|∂_eQ|²:
        det g_FS/|Ω|² = |∂Q|²/(π³ N⁴).
        """
        norm = squares(self.z).sum(axis=1)
        return read_only(CLASS_VOLUME * pi**3 * norm**4 / squares(self.gradient).sum(axis=1))


def read_only(array: Array) -> Array:
    """The same memory, not to be written through this array: charts are shared by all trainings of a process."""
    array = array.view()
    array.flags.writeable = False
    return array


def charts(quintic: Quintic, z: Complex) -> Charts:
    """Points (n, 5) on X, rescaled, each in its best chart."""
    z, patch = rescaled(z)
    slopes = squares(quintic.gradient(z))
    np.put_along_axis(slopes, patch[:, None], -1.0, axis=1)
    return Charts(quintic, z, patch, slopes.argmax(axis=1))


def rescaled(z: Complex) -> tuple[Complex, Indices]:
    """Points (..., 5) divided by their coordinate of largest modulus, which is exactly 1 then, and its index (...)."""
    size = squares(z)
    largest, scale = size[..., 0], z[..., 0].copy()
    patch = np.zeros_like(largest, dtype=np.int64)
    for i in range(1, 5):
        larger = size[..., i] > largest
        largest = np.maximum(largest, size[..., i])
        np.copyto(scale, z[..., i], where=larger)
        np.copyto(patch, i, where=larger)
    z = z * (1.0 / scale)[..., None]
    for i in range(5):
        np.copyto(z[..., i], 1.0, where=patch == i)
    return z, patch


def fubini_study(z: Complex, pullback: Complex) -> Complex:
    """P G P† with G_ij̄ = (δ_ij/N − z̄_i z_j/N²)/π, N = |z|²; (n, 3, 3)."""
    norm = (z.real**2 + z.imag**2).sum(axis=1)[:, None, None]
    u = (pullback * z.conj()[:, None, :]).sum(axis=2)
    m = pullback @ pullback.conj().transpose(0, 2, 1)
    metric: Complex = (m / norm - u[:, :, None] * u.conj()[:, None, :] / norm**2) / pi
    return metric


def determinant(g: Complex) -> Floats:
    """det g of Hermitian matrices (n, 3, 3), (n,)."""
    a, b, c = g[:, 0, 0].real, g[:, 1, 1].real, g[:, 2, 2].real
    p, q, r = g[:, 0, 1], g[:, 0, 2], g[:, 1, 2]
    squares = (np.abs(x) ** 2 for x in (p, q, r))
    p2, q2, r2 = squares
    result: Floats = a * b * c + 2.0 * (p * r * q.conj()).real - a * r2 - b * q2 - c * p2
    return result
