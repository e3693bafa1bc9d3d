"""How a network's outputs become a metric (arXiv 2111.01436, section 3), and what each such metric may violate.

``phi``: g = g_FS + ∂∂̄φ. Kähler and in the class of Fubini-Study's whatever φ is, if φ is a function on X: true of
``invariant`` features. With ``patch`` features φ may jump between patches, and the penalty ``transition`` is the mean
of |φ − φ′|, φ′ being what the network says of the same point in the patch of its second largest coordinate.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

from hpobench_suites.quintic.data import Points
from hpobench_suites.quintic.network.derivatives import PotentialHessian
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
