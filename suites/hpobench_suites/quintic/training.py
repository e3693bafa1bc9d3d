"""Training one network on the points of a quintic: one object a trial, resumable epoch by epoch.

**Repeatable.** Initialisation and order of the points come from one generator seeded with the training's seed, drawn on
the CPU for every device; nothing is drawn at a report. Schedules run over the *maximum* number of epochs, however
far a training is asked to go: a training that is paused and continued is bit for bit the one that is not, and a
report at a low fidelity is that of a long training broken off, not of a short one.

**L-BFGS** can take the last epochs of the maximum: each is then one step of it, with strong Wolfe line search, on all
points at once, and costs up to five epochs. The other schedule ends before.

**Precision.** float32 training, float64 measures on points that are never trained on.

**Divergence.** A training raises :class:`DivergedError`, which makes it a failed trial, when its loss or what it learnt
stops being finite. A g that is not positive definite is no metric, and yet its determinant may solve the equation; so a
test point with such a g counts as at least a whole miss, as det g = 0 would: the loss is σ with |1 − r Vol_CY/Vol_K|
raised to 1 there. For a metric that is σ itself. Reported are both the share of such points, ``indefinite``, and plain
``sigma``.

**Other ansätze than φ** are neither Kähler nor one tensor on all of X by construction, which σ does not see: g_FS times
a function solves the equation and is no solution. So their loss has the mean penalties on the test points added, with
weight 1 whatever the α's of the training are; for every metric from a potential on X these are 0.
"""

from collections.abc import Callable, Mapping
from math import isfinite, nan
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hpobench_suites.quintic.data import Points
from hpobench_suites.quintic.losses import monge_ampere
from hpobench_suites.quintic.measures import sigma
from hpobench_suites.quintic.network.ansatz import ANSAETZE, OUTPUTS, Metric
from hpobench_suites.quintic.network.metric import determinants, indefinite
from hpobench_suites.quintic.network.model import LearntMetric
from hpobench_suites.quintic.network.perceptron import Perceptron
from hpobench_suites.quintic.network.schedules import SCHEDULES
from hpobench_tui.core import Configuration, Report, TrainingError

EVALUATION_BATCH = 250
"""Small enough for the activations to stay in the cache."""
LBFGS_BATCH, LBFGS_EVALUATIONS = 500, 5
MOMENTUM = 0.9
PENALTY_EVERY = 20
ALPHAS = {"transition": "alpha_transition", "kaehler": "alpha_kaehler"}


Penalty: TypeAlias = Callable[[LearntMetric, Tensor], Tensor]
"""A loss from the metric, differentiable in its parameters, and the rows of the batch."""


class DivergedError(TrainingError):
    """The training, or what it led to, is not finite."""


class Evaluation(NamedTuple):
    """On the test points: det g (n,), where g is not positive definite (n,), and mean penalties by name."""

    determinant: NDArray[np.float64]
    indefinite: NDArray[np.bool_]
    penalties: dict[str, float]


