"""φ and ∂_a∂_b̄φ of a multilayer perceptron in one sweep, trained by one ordinary backward pass.

With y_l = W_l h_{l-1} + b_l, h_l = s(y_l), φ = w·h_L on features h_0: the value and six real tangents go forward
(t_l = W_l τ_{l-1}, τ_l = s′ t_l), one adjoint comes back (μ_L = w, λ_l = s′ μ_l, μ_{l-1} = W_lᵀ λ_l), and by the chain
rule

    ∂_a∂_b̄ φ = Σ_l Σ_units μ_l s″(y_l) ∂_a y_l ∂_b̄ y_l + Σ_features μ_0 ∂_a∂_b̄ h_0.

Neither a Hessian nor a graph of a graph is made. :class:`PotentialHessian` has its own backward pass, written out
below with the same quantities; :func:`potential_hessian` is the same value in plain differentiable operations, for
derivatives of any order. Shapes and packing are those of :mod:`hpobench_suites.quintic.network.features`.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from hpobench_suites.quintic.network.perceptron import Perceptron


@cache
def packing(dtype: torch.dtype, device: torch.device) -> Tensor:
    """(36, 9): the symmetric Σ c t tᵀ (6, 6) over real tangents t to the packed Σ c ∂_a y ∂_b̄ y; symmetrised."""
    matrix = torch.zeros(6, 6, 9, dtype=dtype)
    for a in range(3):
        matrix[a, a, a] = matrix[a + 3, a + 3, a] = 1.0
    for number, (a, b) in enumerate(((0, 1), (0, 2), (1, 2)), start=3):
        # Re = K[a, b] + K[a+3, b+3], Im = K[a+3, b] − K[a, b+3]
        for row, column, entry, sign in ((a, b, 0, 1), (a + 3, b + 3, 0, 1), (a + 3, b, 3, 1), (a, b + 3, 3, -1)):
            matrix[row, column, number + entry] = 0.5 * sign
            matrix[column, row, number + entry] = 0.5 * sign
    return matrix.view(36, 9).to(device)


def potential_hessian(
    network: Perceptron, parameters: Tensor, jet: Tensor, second: Tensor | None
) -> tuple[Tensor, Tensor]:
    """φ (n,) and the packed ∂_a∂_b̄φ (n, 9), differentiable as often as one likes.

    Args:
        parameters: (parameter_count,).
        jet: (7, n, f): features and their six tangents.
        second: (n, 9, f), or None for zero.
    """
    layers = network.layers(parameters)
    h, tangents = jet[0], jet[1:]
    bends, slopes, before = [], [], []
    for weights, bias in zip(layers.weights, layers.biases, strict=True):
        y, t = torch.addmm(bias, h, weights.T), tangents @ weights.T
        h, slope, bend, _ = network.jet(y)
        tangents = slope * t
        bends.append(bend)
        slopes.append(slope)
        before.append(t)
    phi = h @ layers.last[0]
    mu = layers.last.expand(len(h), -1)
    quadratic = torch.zeros((), dtype=h.dtype, device=h.device)
    for weights, slope, bend, t in zip(*(reversed(x) for x in (layers.weights, slopes, bends, before)), strict=True):
        quadratic = quadratic + torch.einsum("knu,mnu->nkm", t * (mu * bend), t)
        mu = (mu * slope) @ weights
    hessian = quadratic.reshape(-1, 36) @ packing(h.dtype, h.device)
    if second is not None:
        hessian = hessian + (second @ mu[:, :, None])[:, :, 0]
    return phi, hessian


class PotentialHessian(torch.autograd.Function):  # type: ignore[misc]
    """:func:`potential_hessian` for training: differentiable once, in the parameters alone.

    Below, x̄ is the gradient of the loss by x. K̄ is that of Σ c t tᵀ, and Z = K̄ t.
    """

    @staticmethod
    def forward(
        ctx: Any, network: Perceptron, parameters: Tensor, jet: Tensor, second: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        train = ctx is not None and ctx.needs_input_grad[1]
        layers = network.layers(parameters)
        depth, n, width = network.depth, jet.shape[1], network.width
        inputs, pushed, jets = [jet], [], []
        for weights, bias in zip(layers.weights, layers.biases, strict=True):
            y = (inputs[-1].reshape(7 * n, -1) @ weights.T).view(7, n, width)
            y[0] += bias
            values = network.jet(y[0], train)
            output = torch.empty_like(y)
            output[0] = values[0]
            torch.mul(values[1], y[1:], out=output[1:])
            inputs.append(output)
            pushed.append(y)
            jets.append(values)
        phi = inputs[-1][0] @ layers.last[0]
        mu = layers.last.expand(n, -1)
        quadratic = mu.new_zeros(n, 6, 6)
        mus, curvatures = [mu], []
        for layer in reversed(range(depth)):
            _, slope, bend, _ = jets[layer]
            t, c = pushed[layer][1:], mu * bend
            left, right = t.permute(1, 0, 2), (c * t).permute(1, 2, 0)
            quadratic.baddbmm_(left, right)
            mu = (slope * mu) @ layers.weights[layer]
            mus.append(mu)
            curvatures.append(c)
        hessian = quadratic.view(n, 36) @ packing(jet.dtype, jet.device)
        if second is not None:
            hessian += torch.bmm(second, mu[:, :, None])[:, :, 0]
        if train:
            ctx.set_materialize_grads(False)
            ctx.saved = network, parameters, second, inputs, pushed, jets, mus[-2::-1], curvatures[::-1]
        return phi, hessian

    @staticmethod
    def backward(ctx: Any, phi_bar: Tensor | None, hessian_bar: Tensor | None) -> tuple[None, Tensor, None, None]:
        network, parameters, second, inputs, pushed, jets, mus, curvatures = ctx.saved
        ctx.saved = None
        layers, gradient = network.layers(parameters), torch.empty_like(parameters)
        out = network.layers(gradient)
        if hessian_bar is None:
            hessian_bar = inputs[0].new_zeros(inputs[0].shape[1], 9)
        n = len(hessian_bar)
        k_bar = (hessian_bar @ packing(hessian_bar.dtype, hessian_bar.device).T).view(n, 6, 6)
        if second is None:
            mu_bar = hessian_bar.new_zeros(n, network.inputs)
        else:
            mu_bar = torch.bmm(hessian_bar[:, None], second)[:, 0]
        y_bars, bent = [], []
        # Back through the adjoint's pass, which went from the last layer to the first.
        for weights, weights_bar, y, (_, slope, bend, third), mu in zip(
            layers.weights, out.weights, pushed, jets, mus, strict=True
        ):
            torch.mm((slope * mu).T, mu_bar, out=weights_bar)
            lambda_bar = mu_bar @ weights.T
            t = y[1:]
            z = torch.bmm(k_bar, t.permute(1, 0, 2)).permute(1, 0, 2)
            c_bar = (t * z).sum(0)
            mu_bar = torch.addcmul(slope * lambda_bar, bend, c_bar)
            y_bars.append((bend * lambda_bar).addcmul_(third, c_bar).mul_(mu))
            bent.append(z)
        torch.sum(mu_bar, 0, out=out.last[0])
        if phi_bar is None:
            bar = inputs[-1].new_zeros(inputs[-1].shape)
        else:
            out.last[0].addmv_(inputs[-1][0].T, phi_bar)
            bar = torch.cat([torch.outer(phi_bar, layers.last[0])[None], inputs[-1].new_zeros(6, n, network.width)])
        # Back through the pass of values and tangents.
        for layer in reversed(range(network.depth)):
            _, slope, bend, _ = jets[layer]
            t, y_bar = pushed[layer][1:], y_bars[layer]
            products = (t * bar[1:]).sum(0)
            bar *= slope
            bar[0].add_(y_bar).addcmul_(bend, products)
            bar[1:].addcmul_(curvatures[layer], bent[layer], value=2.0)
            flat = bar.view(7 * n, -1)
            out.weights[layer].addmm_(flat.T, inputs[layer].reshape(7 * n, -1))
            torch.sum(bar[0], 0, out=out.biases[layer])
            if layer:
                bar = (flat @ layers.weights[layer]).view(7, n, -1)
        return None, gradient, None, None


def value_and_tangents(network: Perceptron, parameters: Tensor, jet: Tensor) -> Tensor:
    """The outputs with their six tangents, (7, n, outputs), in plain differentiable operations."""
    layers = network.layers(parameters)
    for weights, bias in zip(layers.weights, layers.biases, strict=True):
        y = jet @ weights.T
        h, slope, _, _ = network.jet(y[0] + bias)
        jet = torch.cat([h[None], slope * y[1:]])
    return jet @ layers.last.T
