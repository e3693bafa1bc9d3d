"""Stationary kernels as functions of the squared distance, with their derivatives.

Rasmussen and Williams, Gaussian Processes for Machine Learning (2006): the squared exponential (RBF, eq. 4.9) and the
Matérn class with nu = 3/2 and 5/2 (eq. 4.17). Automatic relevance determination is left to who computes the distance:
coordinates are divided by their length-scales first.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from hpobench_baselines.native.encoding import Floats

Kernel: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""Squared distances (any shape) to k, which is 1 at 0, and its derivative by the squared distance."""

SQRT3, SQRT5 = np.sqrt(3.0), np.sqrt(5.0)


def rbf(squared: Floats) -> tuple[Floats, Floats]:
    """exp(-r² / 2)."""
    k = np.exp(-0.5 * squared)
    return k, -0.5 * k


def matern32(squared: Floats) -> tuple[Floats, Floats]:
    """(1 + s) exp(-s) with s = sqrt(3) r."""
    s = SQRT3 * np.sqrt(squared)
    decay = np.exp(-s)
    return (1.0 + s) * decay, -1.5 * decay


def matern52(squared: Floats) -> tuple[Floats, Floats]:
    """(1 + s + s² / 3) exp(-s) with s = sqrt(5) r."""
    s = np.sqrt(squared)
    s *= SQRT5
    slope = np.exp(-s)
    k = s * slope
    slope += k  # (1 + s) exp(-s)
    k *= s
    k *= 1.0 / 3.0
    k += slope
    slope *= -5.0 / 6.0
    return k, slope


KERNELS: Mapping[str, Kernel] = {"rbf": rbf, "matern32": matern32, "matern52": matern52}


def squared_distances(a: Floats, b: Floats) -> Floats:
    """Between all points of ``a`` (m, M) and ``b`` (n, M): (m, n), never negative.

    By |a|² + |b|² - 2 a·b, whose rounding error is about 1e-16 |a|²: harmless, as all kernels here are smooth in r².

    >>> squared_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[25.0, 0.0]]
    """
    squared = a @ b.T
    squared *= -2.0
    squared += np.einsum("ij,ij->i", a, a)[:, None]
    squared += np.einsum("ij,ij->i", b, b)
    return np.maximum(squared, 0.0, out=squared)
