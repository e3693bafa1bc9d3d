"""Activations with their first three derivatives in closed form, each from few elementwise operations.

All but ``squared`` are the usual ones; gelu is the exact one, x Φ(x). ``squared`` is x²/√3, which keeps the second
moment of a standard normal input.
"""

from collections.abc import Callable
from math import pi, sqrt
from typing import TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Tensor

Jet: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor | None]
"""s(x), s′(x), s″(x) and, where asked for, s‴(x)."""


def gelu(x: Tensor, third: bool = False) -> Jet:
    square = x * x
    density = torch.exp(square * -0.5) * (1.0 / sqrt(2.0 * pi))
    below = torch.erf(x * sqrt(0.5)) * 0.5 + 0.5
    flow = x * density
    return x * below, below + flow, (2.0 - square) * density, (square - 4.0) * flow if third else None


def tanh(x: Tensor, third: bool = False) -> Jet:
    value = torch.tanh(x)
    slope = 1.0 - value * value
    return value, slope, value * slope * -2.0, (4.0 - 6.0 * slope) * slope if third else None


def silu(x: Tensor, third: bool = False) -> Jet:
    sigmoid = torch.sigmoid(x)
    slope = sigmoid * (1.0 - sigmoid)
    bend = slope * (1.0 - 2.0 * sigmoid)
    last = 3.0 * bend + x * slope * (1.0 - 6.0 * slope) if third else None
    return x * sigmoid, sigmoid + x * slope, 2.0 * slope + x * bend, last


def softplus(x: Tensor, third: bool = False) -> Jet:
    sigmoid = torch.sigmoid(x)
    slope = sigmoid * (1.0 - sigmoid)
    last = slope * (1.0 - 2.0 * sigmoid) if third else None
    return F.softplus(x, threshold=40.0), sigmoid, slope, last


def sin(x: Tensor, third: bool = False) -> Jet:
    sine, cosine = torch.sin(x), torch.cos(x)
    return sine, cosine, -sine, -cosine if third else None


def squared(x: Tensor, third: bool = False) -> Jet:
    scale = 1.0 / sqrt(3.0)
    return x * x * scale, x * (2.0 * scale), torch.full_like(x, 2.0 * scale), torch.zeros_like(x) if third else None


ACTIVATIONS: dict[str, Callable[..., Jet]] = {
    "gelu": gelu,
    "tanh": tanh,
    "silu": silu,
    "softplus": softplus,
    "sin": sin,
    "squared": squared,
}
