"""The problem ``quintic/ricci``: how much curvature is left in a metric that was trained to have none.

The configuration space is that of ``quintic/sigma-small`` and a penalty on the curvature; the loss is ‖R‖ (eq. 8 of the
lecture, Vol_K = 5) of what was learnt, on a few hundred test points. It takes two more derivatives than σ, so that a
metric with a good σ can be a rough one. At points where g is not positive definite |det g| is taken for the volume.

The penalty, α times the mean of |Δ log det g| over a few points of every 20th batch, Δ = g^b̄a ∂_a∂_b̄, is the Ricci loss
of arXiv 2111.01436 but for two economies: so few points, as one costs as much as a hundred in the volume form; and
g^b̄a is held fixed in its gradient, which saves two thirds of the derivatives. It is 0 for the Ricci-flat metric alone,
and doubles the cost of the default training.
"""

from functools import partial
from math import isfinite

import numpy as np
import torch
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from torch import Tensor

from hpobench_suites.quintic.curvature import determinant as differentiable_determinant
from hpobench_suites.quintic.curvature import neighbourhood, ricci_scalars, second_derivatives
from hpobench_suites.quintic.data import SEED
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic, determinant
from hpobench_suites.quintic.measures import literature_ricci_measure, ricci_measure
from hpobench_suites.quintic.network.model import LearntMetric
from hpobench_suites.quintic.sigma import Sigma
from hpobench_suites.quintic.training import ALPHAS, DivergedError, MetricTraining
from hpobench_tui.core import Configuration, Report

PENALTY_POINTS = 16
VIOLATION = 100.0
"""Of the penalties that other ansätze than φ have in their loss (``training``): for Fubini-Study's metric ‖R‖ = 40 is a
hundred times σ."""


def curvature_penalty(points: Charts, alpha: float, learnt: LearntMetric, rows: Tensor) -> Tensor:
    """α mean |Δ log det g| over the first few ``rows`` of the training points; NaN where the metric is not finite."""
    device = str(learnt.parameters.device)
    near = neighbourhood(points, rows[:PENALTY_POINTS].cpu().numpy(), device)
    with torch.no_grad():
        g = learnt.metric(*near.embedded(near.x))
        if not torch.isfinite(g).all():
            return torch.full((), torch.nan, device=device)
        eigenvalues, vectors = torch.linalg.eigh(g)
    v = vectors.mH  # as in curvature.ricci_scalars
    directions = torch.stack([v, 1j * v], dim=2).reshape(-1, 3)
    around = near.repeated(6)
    second = second_derivatives(
        lambda x: differentiable_determinant(learnt.metric(*around.embedded(x))).abs().log(),
        around.x,
        directions,
        directions,
    )[-1]
    laplacian = 0.25 * (second.view(-1, 3, 2).sum(dim=2) / eigenvalues).sum(dim=1)
    return alpha * laplacian.abs().mean().float()


class RicciTraining:
    """A training whose report is its curvature."""

    def __init__(self, training: MetricTraining, points: Charts, device: str) -> None:
        self._training, self._points, self._device = training, points, device

    def advance(self, to_fidelity: int) -> Report:
        """Train on to ``to_fidelity`` epochs in all, and measure ‖R‖.

        Raises:
            DivergedError: the training's loss, σ or ‖R‖ is not finite.
        """
        report = self._training.advance(to_fidelity)
        learnt = self._training.learnt()
        scalars = ricci_scalars(self._points, learnt.metric, self._device)
        ratio = np.abs(determinant(learnt.at(self._points))) / self._points.holomorphic
        loss = ricci_measure(self._points.weights, ratio, scalars).value
        loss += VIOLATION * self._training.violation(
            {name: report.metrics[name] for name in ALPHAS if name in report.metrics}
        )
        if not isfinite(loss):
            raise DivergedError(f"the curvature is not finite after {to_fidelity} epochs.")
        literature = literature_ricci_measure(self._points.weights, ratio, scalars).value
        return Report(loss, {**report.metrics, "literature_ricci": literature})


class Ricci:
    """Learning the metric as in :class:`Sigma`; ‖R‖ on the first ``curvature`` test points."""

    def __init__(
        self, train: int, test: int, epochs: int, psi: float = 0.0, ansatz: str = "phi", curvature: int = 500
    ) -> None:
        self._sigma = Sigma(train, test, epochs, psi, ansatz=ansatz)
        self._quintic, self._curvature, self._train = Quintic(psi), curvature, train

    def space(self) -> ConfigurationSpace:
        """That of ``quintic/sigma-small``, and the penalty."""
        space = self._sigma.space()
        penalty = Categorical("penalty", ["none", "ricci"], default="none")
        alpha = Float("alpha_ricci", (1e-4, 1e-1), log=True, default=1e-3)
        space.add(penalty, alpha)
        space.add(EqualsCondition(alpha, penalty, "ricci"))
        return space

    def start(self, configuration: Configuration, seed: int, device: str) -> RicciTraining:
        """An untrained network.

        Raises:
            HpobenchError: a GPU is asked for where there is none.
        """
        penalty = None
        if configuration["penalty"] == "ricci":
            points = point_set(self._quintic, self._train, SEED, "train")
            penalty = partial(curvature_penalty, points, float(configuration["alpha_ricci"]))
        training = self._sigma.train(configuration, seed, device, penalty)
        return RicciTraining(training, point_set(self._quintic, self._curvature, SEED, "test"), device)
