"""What shapes a network: its layers, activation and initialisation.

Every combination of hyperparameters is a network. What would not fit is made to: where an image is smaller than a
kernel, the convolution pads ("same"), and where it has one pixel a side, nothing is pooled. So no configuration of the
space fails for its shape, and no forbidden clauses are needed, which many optimizers cannot take.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from hpobench_tui.core import Configuration

SIDE, CLASSES = 28, 10
POOLED = 2
"""The first so many convolutions are followed by a pool, as in the lecture's network."""
MAX, AVERAGE, NONE = "max", "average", "none"
FIRST, SAME, VALID = "first", "same", "valid"


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution, its activation and perhaps a pool of 2 x 2.

    Attributes:
        padding: Pixels at each side.
        pool: ``"max"``, ``"average"`` or ``"none"``.
    """

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    pool: str = NONE

    def side(self, side: int) -> int:
        """The side of what comes out, for images of a side."""
        after = (side + 2 * self.padding - self.kernel) // self.stride + 1
        return after if self.pool == NONE else after // 2


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network up to its numbers. Hashable: trainings of equal ones have the same kernels on a device.

    Attributes:
        dense: Units of the dense layers before the output.

    >>> Architecture.of({"depth": 3}).parameters
    23946
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[int, ...] = ()
    activation: str = "relu"
    initialisation: str = "glorot_uniform"

    @classmethod
    def of(cls, configuration: Configuration) -> "Architecture":
        """That of a configuration; what it does not say is as in the lecture's network."""
        said = configuration.get
        side, layers = SIDE, []
        for layer in range(1, int(said("depth", 3)) + 1):
            kernel = int(said("kernel", 3))
            padding = str(said("padding", FIRST))
            pads = padding == SAME or (padding == FIRST and layer == 1) or side < kernel
            stride = int(said("stride", 1)) if layer == 1 else 1
            plain = Convolution(int(said(f"filters_{layer}", 32)), kernel, stride, kernel // 2 if pads else 0)
            pool = str(said("pooling", MAX)) if layer <= POOLED and plain.side(side) >= 2 else NONE
            layers.append(Convolution(plain.filters, kernel, stride, plain.padding, pool))
            side = layers[-1].side(side)
        dense = tuple(int(said(f"dense_units_{i}", 0)) for i in range(1, int(said("dense_layers", 0)) + 1))
        return cls(
            tuple(layers),
            dense,
            str(said("activation", "relu")),
            str(said("initialisation", "glorot_uniform")),
        )

    @property
    def flattened(self) -> int:
        """How many numbers the first dense layer takes."""
        side = SIDE
        for convolution in self.convolutions:
            side = convolution.side(side)
        return side * side * self.convolutions[-1].filters

    @property
    def weights(self) -> list[tuple[int, ...]]:
        """The shapes of the weights, layer by layer: (out, in, kernel, kernel) and (out, in)."""
        inputs = [1, *(c.filters for c in self.convolutions)]
        convolutions = [(c.filters, i, c.kernel, c.kernel) for c, i in zip(self.convolutions, inputs, strict=False)]
        widths = [self.flattened, *self.dense, CLASSES]
        return [*convolutions, *((after, before) for before, after in pairwise(widths))]

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(prod(shape) + shape[0] for shape in self.weights)
