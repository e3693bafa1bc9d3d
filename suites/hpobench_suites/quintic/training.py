"""Training one network on the points of a quintic: one object a trial, resumable epoch by epoch.

**Repeatable.** Initialisation and order of the points come from one generator seeded with the training's seed, drawn on
the CPU for every device; nothing is drawn at a report. Schedules run over the *maximum* number of epochs, however
far a training is asked to go: a training that is paused and continued is bit for bit the one that is not, and a
report at a low fidelity is that of a long training broken off, not of a short one.

**Precision.** float32 training, float64 measures on points that are never trained on.

**Divergence.** A training raises :class:`Diverged`, which makes it a failed trial, when its loss stops being finite, or
when what it learnt is no metric: σ is not finite, the volume is not positive, or det g and all principal minors are
positive at fewer than half of the test points. Fewer indefinite points than that are reported as the metric
``indefinite`` and cost what they cost in σ: a bad σ is a bad score, not a failure.
"""

from math import isfinite, nan
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hpobench_suites.quintic.data import Points
from hpobench_suites.quintic.losses import monge_ampere
from hpobench_suites.quintic.measures import sigma
from hpobench_suites.quintic.network.ansatz import Metric, phi
from hpobench_suites.quintic.network.metric import determinants, indefinite
from hpobench_suites.quintic.network.perceptron import Perceptron
from hpobench_suites.quintic.network.schedules import SCHEDULES
from hpobench_tui.core import Configuration, Report

EVALUATION_BATCH = 250
"""Small enough for the activations to stay in the cache."""
MOMENTUM = 0.9
MOST_INDEFINITE = 0.5
ALPHAS = {"transition": "alpha_transition", "kaehler": "alpha_kaehler"}


class Diverged(ArithmeticError):
    """The training, or the metric that it led to, is of no use."""


class Evaluation(NamedTuple):
    """On the test points: det g (n,), the share that is not positive definite, mean penalties by name."""

    determinant: NDArray[np.float64]
    indefinite: float
    penalties: dict[str, float]


