"""The steps of the network's optimizers, on plain lists of tensors.

Ours because the same code trains one network and many together: a learning rate or momentum may be a number, or a
tensor with one entry a network that broadcasts over the parameters. With numbers each step is bit for bit that of
``torch.optim`` (plain SGD with momentum; RMSprop with ``alpha=0.9``; Adagrad; Adam, arXiv 1412.6980), in the order of
its single-tensor loops. Nothing is drawn and nothing is read back from a device.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

Scalar: TypeAlias = float | Tensor
BETA1, BETA2, ADAM_EPS = 0.9, 0.999, 1e-8
ALPHA, RMS_EPS = 0.9, 1e-8
ADAGRAD_EPS = 1e-10


class Scalars(NamedTuple):
    """The numbers of a step.

    Attributes:
        rate: The learning rate; of Adam divided by the first moment's correction.
        momentum: Of SGD.
        second: The root of Adam's correction of the second moment.
    """

    rate: Scalar
    momentum: Scalar
    second: Scalar


class Step(Protocol):
    def __call__(self, parameter: Tensor, gradient: Tensor, moments: Sequence[Tensor], by: Scalars) -> None:
        """Change one parameter and its moments in place."""


class Family(NamedTuple):
    """An optimizer: its step, and how many tensors of a parameter's shape it keeps beside it."""

    step: Step
    moments: int
    corrected: bool = False

    def scalars(self, number: int, rate: float, momentum: float) -> Scalars:
        """Those of step ``number``, from 1."""
        if not self.corrected:
            return Scalars(rate, momentum, 1.0)
        return Scalars(rate / (1 - BETA1**number), momentum, sqrt(1 - BETA2**number))


def fresh(family: Family, parameters: Sequence[Tensor]) -> list[list[Tensor]]:
    """The moments of untrained parameters: zeros."""
    return [[torch.zeros_like(p, requires_grad=False) for _ in range(family.moments)] for p in parameters]


def _sgd(parameter: Tensor, gradient: Tensor, moments: Sequence[Tensor], by: Scalars) -> None:
    (velocity,) = moments
    velocity.mul_(by.momentum).add_(gradient)
    if isinstance(by.rate, float):
        parameter.add_(velocity, alpha=-by.rate)
    else:
        parameter.sub_(by.rate * velocity)


def _rmsprop(parameter: Tensor, gradient: Tensor, moments: Sequence[Tensor], by: Scalars) -> None:
    (square,) = moments
    square.mul_(ALPHA).addcmul_(gradient, gradient, value=1 - ALPHA)
    _down(parameter, gradient, square.sqrt().add_(RMS_EPS), by.rate)


def _adagrad(parameter: Tensor, gradient: Tensor, moments: Sequence[Tensor], by: Scalars) -> None:
    (total,) = moments
    total.addcmul_(gradient, gradient, value=1.0)
    _down(parameter, gradient, total.sqrt().add_(ADAGRAD_EPS), by.rate)


def _adam(parameter: Tensor, gradient: Tensor, moments: Sequence[Tensor], by: Scalars) -> None:
    mean, square = moments
    mean.lerp_(gradient, 1 - BETA1)
    square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    _down(parameter, mean, (square.sqrt() / by.second).add_(ADAM_EPS), by.rate)


def _down(parameter: Tensor, direction: Tensor, denominator: Tensor, rate: Scalar) -> None:
    if isinstance(rate, float):
        parameter.addcdiv_(direction, denominator, value=-rate)
    else:
        parameter.sub_(rate * (direction / denominator))


FAMILIES: dict[str, Family] = {
    "adam": Family(_adam, 2, corrected=True),
    "sgd": Family(_sgd, 1),
    "rmsprop": Family(_rmsprop, 1),
    "adagrad": Family(_adagrad, 1),
}
