"""A multilayer perceptron whose parameters are one flat vector: one kernel of an optimizer trains them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from hpobench_suites.quintic.network.activations import ACTIVATIONS, Jet


class Layers(NamedTuple):
    """Views into the flat vector: weights (out, in) and biases (out,) of the hidden layers, and the last weights."""

    weights: Sequence[Tensor]
    biases: Sequence[Tensor]
    last: Tensor


@dataclass(frozen=True, slots=True)
class Perceptron:
    """``depth`` hidden layers of ``width`` units on ``inputs`` features, and a linear layer without bias on top.

    A bias there would add a constant to φ, which no metric sees.
    """

    inputs: int
    width: int
    depth: int
    activation: str
    outputs: int = 1

    @property
    def parameter_count(self) -> int:
        hidden = sum((inputs + 1) * self.width for inputs in self._hidden_inputs)
        return hidden + self.outputs * self.width

    @property
    def _hidden_inputs(self) -> list[int]:
        return [self.inputs] + [self.width] * (self.depth - 1)

    def jet(self, x: Tensor, third: bool = False) -> Jet:
        """The activation's derivatives at x."""
        return ACTIVATIONS[self.activation](x, third)

    def layers(self, parameters: Tensor) -> Layers:
        """The flat vector (parameter_count,) as matrices."""
        weights, biases, start = [], [], 0
        for inputs in self._hidden_inputs:
            stop = start + self.width * inputs
            weights.append(parameters[start:stop].view(self.width, inputs))
            biases.append(parameters[stop : stop + self.width])
            start = stop + self.width
        return Layers(weights, biases, parameters[start:].view(self.outputs, self.width))

    def initial(self, scale: float, generator: Generator) -> Tensor:
        """Weights from N(0, scale²/inputs) (LeCun's for scale 1), biases 0; float32 on the CPU for every device."""
        parameters = torch.zeros(self.parameter_count, dtype=torch.float32)
        layers = self.layers(parameters)
        for weights in (*layers.weights, layers.last):
            weights.normal_(0.0, scale / sqrt(weights.shape[1]), generator=generator)
        return parameters

    def values(self, parameters: Tensor, features: Tensor) -> Tensor:
        """Outputs (n, outputs) for features (n, inputs); plain differentiable operations."""
        layers = self.layers(parameters)
        h = features
        for weights, bias in zip(layers.weights, layers.biases, strict=True):
            h = self.jet(torch.addmm(bias, h, weights.T))[0]
        return h @ layers.last.T
