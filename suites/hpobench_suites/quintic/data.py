"""The points that networks are trained and measured on, as tensors. A process makes a set once; trainings share it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from hpobench_suites.quintic.geometry.cache import Part, point_set
from hpobench_suites.quintic.geometry.hypersurface import CLASS_VOLUME, Charts, Complex, Floats, Quintic
from hpobench_suites.quintic.measures import VOLUME_CY
from hpobench_suites.quintic.network.features import UPPER, features
from hpobench_suites.quintic.network.overlap import fubini_study_slopes, jacobian, neighbours

BLOCK = 10_000
SEED = 1
"""Of the points. They are the same for all trainings: the seed of a training sets initialisation and order."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points as a network sees them. Tensors that trainings share: not to be changed.

    Attributes:
        jet: (7, n, f) features and their six tangents.
        second: (n, 9, f) ∂_a∂_b̄ of the features, or None where it is zero.
        table: (n, 11) Fubini-Study's metric, packed; κ⁻¹/|Ω|², so that det g times it is 1 for the Ricci-flat metric;
            weight, with mean about 1.
        other: (n, f) features of the same points in the neighbouring chart, or None if they are the same in all.
        overlap: (n, 81) for ansätze that are no potential: the neighbour's g_FS, packed (9), the Jacobian ∂x′/∂x
            (3, 3 complex) and ∂_c g_FS,ab (3, 3, 3 complex); else None.
    """

    jet: Tensor
    second: Tensor | None
    table: Tensor
    other: Tensor | None
    overlap: Tensor | None = None

    def __len__(self) -> int:
        return len(self.table)

    @property
    def fubini_study(self) -> Tensor:
        return self.table[:, :9]

    @property
    def density(self) -> Tensor:
        return self.table[:, 9]

    @property
    def weight(self) -> Tensor:
        return self.table[:, 10]

    def first(self, n: int) -> "Points":
        """The first n points; views."""
        return Points(
            self.jet[:, :n],
            None if self.second is None else self.second[:n],
            self.table[:n],
            None if self.other is None else self.other[:n],
            None if self.overlap is None else self.overlap[:n],
        )

    def take(self, rows: Tensor) -> "Points":
        """Some of the points, by index."""
        return Points(
            self.jet.index_select(1, rows),
            None if self.second is None else self.second.index_select(0, rows),
            self.table.index_select(0, rows),
            None if self.other is None else self.other.index_select(0, rows),
            None if self.overlap is None else self.overlap.index_select(0, rows),
        )


def calabi_yau_volume(points: Charts) -> float:
    """∫|Ω|² d⁶x: exact for ψ = 0, else estimated from the points."""
    return VOLUME_CY if points.quintic.psi == 0.0 else float(points.weights.mean())


def packed(g: Complex) -> Floats:
    """Hermitian matrices (n, 3, 3) as (n, 9)."""
    upper = g[:, UPPER[0], UPPER[1]]
    return np.concatenate([np.diagonal(g, axis1=1, axis2=2).real, upper.real, upper.imag], axis=1)


def tensors(points: Charts, kind: str, ansatz: str, dtype: torch.dtype, device: str) -> Points:
    """Worked out in float64, then rounded to ``dtype``; in blocks, as float64 takes several times the room."""
    volume = calabi_yau_volume(points)
    starts = range(0, len(points), BLOCK)
    blocks = [_block(_rows(points, slice(s, s + BLOCK)), volume, kind, ansatz, dtype, device) for s in starts]
    jets, *others = zip(*((b.jet, b.second, b.table, b.other, b.overlap) for b in blocks), strict=True)
    return Points(torch.cat(jets, dim=1), *(None if parts[0] is None else torch.cat(parts) for parts in others))


def _block(points: Charts, volume: float, kind: str, ansatz: str, dtype: torch.dtype, device: str) -> Points:
    made = features(kind, points.z, points.pullback)
    table = np.column_stack(
        [packed(points.fubini_study), volume / (CLASS_VOLUME * points.holomorphic), points.weights / volume]
    )

    def tensor(array: Floats) -> Tensor:
        return torch.from_numpy(array).to(device=device, dtype=dtype)

    other = overlap = None
    if kind == "patch":
        there = neighbours(points)
        other = tensor(np.concatenate([there.z.real, there.z.imag], axis=1))
        if ansatz != "phi":
            reals = [_reals(jacobian(points, there)), _reals(fubini_study_slopes(points))]
            overlap = tensor(np.column_stack([packed(there.fubini_study), *reals]))
    second = None if made.second is None else tensor(made.second)
    return Points(tensor(made.jet), second, tensor(table), other, overlap)


def _rows(points: Charts, rows: slice) -> Charts:
    return Charts(points.quintic, points.z[rows], points.patch[rows], points.eliminated[rows])


def _reals(array: Complex) -> Floats:
    result: Floats = np.ascontiguousarray(array).reshape(len(array), -1).view(np.float64)
    return result


@lru_cache(maxsize=4)
def resident(psi: float, part: Part, n: int, kind: str, ansatz: str, device: str) -> Points:
    """The ``n`` training points in float32, or test points in float64, on a device."""
    points = point_set(Quintic(psi), n, SEED, part)
    return tensors(points, kind, ansatz, torch.float32 if part == "train" else torch.float64, device)
