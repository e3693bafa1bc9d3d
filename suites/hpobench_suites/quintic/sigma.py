"""Tuning networks that learn the Calabi-Yau metric: the problems ``quintic/sigma-small`` and ``quintic/sigma``.

The loss is σ (eq. 7 of the lecture) on test points: how far the volume form of the learnt metric is from |Ω|², in the
mean. It is 0 for the Ricci-flat metric alone; Fubini-Study's metric, an untrained network, has 0.373.
"""

import torch
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from hpobench_suites.quintic.data import resident
from hpobench_suites.quintic.descriptions import POINTS_UNIT
from hpobench_suites.quintic.network.activations import ACTIVATIONS
from hpobench_suites.quintic.network.schedules import SCHEDULES
from hpobench_suites.quintic.training import MetricTraining, SubsetTraining
from hpobench_tui.core import Configuration, HpobenchError


class Sigma:
    """Learning the metric from ``train`` points for at most ``epochs`` epochs, measured on ``test`` others."""

    def __init__(self, train: int, test: int, epochs: int, psi: float, fidelity: str) -> None:
        self._train, self._test, self._epochs = train, test, epochs
        self._psi, self._fidelity = psi, fidelity

    def space(self) -> ConfigurationSpace:
        """Training, network and features. The default trains well."""
        optimizer = Categorical("optimizer", ["adam", "adamw", "sgd"], default="adam")
        features = Categorical("features", ["invariant", "patch"], default="invariant")
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
            features,
            transition,
        )
        space.add(EqualsCondition(decay, optimizer, "adamw"), EqualsCondition(transition, features, "patch"))
        return space

    def start(self, configuration: Configuration, seed: int, device: str) -> MetricTraining | SubsetTraining:
        """An untrained network on ``device`` ("cpu", "cuda", "cuda:1", ...). On the CPU, PyTorch is set to one thread.

        Raises:
            HpobenchError: a GPU is asked for where there is none.
        """
        if device == "cpu":
            torch.set_num_threads(1)
        elif not torch.cuda.is_available():
            raise HpobenchError(
                f"quintic: device {device!r} needs a CUDA GPU, and PyTorch sees none. Use the device 'cpu'."
            )
        kind = str(configuration["features"])
        train = resident(self._psi, "train", self._train, kind, device)
        test = resident(self._psi, "test", self._test, kind, device)
        if self._fidelity == "points":
            return SubsetTraining(configuration, seed, device, train, test, self._epochs, POINTS_UNIT)
        return MetricTraining(configuration, seed, device, train, test, self._epochs)
