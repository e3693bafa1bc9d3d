"""Hermitian 3×3 matrices packed as nine real numbers: determinant with gradient, definiteness, unpacking."""

from functools import cache
from typing import Any

import torch
from torch import Tensor

D0, D1, D2, P, Q, R, P_, Q_, R_ = range(9)
"""Diagonal; Re 01, 02, 12; Im 01, 02, 12."""
PAIRS = [0, 0, 1], [1, 2, 2]
"""Rows and columns of 01, 02, 12."""
TERMS = (
    (1.0, D0, D1, D2),
    (-1.0, D0, R, R), (-1.0, D0, R_, R_), (-1.0, D1, Q, Q), (-1.0, D1, Q_, Q_), (-1.0, D2, P, P), (-1.0, D2, P_, P_),
    (2.0, P, R, Q), (-2.0, P_, R_, Q), (2.0, P, R_, Q_), (2.0, P_, R, Q_),
)  # fmt: skip
"""det g = g00 g11 g22 − g00|g12|² − g11|g02|² − g22|g01|² + 2 Re(g01 g12 ḡ02), monomial by monomial."""


@cache
def _terms(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Indices (33,) of all first, second and third factors, coefficients (11,), and where gradients go (33, 9)."""
    coefficients, *factors = zip(*TERMS, strict=True)
    index = torch.tensor([i for factor in factors for i in factor])
    return (
        index.to(device),
        torch.tensor(coefficients, dtype=dtype, device=device),
        torch.nn.functional.one_hot(index, 9).to(dtype=dtype, device=device),
    )


class Determinant(torch.autograd.Function):  # type: ignore[misc]
    """det of packed matrices (n, 9), (n,); differentiable once."""

    @staticmethod
    def forward(ctx: Any, packed: Tensor) -> Tensor:
        index, coefficients, _ = _terms(packed.dtype, packed.device)
        first, second, third = packed.index_select(1, index).split(len(TERMS), dim=1)
        pair = first * second
        ctx.save_for_backward(first, second, third, pair)
        return (pair * third) @ coefficients

    @staticmethod
    def backward(ctx: Any, bar: Tensor) -> Tensor:
        first, second, third, pair = ctx.saved_tensors
        _, coefficients, scatter = _terms(bar.dtype, bar.device)
        third = third * coefficients
        products = torch.cat([second * third, first * third, pair * coefficients], dim=1)
        return (products @ scatter) * bar[:, None]


def unpack(packed: Tensor) -> Tensor:
    """Hermitian matrices (n, 3, 3) from packed ones (n, 9); differentiable as often as one likes."""
    upper = torch.complex(packed[:, P:P_], packed[:, P_:])
    p, q, r = upper.unbind(1)
    d0, d1, d2 = packed[:, :P].to(upper.dtype).unbind(1)
    entries = [d0, p, q, p.conj(), d1, r, q.conj(), r.conj(), d2]
    return torch.stack(entries, dim=1).view(-1, 3, 3)


def pack(matrix: Tensor) -> Tensor:
    """The inverse of :func:`unpack`; reads diagonal and upper triangle."""
    upper = matrix[:, PAIRS[0], PAIRS[1]]
    return torch.cat([matrix.diagonal(dim1=1, dim2=2).real, upper.real, upper.imag], dim=1)


def determinants(packed: Tensor) -> Tensor:
    """det of packed matrices (n, 9), (n,)."""
    result: Tensor = Determinant.apply(packed)
    return result


def indefinite(packed: Tensor, determinant: Tensor) -> Tensor:
    """Which of the matrices (n, 9) are not positive definite, by Sylvester's criterion, (n,); NaN is not."""
    minor = packed[:, D0] * packed[:, D1] - packed[:, P] ** 2 - packed[:, P_] ** 2
    return ~((packed[:, D0] > 0.0) & (minor > 0.0) & (determinant > 0.0))