class MetricTraining:
    """One network being trained.

    Attributes:
        network: Its shape.
        epochs: How far it is.
    """

    def __init__(
        self,
        configuration: Configuration,
        seed: int,
        device: str,
        train: Points,
        test: Points,
        maximum: int,
        ansatz: str = "phi",
        lbfgs: int = 0,
        penalty: Penalty | None = None,
    ) -> None:
        """An untrained network.

        Args:
            maximum: The epochs that the training may have; the schedule runs over all but the last ``lbfgs``.
            penalty: A costly loss that is added for every ``PENALTY_EVERY``-th batch.
        """
        self._penalty = penalty
        self.ansatz = ansatz
        self._configuration, self._device = configuration, device
        self._train, self._test = train, test
        self._scheduled = maximum - lbfgs
        self._generator = torch.Generator().manual_seed(seed)
        self.network = Perceptron(
            inputs=train.jet.shape[2],
            width=int(configuration["width"]),
            depth=int(configuration["depth"]),
            activation=str(configuration["activation"]),
            outputs=OUTPUTS[ansatz],
        )
        initial = self.network.initial(float(configuration["initial_scale"]), self._generator)
        self.parameters = initial.to(device).requires_grad_()
        self._alphas = {name: float(configuration[key]) for name, key in ALPHAS.items() if key in configuration}
        self._batch, self._loss = int(configuration["batch_size"]), str(configuration["loss"])
        self._schedule, self._rate = SCHEDULES[str(configuration["schedule"])], float(configuration["learning_rate"])
        self._optimizer = optimizer(configuration, self.parameters)
        self._lbfgs = torch.optim.LBFGS(
            [self.parameters], max_iter=LBFGS_EVALUATIONS, max_eval=LBFGS_EVALUATIONS, line_search_fn="strong_wolfe"
        )
        self.epochs, self._train_loss = 0, nan

    def advance(self, to_fidelity: int) -> Report:
        """Train on to ``to_fidelity`` epochs in all, and measure σ.

        Raises:
            DivergedError: see above.
        """
        self.train(to_fidelity)
        return self.report()

    def train(self, to_epoch: int) -> None:
        """Train on to ``to_epoch`` epochs in all.

        Raises:
            DivergedError: the loss is not finite.
        """
        while self.epochs < to_epoch:
            if self.epochs == 0 or isfinite(self._train_loss):
                self._train_loss = self._epoch() if self.epochs < self._scheduled else self._lbfgs_epoch()
            if not isfinite(self._train_loss):
                raise DivergedError(f"the training loss is {self._train_loss} in epoch {self.epochs + 1}.")
            self.epochs += 1

    def report(self) -> Report:
        """σ on the test points, and the cheap metrics.

        Raises:
            DivergedError: it is not finite.
        """
        found = self.evaluate()
        weights = self._test.weight.cpu().numpy()
        ratio = found.determinant * self._test.density.cpu().numpy()  # σ sees no constant factor
        volume = float((weights * ratio).mean() / weights.mean())
        deviation = np.abs(1.0 - ratio / volume)
        score = np.where(found.indefinite, np.maximum(deviation, 1.0), deviation)
        loss = float((weights * score).mean() / weights.mean()) + self.violation(found.penalties)
        if not isfinite(loss):
            raise DivergedError(f"det g is not finite on the test points after {self.epochs} epochs.")
        metrics = {
            "sigma": sigma(weights, ratio).value,
            "train_loss": self._train_loss,
            "relative_volume": volume,
            "indefinite": float(found.indefinite.mean()),
            "parameters": float(self.network.parameter_count),
            **found.penalties,
        }
        return Report(loss, metrics)

    def violation(self, penalties: Mapping[str, float]) -> float:
        """What an ansatz that is no potential adds to the loss."""
        return 0.0 if self.ansatz == "phi" else sum(penalties.values())

    def evaluate(self) -> Evaluation:
        """The metric on the test points, in float64."""
        parameters, n = self.parameters.detach().double(), len(self._test)
        parts, bad = [], []
        sums: dict[str, Tensor] = {}
        with torch.no_grad():
            for rows in torch.arange(n, device=self._device).split(EVALUATION_BATCH):
                metric = self._metric(parameters, self._test.take(rows))
                parts.append(determinants(metric.packed))
                bad.append(indefinite(metric.packed, parts[-1]))
                for name, value in metric.penalties.items():
                    sums[name] = sums.get(name, torch.zeros_like(value)) + value * len(rows)
        penalties = {name: float(total) / n for name, total in sums.items()}
        return Evaluation(torch.cat(parts).cpu().numpy(), torch.cat(bad).cpu().numpy(), penalties)

    def learnt(self) -> LearntMetric:
        """What was learnt so far, in float64."""
        return self._learnt(self.parameters.detach().clone())

    def _learnt(self, parameters: Tensor) -> LearntMetric:
        kind = str(self._configuration.get("features", "patch"))
        return LearntMetric(self.network, parameters.double(), self.ansatz, kind)

    def _metric(self, parameters: Tensor, points: Points) -> Metric:
        return ANSAETZE[self.ansatz](self.network, parameters, points)

    def _epoch(self) -> float:
        """One pass over the training points in a new order; the mean loss."""
        n = len(self._train)
        order = torch.randperm(n, generator=self._generator).to(self._device)
        batches = order.split(self._batch)
        total = torch.zeros((), dtype=torch.float32, device=self._device)
        for number, rows in enumerate(batches):
            done = (self.epochs + number / len(batches)) / self._scheduled
            self._optimizer.param_groups[0]["lr"] = self._rate * self._schedule(done)
            loss = self._objective(self._train.take(rows))
            if self._penalty is not None and number % PENALTY_EVERY == 0:
                loss = loss + self._penalty(self._learnt(self.parameters), rows)
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

    def _lbfgs_epoch(self) -> float:
        """One step of L-BFGS on all training points, of at most ``LBFGS_EVALUATIONS`` evaluations; the loss before."""
        n = len(self._train)
        batches = torch.arange(n, device=self._device).split(LBFGS_BATCH)

        def closure() -> Tensor:
            self._lbfgs.zero_grad()
            total = torch.zeros((), dtype=torch.float32, device=self._device)
            for rows in batches:
                loss = self._objective(self._train.take(rows)) * (len(rows) / n)
                loss.backward()
                total += loss.detach()
            return total

        return float(self._lbfgs.step(closure))


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

    def __init__(self, train: Points, unit: int, start: Callable[[Points], MetricTraining], epochs: int) -> None:
        self._train, self._unit, self._start, self._epochs = train, unit, start, epochs

    def advance(self, to_fidelity: int) -> Report:
        """Train afresh on ``to_fidelity`` units of points.

        Raises:
            DivergedError: as of :class:`MetricTraining`.
        """
        return self._start(self._train.first(to_fidelity * self._unit)).advance(self._epochs)
