"""Two other ways to ∂_a∂_b̄φ, to check :mod:`hpobench_suites.quintic.network.derivatives` by and to time it against.

:func:`forward_jets` pushes second derivatives through the layers beside the first ones (Taylor propagation), and
:func:`ambient_hessian` is what automatic differentiation offers: ``torch.func.hessian`` of φ(features(z)) by the ten
real coordinates of z, pulled back to X. Both are differentiable in the parameters.
"""

from math import sqrt

import torch
from torch import Tensor
from torch.func import hessian, vmap

from hpobench_suites.quintic.network.features import COLUMNS, ROWS
from hpobench_suites.quintic.network.metric import PAIRS, pack
from hpobench_suites.quintic.network.perceptron import Perceptron

UPPER, LOWER = torch.from_numpy(ROWS), torch.from_numpy(COLUMNS)


def forward_jets(network: Perceptron, parameters: Tensor, jet: Tensor, second: Tensor | None) -> tuple[Tensor, Tensor]:
    """φ (n,) and the packed ∂_a∂_b̄φ (n, 9): ∂_a∂_b̄ h = s″ ∂_a y ∂_b̄ y + s′ ∂_a∂_b̄ y in each layer."""
    layers = network.layers(parameters)
    h, t = jet[0], jet[1:]
    bends = torch.zeros(len(h), 9, h.shape[1], dtype=h.dtype, device=h.device) if second is None else second
    for weights, bias in zip(layers.weights, layers.biases, strict=True):
        y, t, bends = h @ weights.T + bias, t @ weights.T, bends @ weights.T
        h, slope, bend, _ = network.jet(y)
        re, im = t[:3], t[3:]
        a, b = PAIRS
        products = [re * re + im * im, re[a] * re[b] + im[a] * im[b], im[a] * re[b] - re[a] * im[b]]
        bends = bend[:, None] * torch.cat(products).transpose(0, 1) + slope[:, None] * bends
        t = slope * t
    return h @ layers.last[0], bends @ layers.last[0]


def ambient_hessian(network: Perceptron, parameters: Tensor, kind: str, z: Tensor, pullback: Tensor) -> Tensor:
    """The packed ∂_a∂_b̄φ (n, 9) at z (n, 5) with pullbacks (n, 3, 5), complex."""

    def phi(x: Tensor) -> Tensor:
        return network.values(parameters, real_features(kind, x)[None])[0, 0]

    second = vmap(hessian(phi))(torch.cat([z.real, z.imag], dim=1))
    # ∂_i ∂_j̄ = (∂_x − i∂_y)_i (∂_x + i∂_y)_j / 4
    xx, xy, yx, yy = second[:, :5, :5], second[:, :5, 5:], second[:, 5:, :5], second[:, 5:, 5:]
    mixed = torch.complex(xx + yy, xy - yx) * 0.25
    return pack(pullback @ mixed @ pullback.mH)


def real_features(kind: str, x: Tensor) -> Tensor:
    """The features (f,) of one point, from (Re z, Im z) (10,)."""
    if kind == "patch":
        return x
    re, im = x[:5], x[5:]
    norm = (x * x).sum()
    real = (torch.outer(re, re) + torch.outer(im, im)) / norm
    imaginary = (torch.outer(im, re) - torch.outer(re, im)) / norm
    return torch.cat([real.diagonal(), real[UPPER, LOWER] * sqrt(2.0), imaginary[UPPER, LOWER] * sqrt(2.0)])
