"""How a network's outputs become a metric (arXiv 2111.01436, section 3; 2205.13408), and what it may violate then.

    phi              g = g_FS + ∂∂̄φ
    additive         g = g_FS + h
    multiplicative   g_ab = g_FS,ab (1 + h_ab)
    matrix           g = g_FS + (g_FS h + h g_FS)/2: the Hermitian part of the matrix product g_FS (1 + h)

with a real function φ, or a Hermitian matrix h of the chart's patch coordinates, from the network.

``phi`` is Kähler and in the class of Fubini-Study's whatever φ is, if φ is a function on X: true of ``invariant``
features. With ``patch`` features φ may jump between patches, and the penalty ``transition`` is the mean of |φ − φ′|,
φ′ being what the network says of the same point in the patch of its second largest coordinate.

The others have to learn to be a metric on X at all. Their penalties are, in the means over the points,

    transition   Σ_ab |g_ab − J_a^c g′_cd J̄_b^d|, g′ in the neighbouring chart, J_a^c = ∂x′^c/∂x^a
    kaehler      Σ_{c<a} Σ_b |∂_c g_ab − ∂_a g_cb|

and nothing fixes their volume but the loss. σ sees neither: so both are in what is tuned (``training``), with weight 1.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from hpobench_suites.quintic.data import Points
from hpobench_suites.quintic.network.derivatives import PotentialHessian, value_and_tangents
from hpobench_suites.quintic.network.metric import PAIRS, pack, unpack
from hpobench_suites.quintic.network.perceptron import Perceptron

NOTHING: Mapping[str, Tensor] = MappingProxyType({})


class Metric(NamedTuple):
    """g_ab̄, packed (n, 9), and penalties by name: 0 for a Kähler metric that agrees with itself across patches."""

    packed: Tensor
    penalties: Mapping[str, Tensor]


def phi(network: Perceptron, parameters: Tensor, points: Points) -> Metric:
    """g_FS + ∂∂̄φ."""
    values, hessian = PotentialHessian.apply(network, parameters, points.jet, points.second)
    penalties = NOTHING
    if points.other is not None:
        penalties = {"transition": (values - network.values(parameters, points.other)[:, 0]).abs().mean()}
    return Metric(points.fubini_study + hessian, penalties)


def combine(ansatz: str, reference: Tensor, h: Tensor) -> Tensor:
    """g (..., 3, 3) of one of the other three from g_FS and h."""
    match ansatz:
        case "additive":
            return reference + h
        case "multiplicative":
            return reference * (1.0 + h)
        case _:
            return reference + 0.5 * (reference @ h + h @ reference)


def slopes(ansatz: str, reference: Tensor, reference_slopes: Tensor, h: Tensor, h_slopes: Tensor) -> Tensor:
    """∂_c g_ab (n, c, a, b) by the product rule; ∂_c g_FS,ab and ∂_c h_ab have that shape, too."""
    reference, h = reference[:, None], h[:, None]
    match ansatz:
        case "additive":
            return reference_slopes + h_slopes
        case "multiplicative":
            return reference_slopes * (1.0 + h) + reference * h_slopes
        case _:
            products = reference_slopes @ h + h @ reference_slopes + reference @ h_slopes + h_slopes @ reference
            return reference_slopes + 0.5 * products


def matrix_metric(ansatz: str) -> Callable[[Perceptron, Tensor, Points], Metric]:
    """The metric of one of the other three."""

    def metric(network: Perceptron, parameters: Tensor, points: Points) -> Metric:
        overlap, other = points.overlap, points.other
        if overlap is None or other is None:
            raise ValueError("this ansatz needs patch features and what belongs to the overlap of two patches")
        jet = value_and_tangents(network, parameters, points.jet)
        reference, h = unpack(points.fubini_study), unpack(jet[0])
        g = combine(ansatz, reference, h)
        there = combine(ansatz, unpack(overlap[:, :9]), unpack(network.values(parameters, other)))
        jacobian = _complex(overlap[:, 9:27], 3, 3)
        transition = (g - jacobian @ there @ jacobian.mH).abs().sum(dim=(1, 2)).mean()
        # The packed entries are real functions f with ∂_c f = (tangent c) + i (tangent c + 3).
        h_slopes = torch.stack([unpack(jet[1 + c]) + 1j * unpack(jet[4 + c]) for c in range(3)], dim=1)
        g_slopes = slopes(ansatz, reference, _complex(overlap[:, 27:], 3, 3, 3), h, h_slopes)
        curl = g_slopes[:, PAIRS[0], PAIRS[1]] - g_slopes[:, PAIRS[1], PAIRS[0]]
        kaehler = curl.abs().sum(dim=(1, 2)).mean()
        return Metric(pack(g), {"transition": transition, "kaehler": kaehler})

    return metric


def _complex(reals: Tensor, *shape: int) -> Tensor:
    return torch.view_as_complex(reals.contiguous().view(-1, *shape, 2))


ANSAETZE: Mapping[str, Callable[[Perceptron, Tensor, Points], Metric]] = {
    "phi": phi,
    **{name: matrix_metric(name) for name in ("additive", "multiplicative", "matrix")},
}
OUTPUTS = {"phi": 1, "additive": 9, "multiplicative": 9, "matrix": 9}
