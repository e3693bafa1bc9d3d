"""One network being trained on MNIST.

The loss is that on held-out training images; the test images are for final reports only
(:meth:`CnnTraining.test_accuracy`). The first ``train`` images of the 60,000 are trained on, and the held-out ones
start at image 50,000.

A training that diverges, that is, whose training loss or validation cross-entropy stops being finite, reports a NaN
loss, which the engine records as a failure with its reason. The error rate of NaN logits (about 0.9) would pass for a
result.

Repeatable: initialisation and order of the images come from one generator seeded with the training's seed, drawn on
the CPU for every device; what is dropped out, from the seed, the layer and the step alone, so that no other draw, nor
a network that is trained beside this one, changes it. One thread on a CPU, deterministic cuDNN algorithms without TF32
on a GPU. A rerun on the same machine is bit-identical, and nothing is drawn at a report, so two steps give what one
gives.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import isfinite, nan
from time import perf_counter

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Tensor

from hpobench_suites.mnist_cnn.architecture import Architecture
from hpobench_suites.mnist_cnn.data import resident, standardised
from hpobench_suites.mnist_cnn.network import initial, logits
from hpobench_suites.mnist_cnn.recipe import Recipe
from hpobench_suites.mnist_cnn.steps import FAMILIES, Scalars, fresh
from hpobench_suites.noise import splitmix64
from hpobench_tui.core import Configuration, HpobenchError, Report

ERROR, CROSS_ENTROPY = "error", "cross_entropy"
FLOAT32, TF32, BF16 = "float32", "tf32", "bf16"
EPOCHS = 9
"""Of a full training; learning-rate schedules end there."""
EVALUATION_BATCH = 250
"""Small enough for the activations to stay in the cache: three times as fast as 1,000 on a CPU."""
GPU_EVALUATION_BATCH = 2_500
"""A GPU waits for launches alone."""
HELD_OUT_FROM, IMAGES, TEST_IMAGES = 50_000, 60_000, 10_000


class CnnTraining:
    """One network being trained. All that it is, is in its attributes: who trains several together sets them.

    Attributes:
        parameters: Weights and biases (``network.initial``), leaves that require gradients.
        moments: What the optimizer keeps beside each of them (``steps.fresh``).
        generator: Of the order of the images; at the beginning of the next epoch.
        steps, epochs: Taken so far.
        train_loss: Mean cross-entropy over the last epoch, without penalties; NaN before the first.
        seconds: Spent on training, of this process's time; of networks trained together each has its share.
    """

    def __init__(
        self,
        configuration: Configuration,
        seed: int,
        device: str,
        train: int,
        validation: int,
        loss: str = ERROR,
        precision: str = FLOAT32,
    ) -> None:
        self.seed, self.device, self.loss, self.precision = seed, device, loss, precision
        self.architecture, self.recipe = Architecture.of(configuration), Recipe.of(configuration)
        self.generator = torch.Generator().manual_seed(seed)
        self.parameters = [p.to(device).requires_grad_() for p in initial(self.architecture, self.generator)]
        self.family = FAMILIES[self.recipe.optimizer]
        self.moments = fresh(self.family, self.parameters)
        self.train_images = resident("train", 0, train, device)
        self.validation = resident("train", HELD_OUT_FROM, HELD_OUT_FROM + validation, device) if validation else None
        self.steps = self.epochs = 0
        self.train_loss = nan
        self.seconds = 0.0

    @property
    def parameter_count(self) -> int:
        """How many numbers are trained."""
        return self.architecture.parameters

    @property
    def dtype(self) -> torch.dtype:
        return self.parameters[0].dtype

    @property
    def diverged(self) -> bool:
        return self.epochs > 0 and not isfinite(self.train_loss)

    def advance(self, to_fidelity: int) -> Report:
        """Train on to ``to_fidelity`` epochs and validate.

        Raises:
            HpobenchError: the problem was made without validation images.
        """
        if self.validation is None:
            raise HpobenchError("MNIST: no validation images; use train() and test_accuracy() for a final training.")
        self.train(to_fidelity)
        return self.report()

    def report(self) -> Report:
        """What there is to say of the training as it stands."""
        assert self.validation is not None
        metrics = {"parameters": float(self.parameter_count)}
        if self.seconds > 0.0:
            images = self.epochs * len(self.train_images[1])
            metrics |= {"train_seconds": self.seconds, "images_per_second": images / self.seconds}
        if self.diverged:
            return Report(nan, metrics)
        error, cross_entropy = self.evaluate(*self.validation)
        if not isfinite(cross_entropy):
            return Report(nan, metrics)
        metrics |= {"error": error, "cross_entropy": cross_entropy, "train_loss": self.train_loss}
        return Report(error if self.loss == ERROR else cross_entropy, metrics)

    def train(self, to_epoch: int) -> None:
        """Train on to ``to_epoch`` epochs in all; a diverged training stays where it is, as NaN never turns back."""
        while self.epochs < to_epoch and not self.diverged:
            started = perf_counter()
            self.train_loss = self._epoch()
            self.epochs += 1
            self.seconds += perf_counter() - started

    def test_accuracy(self) -> float:
        """The share of the 10,000 test images that are classified rightly. For final reports, never for tuning."""
        return 1.0 - self.evaluate(*resident("test", 0, TEST_IMAGES, self.device))[0]

    def order(self) -> Tensor:
        """The order of the images in the next epoch, on the CPU; drawn once an epoch."""
        return torch.randperm(len(self.train_images[1]), generator=self.generator)

    def scalars(self, ahead: int = 0) -> Scalars:
        """Those of the next step, or of one further ahead."""
        batches = -(-len(self.train_images[1]) // self.recipe.batch_size)
        done = self.steps + ahead
        return self.family.scalars(done + 1, self.recipe.rate(done / (batches * EPOCHS)), self.recipe.momentum)

    def kept(self, layer: int, shape: torch.Size, step: int) -> Tensor:
        """What dropout multiplies by in a step, on the CPU: 0, or 1 / (1 - rate)."""
        generator = torch.Generator().manual_seed(splitmix64(splitmix64(self.seed, layer), step) >> 1)
        share = 1.0 - self.recipe.dropout
        mask = torch.empty(shape, dtype=self.dtype)
        return mask.bernoulli_(share, generator=generator).div_(share)

    def _epoch(self) -> float:
        """One pass over the training images in a new order; the mean training loss."""
        images, labels = self.train_images
        recipe = self.recipe
        order = self.order().to(self.device)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        with exactly(self.precision):
            for rows in order.split(recipe.batch_size):
                x = standardised(images[rows], self.dtype)
                with in_precision(self.precision, self.device):
                    output = logits(self.parameters, self.architecture, x, self._drop if recipe.dropout else None)
                    loss = F.cross_entropy(output, labels[rows])
                gradients = torch.autograd.grad(loss, self.parameters)
                with torch.no_grad():
                    self._step(gradients)
                total += loss.detach() * len(rows)  # read once an epoch: a GPU would have to wait for each read
        return float(total) / len(labels)

    def _step(self, gradients: tuple[Tensor, ...]) -> None:
        recipe = self.recipe
        by = self.scalars()
        self.steps += 1
        for i, (parameter, gradient, moments) in enumerate(zip(self.parameters, gradients, self.moments, strict=True)):
            if i % 2 == 0:  # weights; biases bear no penalty
                if recipe.l1:
                    gradient = gradient.add(parameter.sign(), alpha=recipe.l1)
                if recipe.l2:
                    gradient = gradient.add(parameter, alpha=2.0 * recipe.l2)
            self.family.step(parameter, gradient, moments, by)

    def _drop(self, layer: int, x: Tensor) -> Tensor:
        return x * self.kept(layer, x.shape, self.steps).to(x.device)

    def evaluate(self, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Error rate and mean cross-entropy."""
        wrong = torch.zeros((), dtype=torch.int64, device=self.device)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        batch = EVALUATION_BATCH if self.device == "cpu" else GPU_EVALUATION_BATCH
        with torch.inference_mode(), exactly(self.precision), in_precision(self.precision, self.device):
            for x, y in zip(images.split(batch), labels.split(batch), strict=True):
                output = logits(self.parameters, self.architecture, standardised(x, self.dtype))
                wrong += (output.argmax(1) != y).sum()
                total += F.cross_entropy(output, y, reduction="sum")
        return int(wrong) / len(labels), float(total) / len(labels)


