"""Tuning the lecture's network on MNIST: activation, depth and learning rate; Adam, batches of 128.

The loss is the error rate on held-out training images; the test images are for final reports only
(:meth:`CnnTraining.test_accuracy`). The first ``train`` images of the 60,000 are trained on, and the held-out ones
start at image 50,000.

A training that diverges, that is, whose training loss or validation cross-entropy stops being finite, reports a NaN
loss, which the engine records as a failure with its reason. The error rate of NaN logits (about 0.9) would pass for a
result.

Repeatable: initialisation and shuffling come from one generator seeded with the training's seed, drawn on the CPU for
every device; one thread on a CPU, deterministic cuDNN algorithms without TF32 on a GPU. A rerun on the same machine is
bit-identical, and nothing is drawn at a report, so two steps give what one gives.
"""

from math import isfinite, nan

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

from hpobench_suites.mnist_cnn.data import resident
from hpobench_suites.mnist_cnn.network import ACTIVATIONS, initial, logits
from hpobench_tui.core import Configuration, HpobenchError, Report

BATCH = 128
EVALUATION_BATCH = 250
"""Small enough for the activations to stay in the cache: three times as fast as 1,000 on a CPU."""
HELD_OUT_FROM, IMAGES, TEST_IMAGES = 50_000, 60_000, 10_000


class CnnTraining:
    """One network being trained.

    Attributes:
        parameter_count: How many numbers are trained.
    """

    def __init__(self, configuration: Configuration, seed: int, device: str, train: int, validation: int) -> None:
        self._device = device
        self._generator = torch.Generator().manual_seed(seed)
        self._activation = ACTIVATIONS[str(configuration["activation"])]
        self._parameters = [
            p.to(device).requires_grad_() for p in initial(int(configuration["depth"]), self._generator)
        ]
        self.parameter_count = sum(p.numel() for p in self._parameters)
        # The fused step is one kernel where the default is dozens, and on a GPU this network waits for launches alone.
        self._adam = torch.optim.Adam(
            self._parameters, lr=float(configuration["learning_rate"]), fused=device.startswith("cuda")
        )
        self._train = resident("train", 0, train, device)
        self._validation = resident("train", HELD_OUT_FROM, HELD_OUT_FROM + validation, device) if validation else None
        self._epochs, self._train_loss = 0, nan

    def advance(self, to_fidelity: int) -> Report:
        """Train on to ``to_fidelity`` epochs and validate.

        Raises:
            HpobenchError: the problem was made without validation images.
        """
        if self._validation is None:
            raise HpobenchError("MNIST: no validation images; use train() and test_accuracy() for a final training.")
        self.train(to_fidelity)
        metrics = {"parameters": float(self.parameter_count)}
        if not isfinite(self._train_loss):
            return Report(nan, metrics)
        error, cross_entropy = self._evaluate(*self._validation)
        if not isfinite(cross_entropy):
            return Report(nan, metrics)
        metrics |= {"cross_entropy": cross_entropy, "train_loss": self._train_loss}
        return Report(error, metrics)

    def train(self, to_epoch: int) -> None:
        """Train on to ``to_epoch`` epochs in all; a diverged training stays where it is, as NaN never turns back."""
        while self._epochs < to_epoch and (self._epochs == 0 or isfinite(self._train_loss)):
            self._train_loss = self._epoch()
            self._epochs += 1

    def test_accuracy(self) -> float:
        """The share of the 10,000 test images that are classified rightly. For final reports, never for tuning."""
        return 1.0 - self._evaluate(*resident("test", 0, TEST_IMAGES, self._device))[0]

    def _epoch(self) -> float:
        """One pass over the training images in a new order; the mean training loss."""
        images, labels = self._train
        order = torch.randperm(len(labels), generator=self._generator).to(self._device)
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            for rows in order.split(BATCH):
                loss = F.cross_entropy(logits(self._parameters, self._activation, images[rows]), labels[rows])
                self._adam.zero_grad()
                loss.backward()
                self._adam.step()
                total += loss.detach() * len(rows)  # read once an epoch: a GPU would have to wait for each read
        return float(total) / len(labels)

    def _evaluate(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
        """Error rate and mean cross-entropy."""
        wrong = torch.zeros((), dtype=torch.int64, device=self._device)
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        with (
            torch.inference_mode(),
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
        ):
            for x, y in zip(images.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
                output = logits(self._parameters, self._activation, x)
                wrong += (output.argmax(1) != y).sum()
                total += F.cross_entropy(output, y, reduction="sum")
        return int(wrong) / len(labels), float(total) / len(labels)


class MnistCnn:
    """The problem with ``train`` training images and ``validation`` held-out ones.

    ``validation=0`` is for a final training, on up to all 60,000 images.

    Raises:
        HpobenchError: there are not so many images, or the two sets would overlap.
    """

    def __init__(self, train: int = 50_000, validation: int = 10_000) -> None:
        most = HELD_OUT_FROM if validation else IMAGES
        if not 1 <= train <= most:
            raise HpobenchError(f"MNIST: the training images must be 1 to {most:,}, not {train:,}.")
        if not 0 <= validation <= IMAGES - HELD_OUT_FROM:
            raise HpobenchError(
                f"MNIST: the validation images must be 0 to {IMAGES - HELD_OUT_FROM:,}, not {validation:,}."
            )
        self._train, self._validation = train, validation

    def space(self) -> ConfigurationSpace:
        """The lecture's three hyperparameters; its own network is the default."""
        return ConfigurationSpace(
            space=[
                Categorical("activation", list(ACTIVATIONS), default="relu"),
                Integer("depth", (1, 3), default=3),
                Float("learning_rate", (1e-5, 1e-1), log=True, default=1e-3),
            ]
        )

    def start(self, configuration: Configuration, seed: int, device: str) -> CnnTraining:
        """An untrained network on ``device`` ("cpu", "cuda", "cuda:1", ...). On the CPU, PyTorch is set to one thread.

        Raises:
            HpobenchError: a GPU is asked for where there is none.
        """
        if device == "cpu":
            torch.set_num_threads(1)  # two threads on a busy two-core machine are three times slower than one
        elif not torch.cuda.is_available():
            raise HpobenchError(
                f"MNIST: device {device!r} needs a CUDA GPU, and PyTorch sees none. Use the device 'cpu'."
            )
        return CnnTraining(configuration, seed, device, self._train, self._validation)


def lecture() -> MnistCnn:
    """The problem ``mnist_cnn/lecture``."""
    return MnistCnn()


def lecture_2k() -> MnistCnn:
    """The problem ``mnist_cnn/lecture-2k``."""
    return MnistCnn(train=2_000, validation=1_000)
