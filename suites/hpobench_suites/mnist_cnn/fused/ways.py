"""Ways to get the losses and gradients of K networks on a batch each. All give the same up to round-off.

``grouped``: one convolution of K groups, one batched matrix product a dense layer. ``vmap``: PyTorch's own
vectorisation of one network. ``alone``: one after the other; on a GPU the graph of the step still spares the launches.
The sum of the K mean losses is differentiated: its gradient by one network's parameters is that network's own, and what
becomes of another one, even NaN, has no part in it.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Tensor

from hpobench_suites.mnist_cnn.architecture import MAX, NONE, Architecture
from hpobench_suites.mnist_cnn.network import ACTIVATIONS, BENT, logits

Found: TypeAlias = tuple[Tensor, Sequence[Tensor]]
Way: TypeAlias = Callable[[Sequence[Tensor], Architecture, Tensor, Tensor, Sequence[Tensor]], Found]
"""Takes parameters [K, ...], images [K, n, 1, 28, 28], labels [K, n] and what dropout multiplies the inputs of the
dense layers by, [K, n, width] each (none: nothing is dropped); gives losses [K] and gradients [K, ...]."""


def grouped(
    parameters: Sequence[Tensor], architecture: Architecture, images: Tensor, labels: Tensor, kept: Sequence[Tensor]
) -> Found:
    k, n = labels.shape
    activation = ACTIVATIONS[architecture.activation]
    x = images.transpose(0, 1).reshape(n, k, *images.shape[-2:])
    for layer, convolution in enumerate(architecture.convolutions):
        weights, bias = parameters[2 * layer].flatten(0, 1), parameters[2 * layer + 1].flatten()
        x = F.conv2d(x, weights, bias, convolution.stride, convolution.padding, groups=k)
        if convolution.pool == NONE:
            x = activation(x)
        elif convolution.pool == MAX and architecture.activation not in BENT:
            x = activation(F.max_pool2d(x, 2))
        elif convolution.pool == MAX:
            x = F.max_pool2d(activation(x), 2)
        else:
            x = F.avg_pool2d(activation(x), 2)
    x = x.reshape(n, k, -1).transpose(0, 1)
    dense = parameters[2 * len(architecture.convolutions) :]
    last = len(dense) // 2 - 1
    for layer in range(last + 1):
        if kept:
            x = x * kept[layer]
        x = torch.baddbmm(dense[2 * layer + 1].unsqueeze(1), x, dense[2 * layer].transpose(1, 2))
        x = x if layer == last else activation(x)
    losses = F.cross_entropy(x.flatten(0, 1), labels.flatten(), reduction="none").view(k, n).mean(1)
    return losses.detach(), torch.autograd.grad(losses.sum(), list(parameters))


def vmapped(
    parameters: Sequence[Tensor], architecture: Architecture, images: Tensor, labels: Tensor, kept: Sequence[Tensor]
) -> Found:
    def loss(own: list[Tensor], x: Tensor, y: Tensor, masks: list[Tensor]) -> Tensor:
        drop = (lambda layer, inputs: inputs * masks[layer]) if masks else None
        return F.cross_entropy(logits(own, architecture, x, drop), y)

    gradients, losses = torch.func.vmap(torch.func.grad_and_value(loss))(
        [p.detach() for p in parameters], images, labels, list(kept)
    )
    return losses, gradients


def alone(
    parameters: Sequence[Tensor], architecture: Architecture, images: Tensor, labels: Tensor, kept: Sequence[Tensor]
) -> Found:
    losses, gradients = [], []
    for k in range(len(labels)):
        own = [p.detach()[k].requires_grad_() for p in parameters]
        drop = (lambda layer, inputs, k=k: inputs * kept[layer][k]) if kept else None
        loss = F.cross_entropy(logits(own, architecture, images[k], drop), labels[k])
        gradients.append(torch.autograd.grad(loss, own))
        losses.append(loss.detach())
    return torch.stack(losses), [torch.stack(alike) for alike in zip(*gradients, strict=True)]


WAYS: dict[str, Way] = {"grouped": grouped, "vmap": vmapped, "alone": alone}
