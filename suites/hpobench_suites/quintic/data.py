"""The points that networks are trained and measured on, as tensors. A process makes a set once; trainings share it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import CLASS_VOLUME, Charts, Complex, Floats, Quintic
from hpobench_suites.quintic.measures import VOLUME_CY
from hpobench_suites.quintic.network.features import UPPER, features

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
        other: (n, f) features of the same points in another patch, or None if they are the same in all.
    """

    jet: Tensor
    second: Tensor | None
    table: Tensor
    other: Tensor | None

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
        )

    def take(self, rows: Tensor) -> "Points":
        """Some of the points, by index."""
        return Points(
            self.jet.index_select(1, rows),
            None if self.second is None else self.second.index_select(0, rows),
            self.table.index_select(0, rows),
            None if self.other is None else self.other.index_select(0, rows),
        )


def calabi_yau_volume(points: Charts) -> float:
    """∫|Ω|² d⁶x: exact for ψ = 0, else estimated from the points."""
    return VOLUME_CY if points.quintic.psi == 0.0 else float(points.weights.mean())


def packed(g: Complex) -> Floats:
    """Hermitian matrices (n, 3, 3) as (n, 9)."""
    upper = g[:, UPPER[0], UPPER[1]]
    return np.concatenate([np.diagonal(g, axis1=1, axis2=2).real, upper.real, upper.imag], axis=1)


def neighbours(points: Charts) -> Charts:
    """The same points in the patch of their second largest coordinate."""
    moduli = np.abs(points.z)
    rows = np.arange(len(points))
    moduli[rows, points.patch] = 0.0
    patch = moduli.argmax(axis=1)
    z = points.z / points.z[rows, patch, None]
    z[rows, patch] = 1.0
    slopes = np.abs(points.quintic.gradient(z))
    slopes[rows, patch] = -1.0
    return Charts(points.quintic, z, patch, slopes.argmax(axis=1))


def tensors(points: Charts, kind: str, dtype: torch.dtype, device: str) -> Points:
    """Worked out in float64, then rounded to ``dtype``."""
    made = features(kind, points.z, points.pullback)
    volume = calabi_yau_volume(points)
    table = np.column_stack(
        [packed(points.fubini_study), volume / (CLASS_VOLUME * points.holomorphic), points.weights / volume]
    )
    other = None
    if kind == "patch":
        z = neighbours(points).z
        other = np.concatenate([z.real, z.imag], axis=1)

    def tensor(array: Floats) -> Tensor:
        return torch.from_numpy(array).to(device=device, dtype=dtype)

    return Points(
        tensor(made.jet),
        None if made.second is None else tensor(made.second),
        tensor(table),
        None if other is None else tensor(other),
    )


@lru_cache(maxsize=8)
def resident(psi: float, part: str, n: int, kind: str, device: str) -> Points:
    """The ``n`` training points in float32, or test points in float64, on a device."""
    points = point_set(Quintic(psi), n, SEED, part)
    return tensors(points, kind, torch.float32 if part == "train" else torch.float64, device)
