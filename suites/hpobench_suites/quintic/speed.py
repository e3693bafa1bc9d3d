"""Training steps on the quintic, in points per CPU second: ours against plain automatic differentiation.

A step is: pick the batch, φ and ∂∂̄φ, det g, the L1 Monge-Ampère loss, its gradient by the parameters, Adam. Both train
the same 3×64 gelu network on the 25 invariant features; only ∂∂̄φ differs. They take turns in one process on one thread,
and ratios are those of turns side by side: absolute times mean little where others use the machine, too.
"""

from collections.abc import Callable
from statistics import median
from time import process_time

import torch
from torch import Tensor

from hpobench_suites.quintic.data import Points, tensors
from hpobench_suites.quintic.geometry.hypersurface import Charts
from hpobench_suites.quintic.losses import monge_ampere
from hpobench_suites.quintic.network.derivatives import PotentialHessian
from hpobench_suites.quintic.network.metric import determinants
from hpobench_suites.quintic.network.perceptron import Perceptron
from hpobench_suites.quintic.network.schemes import ambient_hessian

NETWORK = Perceptron(25, 64, 3, "gelu")
WARM_UP, TURNS, SECONDS = 3, 3, 0.3
Scheme = Callable[[Tensor, Points, Tensor, Tensor], Tensor]
"""(parameters, batch, z, pullback) to the packed ∂∂̄φ."""


def ours(parameters: Tensor, batch: Points, z: Tensor, pullback: Tensor) -> Tensor:
    """The closed form, on features with derivatives that were made once."""
    packed: Tensor = PotentialHessian.apply(NETWORK, parameters, batch.jet, batch.second)[1]
    return packed


def plain(parameters: Tensor, batch: Points, z: Tensor, pullback: Tensor) -> Tensor:
    """``torch.func.vmap(hessian)`` of φ(features(z)) by the ten real coordinates of z, pulled back."""
    return ambient_hessian(NETWORK, parameters, "invariant", z, pullback)


class Steps:
    """Training steps of one scheme."""

    def __init__(self, scheme: Scheme, data: Points, points: Charts, dtype: torch.dtype = torch.float32) -> None:
        self._scheme, self._data = scheme, data
        complex_type = torch.complex64 if dtype is torch.float32 else torch.complex128
        self._z, self._pullback = (torch.tensor(x).to(complex_type) for x in (points.z, points.pullback))
        self.parameters = NETWORK.initial(1.0, torch.Generator().manual_seed(0)).to(dtype).requires_grad_()
        self._adam = torch.optim.Adam([self.parameters], lr=1e-3, fused=True)

    def loss(self, rows: Tensor) -> Tensor:
        """Of the batch of these points."""
        batch = self._data.take(rows)
        potential = self._scheme(self.parameters, batch, self._z[rows], self._pullback[rows])
        return monge_ampere(determinants(batch.fubini_study + potential), batch.density, batch.weight, "l1")

    def step(self, rows: Tensor) -> None:
        """Train on the batch of these points."""
        loss = self.loss(rows)
        self._adam.zero_grad()
        loss.backward()
        self._adam.step()

    def rate(self, batch: int, seconds: float) -> float:
        """Points per CPU second."""
        order = torch.randperm(len(self._data), generator=torch.Generator().manual_seed(1)).split(batch)[:-1]
        done, started = 0, process_time()
        while (passed := process_time() - started) < seconds:
            self.step(order[done % len(order)])
            done += 1
        return done * batch / passed


def ratio(points: Charts, batch: int) -> float:
    """How many times as fast our step is as the plain one: the median over turns."""
    data = tensors(points, "invariant", "phi", torch.float32, "cpu")
    both = [Steps(scheme, data, points) for scheme in (ours, plain)]
    for steps in both:
        for _ in range(WARM_UP):
            steps.step(torch.arange(batch))
    turns = [[steps.rate(batch, SECONDS) for steps in both] for _ in range(TURNS)]
    return median(a / b for a, b in turns)
