"""Ricci scalar and Riemann tensor of any metric on the quintic that is a differentiable torch function, in float64.

A metric is a function of points z (m, 5) and pullbacks P (m, 3, 5), complex128, that gives g_ab̄ (m, 3, 3). Around each
point all of z is a function of the local coordinates x: Newton's iteration for the eliminated coordinate, started
from its value at the point, doubles with each step the order to which its Taylor series is right, so two steps give
exact first and second derivatives. Those of the metric are nested forward derivatives (``torch.func.jvp``) along real
directions; of v and iv together, 4 ∂_v∂_v̄ f = D_v D_v f + D_iv D_iv f.

* R = -g^b̄a ∂_a∂_b̄ log|det g| needs six second derivatives of one real number, along v and iv for the eigenvectors v of
  g. It is defined (and meaningless) for an indefinite g, too.
* R_ab̄cd̄ = -∂_c∂_d̄ g_ab̄ + g^ēf ∂_c g_aē ∂_d̄ g_fb̄ (Chern connection, no symmetry of g assumed) needs 18, of nine.

Shapes: n points, m = n times directions; a, b, c, d = 0, 1, 2 local; i = 0, ..., 4 homogeneous.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.func import jvp

from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Floats, Indices

Metric: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(z, P) to g."""
Progress: TypeAlias = Callable[[int], None]
"""Is told how many points are done."""

ROWS = 1_536
"""Points times directions at a time on a CPU: a network of three layers of 64 was fastest so."""
GPU_ROWS = 98_304
PAIRS = tuple((c, d) for c in range(3) for d in range(c, 3))


