"""The metrics of ``sections``, to differentiate: for their curvature."""

import torch
from torch import Tensor

from hpobench_suites.quintic.curvature import Metric
from hpobench_suites.quintic.donaldson.sections import Form, exponents


def differentiable_metric(form: Form, degree: int, device: str = "cpu") -> Metric:
    """g_ab̄ = (1/πk) ∂_a∂_b̄ log(s† H s) as a function of z and P, for a Hermitian form H (M, M) on the monomials."""
    powers = torch.from_numpy(exponents(degree).T.copy()).to(device)
    lower = (powers - 1).clamp(min=0)
    coordinates = torch.arange(5, device=device)[:, None]
    weights = torch.from_numpy(form).to(device=device, dtype=torch.complex128)
    diagonal = weights.diagonal() if torch.equal(weights, weights.diagonal().diag()) else None

    def metric(z: Tensor, pullback: Tensor) -> Tensor:
        table = [torch.ones_like(z), z]
        for _ in range(degree - 1):
            table.append(table[-1] * z)
        stacked = torch.stack(table, dim=2)
        factors = stacked[:, coordinates, powers]
        slopes = powers * stacked[:, coordinates, lower]
        before, after = [torch.ones_like(factors[:, 0])], [torch.ones_like(factors[:, 0])]
        for i in range(4):
            before.append(before[-1] * factors[:, i])
            after.append(after[-1] * factors[:, 4 - i])
        others = torch.stack([before[i] * after[4 - i] for i in range(5)], dim=1)
        s = torch.cat([(before[4] * factors[:, 4])[:, None], pullback @ (slopes * others)], dim=1)
        bordered = (s * diagonal if diagonal is not None else s @ weights) @ s.conj().transpose(1, 2)
        potential = bordered[:, :1, :1].real
        mixed = bordered[:, 1:, 1:] / potential - bordered[:, 1:, :1] * bordered[:, :1, 1:] / potential**2
        return mixed / (torch.pi * degree)

    return metric
