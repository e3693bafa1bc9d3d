"""The lecture's convolutional network, as plain tensors and functions.

    conv 3x3, 32, 'same' (320) -> max-pool 2 -> conv 3x3, 32 (9,248) -> max-pool 2 -> conv 3x3, 32 (9,248)
    -> flatten 512 -> dense 10 (5,130): 23,946 parameters.

``depth`` d keeps the first d convolutions with the pools between them, and puts the dense layer on what is left:

    d   stages before the dense layer                 flattened           parameters
    1   conv, pool                                     32 x 14 x 14 = 6,272    63,050
    2   conv, pool, conv, pool                         32 x  6 x  6 = 1,152    21,098
    3   conv, pool, conv, pool, conv (the lecture's)   32 x  4 x  4 =   512    23,946

Initialisation: Glorot uniform weights, zero biases (Keras's defaults).

The activation comes after the pool. For a monotone activation this is bit for bit what the usual order gives (the
maximum of images is the image of the maximum), and it costs a quarter of the activations.
"""

from collections.abc import Callable
from math import sqrt

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Generator, Tensor

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
}
"""All monotone: see above."""
CHANNELS, CLASSES = 32, 10
DTYPE = torch.float32
"""Said wherever it counts: an optimizer in the same process may have set another default."""
FLATTENED = {1: CHANNELS * 14 * 14, 2: CHANNELS * 6 * 6, 3: CHANNELS * 4 * 4}


def initial(depth: int, generator: Generator) -> list[Tensor]:
    """Weights and biases on the CPU, layer by layer: [w1, b1, ..., w_dense, b_dense]."""
    parameters = []
    for layer in range(depth):
        inputs = 1 if layer == 0 else CHANNELS
        weights = torch.empty(CHANNELS, inputs, 3, 3, dtype=DTYPE).to(memory_format=torch.channels_last)
        parameters += [_glorot(weights, 9 * inputs, 9 * CHANNELS, generator), torch.zeros(CHANNELS, dtype=DTYPE)]
    dense = torch.empty(CLASSES, FLATTENED[depth], dtype=DTYPE)
    return [*parameters, _glorot(dense, FLATTENED[depth], CLASSES, generator), torch.zeros(CLASSES, dtype=DTYPE)]


def logits(parameters: list[Tensor], activation: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """The network's output [n, 10] for images [n, 1, 28, 28]."""
    *convolutions, dense, dense_bias = parameters
    x = images
    for layer in range(len(convolutions) // 2):
        weights, bias = convolutions[2 * layer : 2 * layer + 2]
        x = F.conv2d(x, weights, bias, padding=1 if layer == 0 else 0)
        x = activation(F.max_pool2d(x, 2) if layer < 2 else x)
    return F.linear(x.flatten(1), dense, dense_bias)


def _glorot(weights: Tensor, fan_in: int, fan_out: int, generator: Generator) -> Tensor:
    bound = sqrt(6.0 / (fan_in + fan_out))
    return weights.uniform_(-bound, bound, generator=generator)
