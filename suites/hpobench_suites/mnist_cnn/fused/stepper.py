"""A step of K trainings: losses, gradients, penalties and the optimizer's step, on a GPU as one CUDA graph.

What changes from step to step lies in tensors of its own, which are overwritten before the step: rows of the images,
the numbers of the optimizer's step, and what dropout keeps. So a graph that was captured once does all steps of a batch
size. A network as small as this one waits for nothing but launches on a GPU, of which a graph has one.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from hpobench_suites.mnist_cnn.data import standardised
from hpobench_suites.mnist_cnn.fused.stack import Stack, along
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.steps import Scalars
from hpobench_suites.mnist_cnn.training import in_precision

WARM_UPS = 3
"""Before a capture, as PyTorch asks for."""


class Stepper:
    """Steps of a stack with batches of one size.

    Attributes:
        losses: [K] of the last step.
    """

    def __init__(self, stack: Stack, way: str, batch: int, graphed: bool) -> None:
        shape, device = stack.shape, stack.shape.device
        self._stack, self._way = stack, WAYS[way]
        widths = [shape.architecture.flattened, *shape.architecture.dense] if shape.drops else []
        self._rows = torch.zeros(stack.size, batch, dtype=torch.int64, device=device)
        self._scalars = torch.ones(len(Scalars._fields), stack.size, dtype=shape.dtype, device=device)
        self._kept = [torch.ones(stack.size, batch, w, dtype=shape.dtype, device=device) for w in widths]
        self.losses = torch.zeros(stack.size, dtype=torch.float64, device=device)
        self._graph = self._captured() if graphed else None

    def step(self, rows: Tensor, scalars: Tensor, kept: Sequence[Tensor]) -> None:
        """One step: rows [K, batch], the numbers [3, K] (``steps.Scalars``), what each dense layer's input keeps."""
        self._rows.copy_(rows)
        self._scalars.copy_(scalars)
        for here, mask in zip(self._kept, kept, strict=True):
            here.copy_(mask)
        self.again()

    def again(self) -> None:
        """A step with the rows and numbers of the last one; at first the first image, over and over."""
        if self._graph is None:
            self._run()
        else:
            self._graph.replay()

    def _run(self) -> None:
        stack = self._stack
        with in_precision(stack.shape.precision, stack.shape.device):
            images = standardised(stack.images[self._rows], stack.shape.dtype)
            labels = stack.labels[self._rows]
            losses, gradients = self._way(stack.parameters, stack.shape.architecture, images, labels, self._kept)
        self.losses.copy_(losses)
        with torch.no_grad():
            pairs = zip(stack.parameters, gradients, stack.moments, strict=True)
            for i, (parameter, gradient, moments) in enumerate(pairs):
                if i % 2 == 0:
                    if stack.l1 is not None:
                        gradient = gradient + along(stack.l1, parameter) * parameter.sign()
                    if stack.l2 is not None:
                        gradient = gradient + along(stack.l2, parameter) * 2.0 * parameter
                by = Scalars(*(along(values, parameter) for values in self._scalars))
                stack.family.step(parameter, gradient, moments, by)

    def _captured(self) -> "torch.cuda.CUDAGraph":
        """The graph of a step; the stack is as it was."""
        device, tensors = self._stack.shape.device, self._stack.tensors
        with torch.cuda.device(device):
            saved = [t.clone() for t in tensors]
            side, here = torch.cuda.Stream(), torch.cuda.current_stream()
            side.wait_stream(here)
            with torch.cuda.stream(side):
                for _ in range(WARM_UPS):
                    self._run()
            here.wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self._run()
            for tensor, before in zip(tensors, saved, strict=True):
                tensor.copy_(before)
        return graph
