"""A trained network as a metric: at given points in float64, and as a differentiable function for its curvature."""

from dataclasses import dataclass
from math import pi, sqrt

import torch
from torch import Tensor

from hpobench_suites.quintic.data import tensors
from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex
from hpobench_suites.quintic.network.ansatz import ANSAETZE, combine
from hpobench_suites.quintic.network.derivatives import packing
from hpobench_suites.quintic.network.features import COLUMNS, ROWS
from hpobench_suites.quintic.network.metric import unpack
from hpobench_suites.quintic.network.perceptron import Perceptron

BATCH = 250
UPPER, LOWER = torch.from_numpy(ROWS), torch.from_numpy(COLUMNS)


@dataclass(frozen=True)
class LearntMetric:
    """A network with its parameters (parameter_count,), float64, on the CPU or a GPU."""

    network: Perceptron
    parameters: Tensor
    ansatz: str
    features: str

    def __post_init__(self) -> None:
        packing(self.parameters.dtype, self.parameters.device)  # made within a derivative it could not be kept

    def at(self, points: Charts) -> Complex:
        """g_ab̄ (n, 3, 3) at n points, by the same code that trains; in float64."""
        made = tensors(points, self.features, self.ansatz, torch.float64, str(self.parameters.device))
        with torch.no_grad():
            parts = [
                unpack(ANSAETZE[self.ansatz](self.network, self.parameters, made.take(rows)).packed)
                for rows in torch.arange(len(points), device=self.parameters.device).split(BATCH)
            ]
        result: Complex = torch.cat(parts).cpu().numpy()
        return result

    def metric(self, z: Tensor, pullback: Tensor) -> Tensor:
        """g_ab̄ (n, 3, 3) at z (n, 5), with z = 1 in the patch, and pullbacks (n, 3, 5), complex128.

        Made of plain operations: forward derivatives of any order go through. It must be differentiated along curves
        on X, with the pullback that belongs to each of their points.
        """
        norm = (z.real**2 + z.imag**2).sum(dim=1)
        scale = torch.rsqrt(norm)
        unit, slopes = z * scale[:, None], pullback * scale[:, None, None]
        bar = unit.conj()
        u = (slopes * bar[:, None]).sum(dim=2)
        m = slopes @ slopes.mH
        outer = u[:, :, None] * u.conj()[:, None, :]
        fubini_study = (m - outer) / pi
        if self.ansatz != "phi":
            outputs = self.network.values(self.parameters, torch.cat([z.real, z.imag], dim=1))
            return combine(self.ansatz, fubini_study, unpack(outputs))
        if self.features == "patch":
            values = torch.cat([z.real, z.imag], dim=1)
            tangents = 0.5 * torch.cat([pullback, -1j * pullback], dim=2)
            hessian, _ = self._hessian(values, tangents)
            return fubini_study + hessian
        f = unit[:, :, None] * bar[:, None, :]
        first = slopes[:, :, :, None] * bar[:, None, None, :] - f[:, None] * u[:, :, None, None]
        hessian, mu = self._hessian(_real_features(f).real, _real_features(first))
        # Σ_f μ_f ∂_a∂_b̄ F_f, with the 25 real μ_f as one Hermitian 5×5 matrix
        dual = _dual(mu)
        left = slopes @ dual
        along = (left * bar[:, None]).sum(dim=2)
        value = ((unit[:, None] @ dual)[:, 0] * bar).sum(dim=1).real
        second = left @ slopes.mH - along[:, :, None] * u.conj()[:, None] - u[:, :, None] * along.conj()[:, None]
        return fubini_study + hessian + second + value[:, None, None] * (2.0 * outer - m)

    def _hessian(self, values: Tensor, tangents: Tensor) -> tuple[Tensor, Tensor]:
        """Σ_layers Σ_units μ s″ ∂_a y ∂_b̄ y (n, 3, 3) and μ_0 (n, f), from features (n, f) and their ∂_a (n, 3, f)."""
        layers = self.network.layers(self.parameters)
        h, n = values, len(values)
        t = torch.cat([tangents.real, tangents.imag], dim=1).reshape(6 * n, -1)
        stack = []
        for weights, bias in zip(layers.weights, layers.biases, strict=True):
            y, pushed = torch.addmm(bias, h, weights.T), (t @ weights.T).view(n, 6, -1)
            h, slope, bend, _ = self.network.jet(y)
            t = (slope[:, None] * pushed).reshape(6 * n, -1)
            stack.append((weights, slope, bend, pushed))
        mu, quadratic = layers.last.expand(n, -1), values.new_zeros(n, 6, 6)
        for weights, slope, bend, pushed in reversed(stack):
            quadratic = quadratic + (pushed * (mu * bend)[:, None]) @ pushed.mT
            mu = (mu * slope) @ weights
        return unpack(quadratic.reshape(n, 36) @ packing(h.dtype, h.device)), mu


def _real_features(matrix: Tensor) -> Tensor:
    """(..., 5, 5) of F_ij or its derivatives as (..., 25), as in :mod:`hpobench_suites.quintic.network.features`."""
    upper, lower = matrix[..., UPPER, LOWER], matrix[..., LOWER, UPPER]
    diagonal = torch.diagonal(matrix, dim1=-2, dim2=-1)
    return torch.cat([diagonal, (upper + lower) * sqrt(0.5), (upper - lower) * (-1j * sqrt(0.5))], dim=-1)


def _dual(mu: Tensor) -> Tensor:
    """Λ (n, 5, 5) with Σ_f μ_f F_f = Σ_ij Λ_ij F_ij."""
    entries = torch.complex(mu[:, 5:15], -mu[:, 15:]) * sqrt(0.5)
    matrix = torch.diag_embed(mu[:, :5].to(entries.dtype))
    rows = torch.arange(len(mu), device=mu.device)[:, None]
    upper = torch.zeros_like(matrix).index_put((rows, UPPER, LOWER), entries)
    return matrix + upper + upper.mH
