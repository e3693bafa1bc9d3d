"""The lecture's convolutional network and those around it, as plain tensors and functions.

    conv 3x3, 32, 'same' (320) -> max-pool 2 -> conv 3x3, 32 (9,248) -> max-pool 2 -> conv 3x3, 32 (9,248)
    -> flatten 512 -> dense 10 (5,130): 23,946 parameters.

``depth`` d keeps the first d convolutions with the pools between them, and puts the dense layers on what is left:

    d   stages before the dense layer                 flattened           parameters
    1   conv, pool                                     32 x 14 x 14 = 6,272    63,050
    2   conv, pool, conv, pool                         32 x  6 x  6 = 1,152    21,098
    3   conv, pool, conv, pool, conv (the lecture's)   32 x  4 x  4 =   512    23,946

Initialisation: zero biases; of the weights, Glorot (arXiv AISTATS 2010), He (arXiv 1502.01852), LeCun (1998, Efficient
BackProp) with uniform or normal draws, or orthogonal (arXiv 1312.6120).

A monotone activation comes after a maximum pool. That is bit for bit what the usual order gives (the maximum of images
is the image of the maximum), and costs a quarter of the activations.
"""

from collections.abc import Callable
from math import prod, sqrt
from typing import TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Generator, Tensor

from hpobench_suites.mnist_cnn.architecture import AVERAGE, MAX, NONE, Architecture

Dropout: TypeAlias = Callable[[int, Tensor], Tensor]
"""Takes the number of a dense layer and what goes into it."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "leaky_relu": F.leaky_relu,
    "selu": F.selu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
}
LECTURES = ("relu", "tanh", "elu", "sigmoid")
"""Those of the lecture's space."""
BENT = frozenset(("gelu", "silu", "mish"))
"""Not monotone: they cannot change places with a pool."""
DTYPE = torch.float32
"""Said wherever it counts: an optimizer in the same process may have set another default."""

Fans: TypeAlias = Callable[[int, int], float]
UNIFORM: dict[str, Fans] = {
    "glorot_uniform": lambda fan_in, fan_out: sqrt(6.0 / (fan_in + fan_out)),
    "he_uniform": lambda fan_in, _: sqrt(6.0 / fan_in),
}
"""Bounds."""
NORMAL: dict[str, Fans] = {
    "glorot_normal": lambda fan_in, fan_out: sqrt(2.0 / (fan_in + fan_out)),
    "he_normal": lambda fan_in, _: sqrt(2.0 / fan_in),
    "lecun_normal": lambda fan_in, _: sqrt(1.0 / fan_in),
}
"""Deviations."""
ORTHOGONAL = "orthogonal"
INITIALISATIONS = (*UNIFORM, *NORMAL, ORTHOGONAL)


def initial(architecture: Architecture, generator: Generator) -> list[Tensor]:
    """Weights and biases on the CPU, layer by layer: [w1, b1, ..., w_output, b_output]."""
    parameters = []
    for shape in architecture.weights:
        weights = torch.empty(shape, dtype=DTYPE)
        if len(shape) == 4:
            weights = weights.to(memory_format=torch.channels_last)
        parameters += [
            _drawn(weights, architecture.initialisation, generator),
            torch.zeros(shape[0], dtype=DTYPE),
        ]
    return parameters


def logits(
    parameters: list[Tensor], architecture: Architecture, images: Tensor, dropout: Dropout | None = None
) -> Tensor:
    """The network's output [n, 10] for images [n, 1, 28, 28]."""
    name = architecture.activation
    activation = ACTIVATIONS[name]
    x = images
    for layer, convolution in enumerate(architecture.convolutions):
        weights, bias = parameters[2 * layer : 2 * layer + 2]
        x = F.conv2d(x, weights, bias, stride=convolution.stride, padding=convolution.padding)
        pool = convolution.pool
        if pool == NONE:
            x = activation(x)
        elif pool == MAX and name not in BENT:
            x = activation(F.max_pool2d(x, 2))
        elif pool == MAX:
            x = F.max_pool2d(activation(x), 2)
        else:
            assert pool == AVERAGE
            x = F.avg_pool2d(activation(x), 2)
    x = x.flatten(1)
    dense = parameters[2 * len(architecture.convolutions) :]
    last = len(dense) // 2 - 1
    for layer in range(last + 1):
        if dropout is not None:
            x = dropout(layer, x)
        x = F.linear(x, *dense[2 * layer : 2 * layer + 2])
        x = x if layer == last else activation(x)
    return x


def _drawn(weights: Tensor, scheme: str, generator: Generator) -> Tensor:
    outputs, inputs, *kernel = weights.shape
    fans = inputs * prod(kernel), outputs * prod(kernel)
    if scheme in UNIFORM:
        bound = UNIFORM[scheme](*fans)
        return weights.uniform_(-bound, bound, generator=generator)
    if scheme in NORMAL:
        return weights.normal_(0.0, NORMAL[scheme](*fans), generator=generator)
    assert scheme == ORTHOGONAL
    return weights.copy_(torch.nn.init.orthogonal_(torch.empty(weights.shape, dtype=DTYPE), generator=generator))