@dataclass(frozen=True)
class Neighbourhood:
    """Points as functions of their local coordinates.

    Attributes:
        psi: Of the quintic.
        x: (m, 3), where the points are.
        root: (m,), the eliminated coordinate there.
        patch: (m, 5), 1 at the coordinate that is 1.
        eliminated: (m, 5), 1 at the eliminated coordinate.
        local: (m, 3, 5), 1 at each local coordinate.
    """

    psi: float
    x: Tensor
    root: Tensor
    patch: Tensor
    eliminated: Tensor
    local: Tensor

    def repeated(self, times: int) -> "Neighbourhood":
        """Each point so many times in a row."""
        tensors = (self.x, self.root, self.patch, self.eliminated, self.local)
        return Neighbourhood(self.psi, *(t.repeat_interleave(times, dim=0) for t in tensors))

    def embedded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (m, 5) and P (m, 3, 5) at local coordinates x near the points: the first two derivatives by x are exact."""
        others = torch.stack([x[:, 1] * x[:, 2], x[:, 0] * x[:, 2], x[:, 0] * x[:, 1]], dim=1)
        product = 5.0 * self.psi * x[:, 0] * others[:, 0]
        fourth = fourth_power(x)
        rest = 1.0 + (fourth * x).sum(dim=1)
        root = self.root
        for _ in range(2):
            power = fourth_power(root)
            root = root - (power * root + rest - product * root) / (5.0 * power - product)
        slope = 5.0 * fourth_power(root) - product
        slopes = (5.0 * fourth - 5.0 * self.psi * root[:, None] * others) / slope[:, None]
        z = self.patch + root[:, None] * self.eliminated + (x[:, :, None] * self.local).sum(dim=1)
        return z, self.local - slopes[:, :, None] * self.eliminated[:, None, :]


def neighbourhood(charts: Charts, rows: slice | Indices, device: str = "cpu") -> Neighbourhood:
    """The surroundings of the points ``rows``."""
    z, unit = charts.z[rows], np.eye(5, dtype=np.complex128)
    local, eliminated = charts.local[rows], charts.eliminated[rows]
    arrays = (
        np.take_along_axis(z, local, axis=1),
        np.take_along_axis(z, eliminated[:, None], axis=1)[:, 0],
        unit[charts.patch[rows]],
        unit[eliminated],
        unit[local],
    )
    return Neighbourhood(charts.quintic.psi, *(torch.from_numpy(a).to(device) for a in arrays))


def ricci_scalars(charts: Charts, metric: Metric, device: str = "cpu", progress: Progress | None = None) -> Floats:
    """R of the metric at each point, (n,); NaN where the metric is not finite."""

    def of_chunk(near: Neighbourhood) -> Tensor:
        with torch.no_grad():
            g = metric(*near.embedded(near.x))
            finite = torch.isfinite(g).all(dim=2).all(dim=1)
            unit = torch.eye(3, dtype=g.dtype, device=g.device)
            eigenvalues, vectors = torch.linalg.eigh(torch.where(finite[:, None, None], g, unit))
        v = vectors.conj().transpose(1, 2)  # of g_ab̄ = Σ λ u_a ū_b, as rows: ∂_v = ū_a ∂_a
        directions = torch.stack([v, 1j * v], dim=2).reshape(-1, 3)
        around = near.repeated(6)
        second = second_derivatives(
            lambda x: determinant(metric(*around.embedded(x))).abs().log(), around.x, directions, directions
        )[-1]
        scalars = -0.25 * (second.view(-1, 3, 2).sum(dim=2) / eigenvalues).sum(dim=1)
        return torch.where(finite, scalars, torch.nan)

    return chunked(charts, of_chunk, 6, device, progress).real


def riemann(
    charts: Charts, metric: Metric, device: str = "cpu", progress: Progress | None = None
) -> tuple[Complex, Complex]:
    """g_ab̄ (n, 3, 3) of the metric and its R_ab̄cd̄ (n, 3, 3, 3, 3): what ``gauss.euler_density`` takes."""
    basis = torch.eye(3, dtype=torch.complex128, device=device)
    basis = torch.cat([basis, 1j * basis])
    pairs = [(c, d) for c, d in PAIRS] + [(c + 3, d + 3) for c, d in PAIRS]
    pairs += [(c, d + 3) for c, d in PAIRS if c < d] + [(c + 3, d) for c, d in PAIRS if c < d]
    first, second = torch.tensor(pairs, device=device).T

    def of_chunk(near: Neighbourhood) -> Tensor:
        n, around = len(near.x), near.repeated(len(pairs))
        parts = second_derivatives(
            lambda x: metric(*around.embedded(x)), around.x, basis[first].repeat(n, 1), basis[second].repeat(n, 1)
        )
        g, along_first, along_second, twice = (part.view(n, len(pairs), 3, 3) for part in parts)
        real = dict(zip(first.tolist(), along_first.unbind(1), strict=True))
        real |= zip(second.tolist(), along_second.unbind(1), strict=True)
        by = dict(zip(pairs, twice.unbind(1), strict=True))
        mixed = torch.empty(n, 3, 3, 3, 3, dtype=torch.complex128, device=device)
        for c, d in PAIRS:
            mixed[..., c, d] = 0.25 * (by[c, d] + by[c + 3, d + 3])
            if c < d:
                mixed[..., c, d] += 0.25j * (by[c, d + 3] - by[c + 3, d])
                mixed[..., d, c] = mixed[..., c, d].conj().transpose(1, 2)
        slopes = torch.stack([0.5 * (real[c] - 1j * real[c + 3]) for c in range(3)], dim=1)  # ∂_c g_ab̄
        g = g[:, 0]
        raised = slopes @ torch.linalg.inv_ex(g).inverse[:, None]
        connection = torch.einsum("ncaf,ndbf->nabcd", raised, slopes.conj())  # ∂_d̄ g_fb̄ is the conjugate of ∂_d g_bf̄
        return torch.cat([g.reshape(n, -1), (connection - mixed).reshape(n, -1)], dim=1)

    packed = chunked(charts, of_chunk, len(pairs), device, progress)
    return packed[:, :9].reshape(-1, 3, 3), packed[:, 9:].reshape(-1, 3, 3, 3, 3)


def second_derivatives(
    function: Callable[[Tensor], Tensor], x: Tensor, first: Tensor, second: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """f, D_u f, D_v f and D_u D_v f at x (m, 3) along the real directions u = ``first`` and v = ``second``, (m, 3)."""
    (value, along_first), (along_second, twice) = jvp(lambda y: jvp(function, (y,), (first,)), (x,), (second,))
    return value, along_first, along_second, twice


def chunked(
    charts: Charts, of_chunk: Callable[[Neighbourhood], Tensor], directions: int, device: str, progress: Progress | None
) -> Complex:
    """``of_chunk`` of all points, a few at a time, one row a point."""
    size = max(1, (ROWS if device == "cpu" else GPU_ROWS) // directions)
    parts = []
    for start in range(0, len(charts), size):
        near = neighbourhood(charts, slice(start, start + size), device)
        parts.append(of_chunk(near).detach().cpu().numpy())
        if progress is not None:
            progress(min(start + size, len(charts)))
    return np.concatenate(parts)


def fubini_study(z: Tensor, pullback: Tensor) -> Tensor:
    """The metric of ``geometry.hypersurface.fubini_study``, to differentiate."""
    bar = z.conj()
    norm = (z * bar).real.sum(dim=1)[:, None, None]
    u = (pullback @ bar[:, :, None])[:, :, 0]
    m = pullback @ pullback.conj().transpose(1, 2)
    return (m / norm - u[:, :, None] * u.conj()[:, None, :] / norm**2) / torch.pi


def determinant(g: Tensor) -> Tensor:
    """det g of Hermitian matrices (m, 3, 3), (m,)."""
    a, b, c = g[:, 0, 0].real, g[:, 1, 1].real, g[:, 2, 2].real
    p, q, r = g[:, 0, 1], g[:, 0, 2], g[:, 1, 2]
    p2, q2, r2 = ((x * x.conj()).real for x in (p, q, r))
    return a * b * c + 2.0 * (p * r * q.conj()).real - a * r2 - b * q2 - c * p2


def fourth_power(x: Tensor) -> Tensor:
    """x⁴: two products, where a power of complex numbers takes logarithms."""
    square = x * x
    return square * square
