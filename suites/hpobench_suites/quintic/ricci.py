"""The problem ``quintic/ricci``: how much curvature is left in a metric that was trained to have none.

The configuration space and the trainings are those of ``quintic/sigma-small``; the loss is ‖R‖ (eq. 8 of the lecture,
Vol_K = 5) of what was learnt, on a few hundred test points. It takes two more derivatives than σ, so that a metric
with a good σ can be a rough one. At points where g is not positive definite |det g| is taken for the volume.
"""

from math import isfinite

import numpy as np
from ConfigSpace import ConfigurationSpace

from hpobench_suites.quintic.curvature import ricci_scalars
from hpobench_suites.quintic.data import SEED
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic, determinant
from hpobench_suites.quintic.measures import literature_ricci_measure, ricci_measure
from hpobench_suites.quintic.sigma import Sigma
from hpobench_suites.quintic.training import DivergedError, MetricTraining
from hpobench_tui.core import Configuration, Report


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
        self._quintic, self._curvature = Quintic(psi), curvature

    def space(self) -> ConfigurationSpace:
        """That of ``quintic/sigma-small``."""
        return self._sigma.space()

    def start(self, configuration: Configuration, seed: int, device: str) -> RicciTraining:
        """An untrained network.

        Raises:
            HpobenchError: a GPU is asked for where there is none.
        """
        training = self._sigma.train(configuration, seed, device)
        return RicciTraining(training, point_set(self._quintic, self._curvature, SEED, "test"), device)
