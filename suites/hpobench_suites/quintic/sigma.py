"""Tuning networks that learn the Calabi-Yau metric: the problems ``quintic/sigma-small`` and ``quintic/sigma``.

The loss is σ (eq. 7 of the lecture) on test points: how far the volume form of the learnt metric is from |Ω|², in the
mean. Of metrics from a potential on X it is 0 for the Ricci-flat one alone; Fubini-Study's, an untrained network, has
0.373. It does not see whether g is Kähler, nor whether it agrees with itself where patches meet. Where the ansatz
leaves that to penalties, their means over the test points are in the loss, too (``training``); where the features do
(``patch``, with φ), the mean is reported beside it.
"""

from functools import partial

import torch
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from hpobench_suites.quintic.data import Points, resident
from hpobench_suites.quintic.descriptions import POINTS_UNIT
from hpobench_suites.quintic.geometry.cache import Part
from hpobench_suites.quintic.network.activations import ACTIVATIONS
from hpobench_suites.quintic.network.model import LearntMetric
from hpobench_suites.quintic.network.schedules import SCHEDULES
from hpobench_suites.quintic.training import MetricTraining, Penalty, SubsetTraining
from hpobench_tui.core import Configuration, HpobenchError


class Sigma:
    """Learning the metric from ``train`` points for at most ``epochs`` epochs, measured on ``test`` others."""

    def __init__(
        self,
        train: int,
        test: int,
        epochs: int,
        psi: float = 0.0,
        fidelity: str = "epochs",
        ansatz: str = "phi",
        lbfgs: int = 0,
    ) -> None:
        self._train, self._test, self._epochs = train, test, epochs
        self._psi, self._fidelity, self._ansatz, self._lbfgs = psi, fidelity, ansatz, lbfgs

    def space(self) -> ConfigurationSpace:
        """Training, network and features. The default trains well."""
        optimizer = Categorical("optimizer", ["adam", "adamw", "sgd"], default="adam")
        decay = Float("weight_decay", (1e-6, 1e-1), log=True, default=1e-3)
        transition = Float("alpha_transition", (1e-2, 1e1), log=True, default=1.0)
        space = ConfigurationSpace()
        space.add(
            Float("learning_rate", (3e-4, 0.3), log=True, default=1e-2),
            optimizer,
            decay,
            Categorical("schedule", list(SCHEDULES), default="one-cycle"),
            Categorical("loss", ["l1", "l2"], default="l1"),
            Integer("batch_size", (64, 1024), log=True, default=256),
            Integer("width", (16, 128), log=True, default=64),
            Integer("depth", (1, 4), default=3),
            Categorical("activation", list(ACTIVATIONS), default="gelu"),
            Float("initial_scale", (0.2, 1.5), log=True, default=1.0),
            transition,
        )
        space.add(EqualsCondition(decay, optimizer, "adamw"))
        if self._ansatz == "phi":
            features = Categorical("features", ["invariant", "patch"], default="invariant")
            space.add(features)
            space.add(EqualsCondition(transition, features, "patch"))
        else:
            space.add(Float("alpha_kaehler", (1e-2, 1e1), log=True, default=1.0))
        return space

    def start(self, configuration: Configuration, seed: int, device: str) -> MetricTraining | SubsetTraining:
        """An untrained network on ``device`` ("cpu", "cuda", "cuda:1", ...). On the CPU, PyTorch is set to one thread.

        Raises:
            HpobenchError: a GPU is asked for where there is none.
        """
        if self._fidelity == "points":
            train = self._points("train", self._train, configuration, device)
            return SubsetTraining(train, POINTS_UNIT, partial(self._on, configuration, seed, device), self._epochs)
        return self.train(configuration, seed, device)

    def train(
        self, configuration: Configuration, seed: int, device: str, penalty: Penalty | None = None
    ) -> MetricTraining:
        """The same, with epochs as fidelity, and with a penalty where there is one."""
        train = self._points("train", self._train, configuration, device)
        return self._on(configuration, seed, device, train, penalty)

    def _on(
        self, configuration: Configuration, seed: int, device: str, train: Points, penalty: Penalty | None = None
    ) -> MetricTraining:
        test = self._points("test", self._test, configuration, device)
        return MetricTraining(
            configuration, seed, device, train, test, self._epochs, self._ansatz, self._lbfgs, penalty
        )

    def _points(self, part: Part, n: int, configuration: Configuration, device: str) -> Points:
        if device == "cpu":
            torch.set_num_threads(1)
        elif not torch.cuda.is_available():
            raise HpobenchError(
                f"quintic: device {device!r} needs a CUDA GPU, and PyTorch sees none. Use the device 'cpu'."
            )
        return resident(self._psi, part, n, str(configuration.get("features", "patch")), self._ansatz, device)


def learn(
    configuration: Configuration,
    seed: int,
    points: int,
    epochs: int,
    psi: float = 0.0,
    ansatz: str = "phi",
    device: str = "cpu",
) -> LearntMetric:
    """The metric that a configuration learns from so many points in so many epochs.

    Raises:
        HpobenchError: the number of points is no positive multiple of 5, or psi is not valid, or there is no GPU.
        DivergedError: the training loss is not finite.
    """
    training = Sigma(points, 1_000, epochs, psi, ansatz=ansatz).train(configuration, seed, device)
    training.train(epochs)
    return training.learnt()
