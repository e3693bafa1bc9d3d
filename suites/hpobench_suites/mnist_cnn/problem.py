"""Tuning a convolutional network on MNIST: which space, which loss, which fidelity, and on how many images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from hpobench_suites.mnist_cnn.allocator import keep_freed_memory
from hpobench_suites.mnist_cnn.fused.together import Together
from hpobench_suites.mnist_cnn.spaces import SPACES
from hpobench_suites.mnist_cnn.training import ERROR, FLOAT32, HELD_OUT_FROM, IMAGES, CnnTraining, SubsetTraining
from hpobench_tui.core import Configuration, HpobenchError, Training, Trainings

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

WIDEST = 16
"""Networks trained together on a GPU."""


class MnistCnn:
    """The problem with ``train`` training images and ``validation`` held-out ones.

    ``validation=0`` is for a final training, on up to all 60,000 images.

    Args:
        space: ``"lecture"`` or ``"full"``.
        loss: ``"error"`` or ``"cross_entropy"``, of the held-out images.
        images: Whether the fidelity is the number of training images, each time with a full training.
        precision: ``"float32"``; ``"bf16"`` and (on a GPU) ``"tf32"`` are other objectives, and faster.

    Raises:
        HpobenchError: there are not so many images, or the two sets would overlap.
    """

    def __init__(
        self,
        train: int = HELD_OUT_FROM,
        validation: int = IMAGES - HELD_OUT_FROM,
        space: str = "lecture",
        loss: str = ERROR,
        images: bool = False,
        precision: str = FLOAT32,
    ) -> None:
        most = HELD_OUT_FROM if validation else IMAGES
        if not 1 <= train <= most:
            raise HpobenchError(f"MNIST: the training images must be 1 to {most:,}, not {train:,}.")
        if not 0 <= validation <= IMAGES - HELD_OUT_FROM:
            raise HpobenchError(
                f"MNIST: the validation images must be 0 to {IMAGES - HELD_OUT_FROM:,}, not {validation:,}."
            )
        self._train, self._validation = train, validation
        self._space, self._loss, self._images, self._precision = space, loss, images, precision

    def space(self) -> "ConfigurationSpace":
        """Of which the lecture's own network is the default."""
        return SPACES[self._space]()

    def start(self, configuration: Configuration, seed: int, device: str) -> Training:
        """An untrained network on ``device`` ("cpu", "cuda", "cuda:1", ...). On the CPU, PyTorch is set to one thread.

        Raises:
            HpobenchError: a GPU is asked for where there is none.
        """
        check(device)
        if self._images:
            return SubsetTraining(configuration, seed, device, self._validation, self._loss, self._precision)
        return CnnTraining(configuration, seed, device, self._train, self._validation, self._loss, self._precision)

    def widest(self, device: str) -> int:
        """A CPU is as quick with one network after the other; on a GPU, more than this share kernels no better."""
        return 1 if device == "cpu" else WIDEST

    def start_many(self, configurations: Sequence[Configuration], seeds: Sequence[int], device: str) -> Trainings:
        """Untrained networks on a device, to be trained together."""
        return self.join([self.start(c, seed, device) for c, seed in zip(configurations, seeds, strict=True)])

    def join(self, trainings: Sequence[Training]) -> Trainings:
        """Networks of this problem, to be trained further together."""
        return Together(trainings)  # type: ignore[arg-type]  # they are of this problem


def check(device: str) -> None:
    """Make ready for a device.

    Raises:
        HpobenchError: it is a GPU, where there is none.
    """
    keep_freed_memory()
    if device == "cpu":
        torch.set_num_threads(1)  # two threads on a busy two-core machine are three times slower than one
    elif not torch.cuda.is_available():
        raise HpobenchError(f"MNIST: device {device!r} needs a CUDA GPU, and PyTorch sees none. Use the device 'cpu'.")


def load(space: str, images: int, validation: int, loss: str, fidelity: str, precision: str) -> MnistCnn:
    """A problem of this suite."""
    return MnistCnn(images, validation, space, loss, fidelity == "images", precision)
