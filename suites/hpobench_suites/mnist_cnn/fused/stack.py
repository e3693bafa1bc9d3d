"""The state of K trainings of one shape as tensors with a first axis of K, and back."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from hpobench_suites.mnist_cnn.architecture import Architecture
from hpobench_suites.mnist_cnn.training import CnnTraining


class Shape(NamedTuple):
    """What trainings must have in common to share kernels."""

    architecture: Architecture
    optimizer: str
    batch_size: int
    images: int
    drops: bool
    precision: str
    dtype: torch.dtype
    device: str

    @classmethod
    def of(cls, training: CnnTraining) -> "Shape":
        recipe = training.recipe
        return cls(
            training.architecture, recipe.optimizer, recipe.batch_size, len(training.train_images[1]),
            recipe.dropout > 0.0, training.precision, training.parameters[0].dtype, training.device,
        )  # fmt: skip


class Stack:
    """K trainings of one shape.

    Attributes:
        parameters: [K, ...] each, leaves that require gradients.
        moments: Lists of [K, ...].
        l1, l2: [K], or None where no member has one.
    """

    def __init__(self, members: Sequence[CnnTraining]) -> None:
        first = members[0]
        self.shape = Shape.of(first)
        self.size = len(members)
        self.family, self.images, self.labels = first.family, *first.train_images
        self.parameters = [
            torch.stack([p.detach() for p in alike]).requires_grad_()
            for alike in zip(*(m.parameters for m in members), strict=True)
        ]
        self.moments = [
            [torch.stack(alike) for alike in zip(*(m.moments[i] for m in members), strict=True)]
            for i in range(len(self.parameters))
        ]
        self.l1 = self._penalty([m.recipe.l1 for m in members])
        self.l2 = self._penalty([m.recipe.l2 for m in members])

    @property
    def tensors(self) -> list[Tensor]:
        """All that a step changes."""
        return [p.detach() for p in self.parameters] + [moment for moments in self.moments for moment in moments]

    def give_back(self, members: Sequence[CnnTraining]) -> None:
        """Set the members' states to what they have become here."""
        for k, member in enumerate(members):
            for i, parameter in enumerate(member.parameters):
                parameter.detach().copy_(self.parameters[i][k])
                for moment, here in zip(member.moments[i], self.moments[i], strict=True):
                    moment.copy_(here[k])

    def _penalty(self, values: list[float]) -> Tensor | None:
        return torch.tensor(values, dtype=self.shape.dtype, device=self.shape.device) if any(values) else None


def along(values: Tensor, like: Tensor) -> Tensor:
    """[K] as [K, 1, ...], to go with a tensor [K, ...]."""
    return values.view(-1, *(1,) * (like.dim() - 1))