class SubsetTraining:
    """A network whose fidelity is the number of images: fully trained on the first of them, each time afresh."""

    def __init__(
        self, configuration: Configuration, seed: int, device: str, validation: int, loss: str, precision: str
    ) -> None:
        self._arguments = configuration, seed, device
        self._of = validation, loss, precision

    def training(self, images: int) -> CnnTraining:
        """An untrained network for so many images."""
        return CnnTraining(*self._arguments, images, *self._of)

    def advance(self, to_fidelity: int) -> Report:
        """The report of a training of ``EPOCHS`` epochs on the first ``to_fidelity`` images."""
        return self.training(to_fidelity).advance(EPOCHS)


@contextmanager
def exactly(precision: str = FLOAT32) -> Iterator[None]:
    """Deterministic algorithms and, unless TF32 is the objective, whole float32 on a GPU, whatever others have set."""
    coarse, products = precision == TF32, torch.backends.cuda.matmul
    before, products.allow_tf32 = products.allow_tf32, coarse
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=coarse):
            yield
    finally:
        products.allow_tf32 = before


def in_precision(precision: str, device: str) -> AbstractContextManager[object]:
    """Where bfloat16 is the objective, convolutions and matrix products are in it (PyTorch's autocast)."""
    if precision != BF16:
        return nullcontext()
    autocast: AbstractContextManager[object] = torch.autocast(device.partition(":")[0], dtype=torch.bfloat16)
    return autocast
