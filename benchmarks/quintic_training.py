"""Training steps on the quintic, in points per CPU second: ours against automatic differentiation of the same network.

A step is that of ``hpobench_suites.quintic.speed``; losses and gradients are checked to be the same. Only ∂∂̄φ differs:

    ours       the closed form of network/derivatives.py, on features with derivatives that were made once
    jets       forward Taylor propagation on the same features
    ambient    vmap(hessian) of φ(features(z)) by the ten real coordinates of z, pulled back; what the literature does
    tangents   vmap(hessian) of φ along X by the six real local coordinates, to second order from the same features

All take turns in one process on one thread; figures are the median, lowest and highest of the repetitions.
"""

import argparse
import json
import statistics

import numpy as np
import torch
from torch import Tensor
from torch.func import hessian, vmap

from hpobench_suites.quintic.data import Points, tensors
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic, charts
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.network.metric import PAIRS
from hpobench_suites.quintic.network.schemes import forward_jets
from hpobench_suites.quintic.speed import NETWORK, Scheme, Steps, ours, plain

POINTS, WARM_UP = 18_000, 5


def jets(parameters: Tensor, batch: Points, z: Tensor, pullback: Tensor) -> Tensor:
    return forward_jets(NETWORK, parameters, batch.jet, batch.second)[1]


def tangents(parameters: Tensor, batch: Points, z: Tensor, pullback: Tensor) -> Tensor:
    """By t = (Re x, Im x): features(t) = F + 2 Re Σ ∂_a F x^a + Σ ∂_a∂_b̄ F x^a x̄^b + (what ∂∂̄ does not see)."""

    def phi(t: Tensor, jet: Tensor, second: Tensor) -> Tensor:
        re, im = t[:3], t[3:]
        first = 2.0 * (re @ jet[1:4] - im @ jet[4:])
        a, b = PAIRS
        mixed = torch.cat(  # Hermitian in a, b: twice the real part of each entry above the diagonal
            [re * re + im * im, 2.0 * (re[a] * re[b] + im[a] * im[b]), -2.0 * (im[a] * re[b] - re[a] * im[b])]
        )
        return NETWORK.values(parameters, (jet[0] + first + mixed @ second)[None])[0, 0]

    second = vmap(hessian(phi), in_dims=(0, 1, 0))(z.real.new_zeros(len(z), 6), batch.jet, batch.second)
    xx, xy, yy = second[:, :3, :3], second[:, :3, 3:], second[:, 3:, 3:]
    real, imaginary = 0.25 * (xx + yy), 0.25 * (xy - xy.mT)
    upper = [part[:, PAIRS[0], PAIRS[1]] for part in (real, imaginary)]
    return torch.cat([real.diagonal(dim1=1, dim2=2), *upper], dim=1)


SCHEMES: dict[str, Scheme] = {"ours": ours, "jets": jets, "ambient": plain, "tangents": tangents}


def check(points: Charts) -> None:
    """All schemes give one loss and one gradient, in float64.

    Raises:
        RuntimeError: they do not.
    """
    data, rows = tensors(points, "invariant", "phi", torch.float64, "cpu"), torch.arange(100)
    found = []
    for scheme in SCHEMES.values():
        steps = Steps(scheme, data, points, torch.float64)
        loss = steps.loss(rows)
        found.append((float(loss.detach()), torch.autograd.grad(loss, steps.parameters)[0]))
    for (name, _), (loss, gradient) in zip(SCHEMES.items(), found, strict=True):
        off = float((gradient - found[0][1]).abs().max() / found[0][1].abs().max())
        if abs(loss - found[0][0]) > 1e-10 or off > 1e-8:
            raise RuntimeError(f"{name} is not what ours is: loss {loss}, {found[0][0]}; gradients differ by {off}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=lambda text: [int(b) for b in text.split(",")], default=[64, 512])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="a scheme, batch size and repetition")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    quintic = Quintic()
    points = charts(quintic, sample(quintic, POINTS, np.random.default_rng(0)))
    check(charts(quintic, points.z[:100]))
    data = tensors(points, "invariant", "phi", torch.float32, "cpu")
    columns: dict[str, list[float]] = {}
    for batch in arguments.batches:
        made = {name: Steps(scheme, data, points) for name, scheme in SCHEMES.items()}
        for steps in made.values():
            for _ in range(WARM_UP):
                steps.step(torch.arange(batch))
        for _ in range(arguments.repetitions):
            rates = {name: steps.rate(batch, arguments.seconds) for name, steps in made.items()}
            for name, value in rates.items():
                columns.setdefault(f"batch {batch}: {name} (points/CPU s)", []).append(value)
            for name in list(SCHEMES)[1:]:
                columns.setdefault(f"batch {batch}: ours to {name}", []).append(rates["ours"] / rates[name])
    if arguments.json:
        print(json.dumps(columns))
        return
    print(f"{'':38}{'median':>10}{'lowest':>10}{'highest':>10}")
    for name, column in columns.items():
        print(f"{name:38}{statistics.median(column):>10.4g}{min(column):>10.4g}{max(column):>10.4g}")


if __name__ == "__main__":
    main()