class MetricTraining:
    """One network being trained.

    Attributes:
        network: Its shape.
        epochs: How far it is.
    """

    def __init__(
        self, configuration: Configuration, seed: int, device: str, train: Points, test: Points, maximum: int
    ) -> None:
        """``maximum``: the epochs that the schedule runs over."""
        self._configuration, self._device = configuration, device
        self._train, self._test, self._maximum = train, test, maximum
        self._generator = torch.Generator().manual_seed(seed)
        self.network = Perceptron(
            inputs=train.jet.shape[2],
            width=int(configuration["width"]),
            depth=int(configuration["depth"]),
            activation=str(configuration["activation"]),
        )
        initial = self.network.initial(float(configuration["initial_scale"]), self._generator)
        self.parameters = initial.to(device).requires_grad_()
        self._alphas = {name: float(configuration[key]) for name, key in ALPHAS.items() if key in configuration}
        self._batch, self._loss = int(configuration["batch_size"]), str(configuration["loss"])
        self._schedule, self._rate = SCHEDULES[str(configuration["schedule"])], float(configuration["learning_rate"])
        self._optimizer = optimizer(configuration, self.parameters)
        self.epochs, self._train_loss = 0, nan

    def advance(self, to_fidelity: int) -> Report:
        """Train on to ``to_fidelity`` epochs in all, and measure σ.

        Raises:
            Diverged: see above.
        """
        self.train(to_fidelity)
        return self.report()

    def train(self, to_epoch: int) -> None:
        """Train on to ``to_epoch`` epochs in all.

        Raises:
            Diverged: the loss is not finite.
        """
        while self.epochs < to_epoch:
            if self.epochs == 0 or isfinite(self._train_loss):
                self._train_loss = self._epoch()
            if not isfinite(self._train_loss):
                raise Diverged(f"the training loss is {self._train_loss} in epoch {self.epochs + 1}.")
            self.epochs += 1

    def report(self) -> Report:
        """σ on the test points, and the cheap metrics.

        Raises:
            Diverged: what was learnt is no metric.
        """
        found = self.evaluate()
        density = self._test.density.cpu().numpy()
        weights = self._test.weight.cpu().numpy()
        ratio = found.determinant * density  # r/κ: σ does not see constant factors, the volume is relative to its class
        volume = float((weights * ratio).mean() / weights.mean())
        if not isfinite(volume):
            raise Diverged(f"det g is not finite on the test points after {self.epochs} epochs.")
        if found.indefinite > MOST_INDEFINITE or volume <= 0.0:
            raise Diverged(
                f"no metric after {self.epochs} epochs: not positive definite at {found.indefinite:.0%} of the test "
                f"points, relative volume {volume:.3g}."
            )
        metrics = {
            "train_loss": self._train_loss,
            "relative_volume": volume,
            "indefinite": found.indefinite,
            "parameters": float(self.network.parameter_count),
            **found.penalties,
        }
        return Report(sigma(weights, ratio).value, metrics)

    def evaluate(self) -> Evaluation:
        """The metric on the test points, in float64."""
        parameters, n = self.parameters.detach().double(), len(self._test)
        parts, bad = [], torch.zeros((), dtype=torch.int64, device=self._device)
        sums: dict[str, Tensor] = {}
        with torch.no_grad():
            for rows in torch.arange(n, device=self._device).split(EVALUATION_BATCH):
                metric = self._metric(parameters, self._test.take(rows))
                parts.append(determinants(metric.packed))
                bad += indefinite(metric.packed, parts[-1])
                for name, value in metric.penalties.items():
                    sums[name] = sums.get(name, torch.zeros_like(value)) + value * len(rows)
        penalties = {name: float(total) / n for name, total in sums.items()}
        return Evaluation(torch.cat(parts).cpu().numpy(), int(bad) / n, penalties)

    def _metric(self, parameters: Tensor, points: Points) -> Metric:
        return phi(self.network, parameters, points)

    def _epoch(self) -> float:
        """One pass over the training points in a new order; the mean loss."""
        n = len(self._train)
        order = torch.randperm(n, generator=self._generator).to(self._device)
        batches = order.split(self._batch)
        total = torch.zeros((), device=self._device)
        for number, rows in enumerate(batches):
            done = (self.epochs + number / len(batches)) / self._maximum
            self._optimizer.param_groups[0]["lr"] = self._rate * self._schedule(done)
            loss = self._objective(self._train.take(rows))
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            total += loss.detach() * len(rows)  # read once an epoch: a GPU would have to wait for each read
        return float(total) / n

    def _objective(self, points: Points) -> Tensor:
        metric = self._metric(self.parameters, points)
        loss = monge_ampere(determinants(metric.packed), points.density, points.weight, self._loss)
        for name, penalty in metric.penalties.items():
            loss = loss + self._alphas[name] * penalty
        return loss


def optimizer(configuration: Configuration, parameters: Tensor) -> torch.optim.Optimizer:
    """The optimizer of a configuration, as one fused kernel a step."""
    rate = float(configuration["learning_rate"])
    match configuration["optimizer"]:
        case "sgd":
            return torch.optim.SGD([parameters], lr=rate, momentum=MOMENTUM, fused=True)
        case "adamw":
            decay = float(configuration["weight_decay"])
            return torch.optim.AdamW([parameters], lr=rate, weight_decay=decay, fused=True)
        case _:
            return torch.optim.Adam([parameters], lr=rate, fused=True)


class SubsetTraining:
    """Fidelity "points": all epochs on the first so many points. Not resumable: more points are another training."""

    def __init__(
        self, configuration: Configuration, seed: int, device: str, train: Points, test: Points, epochs: int, unit: int
    ) -> None:
        self._arguments = configuration, seed, device
        self._train, self._test, self._epochs, self._unit = train, test, epochs, unit

    def advance(self, to_fidelity: int) -> Report:
        """Train afresh on ``to_fidelity`` units of points.

        Raises:
            Diverged: as of :class:`MetricTraining`.
        """
        points = self._train.first(to_fidelity * self._unit)
        return MetricTraining(*self._arguments, points, self._test, self._epochs).advance(self._epochs)
