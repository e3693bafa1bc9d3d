"""Random points on a quintic, distributed like Fubini-Study's volume: where random lines of P⁴ meet it.

A line p t + q through two independent points of S⁹, uniform there, meets X in five points (Bézout); over many lines
these are distributed like det g_FS d⁶x (Shiffman & Zelditch, math/9803052; Braun et al., arXiv 0712.3563).
The five points of a line are not independent of each other: errors of means come from the means over lines.

The five roots t of all lines are found at once by the Ehrlich-Aberth iteration (Aberth, Math. Comp. 27, 339, 1973):
with the polynomial P and the other four approximations t_j, the step is P / (P' − P Σ_j 1/(t − t_j)), of third order.
Arrays hold one line per column, in slices that stay in a processor's cache; lines leave as they settle.
"""

from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core import HpobenchError

from .hypersurface import Booleans, Complex, Quintic, rescaled, squares

Number = TypeVar("Number", np.complex64, np.complex128)

MOST_POINTS = 10_000_000
BLOCK = 8192  # lines at a time: few enough for the memory, enough for the last ones to settle to share their steps
SLICE = 1024  # lines in a step: an array of 5 × 1024 complex numbers has 80 KiB, and a dozen of them stay in the cache
BINOMIALS = (1.0, 5.0, 10.0, 10.0, 5.0, 1.0)
SINGLE_ITERATIONS, MOST_ITERATIONS = 4, 40
SETTLING = 1e-4  # a relative step below it leaves an error of about 1e-12, as the order is three
SETTLED = 1e-8  # the same for Newton's step, which comes last and is of second order
APART = 1e-6  # roots that are relatively closer are checked by companion eigenvalues
RESIDUAL = 1e-12  # the most of |Q| with the largest coordinate scaled to 1; it is about 2e-15


def sample(quintic: Quintic, n: int, rng: np.random.Generator) -> Complex:
    """Points (n, 5) on the quintic, the coordinate of largest modulus exactly 1; five consecutive ones share a line.

    A larger n with a generator in the same state begins with the same points.

    Raises:
        HpobenchError: n is not a positive multiple of 5, or above ten million.
    """
    check_size(n)
    z = np.empty((n // 5, 5, 5), dtype=np.complex128)
    for first in range(0, n // 5, BLOCK):
        block = z[first : first + BLOCK]
        block[:] = intersections(quintic, *lines(len(block), rng))
    return z.reshape(n, 5)


def check_size(n: int) -> None:
    """Refuse numbers of points that cannot be sampled."""
    if not (isinstance(n, int) and 5 <= n <= MOST_POINTS and n % 5 == 0):
        raise HpobenchError(
            f"quintic: the number of points must be a multiple of 5 (each line has five) from 5 to {MOST_POINTS:,}, "
            f"not {n!r}."
        )


def lines(count: int, rng: np.random.Generator) -> tuple[Complex, Complex]:
    """Two independent points each, uniform on S⁹, as (5, count) arrays."""
    normal = rng.standard_normal((count, 2, 5, 2)).view(np.complex128)[..., 0]
    p, q = np.ascontiguousarray(normal.transpose(1, 2, 0))
    p /= np.sqrt(squares(p).sum(axis=0))
    q /= np.sqrt(squares(q).sum(axis=0))
    return p, q


@np.errstate(all="ignore")  # a division by 0 or what comes of it is not sound, and done again or refused
def intersections(quintic: Quintic, p: Complex, q: Complex) -> Complex:
    """The five points (lines, 5, 5) in which each line p t + q meets the quintic; p and q are (5, lines)."""
    c = coefficients(quintic, p, q)
    t = roots(c)
    parts = [polished(quintic, p[:, k], q[:, k], t[:, k]) for k in slices(t.shape[1])]
    z, sound = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not sound.all():
        doubtful = np.flatnonzero(~sound)
        p, q = p[:, doubtful], q[:, doubtful]
        z[doubtful], _ = polished(quintic, p, q, companion_roots(c[:, doubtful]))
        residual = np.abs(quintic.value(z[doubtful])).max()
        if not residual <= RESIDUAL:
            raise ArithmeticError(f"quintic: no roots on a line with psi = {quintic.psi}: |Q| = {residual:.1e}.")
    return z


def coefficients(quintic: Quintic, p: Complex, q: Complex) -> Complex:
    """c_k of Q(p t + q) = Σ_k c_k t^k, (6, lines)."""
    p_powers, q_powers = powers(p), powers(q)
    c = np.stack([b * (p_powers[k] * q_powers[5 - k]).sum(axis=0) for k, b in enumerate(BINOMIALS)])
    if quintic.psi != 0.0:
        product = np.zeros_like(c)  # of the linear factors p_i t + q_i so far
        product[0] = 1.0
        for i in range(5):
            product[1:] = product[1:] * q[i] + product[:-1] * p[i]
            product[0] *= q[i]
        c -= 5.0 * quintic.psi * product
    return c


def powers(x: Complex) -> list[Complex]:
    """x to the powers 0 to 5."""
    result = [np.ones_like(x), x]
    for _ in range(4):
        result.append(result[-1] * x)
    return result


def slices(count: int) -> list[slice]:
    """Columns at a time."""
    return [slice(first, first + SLICE) for first in range(0, count, SLICE)]


def roots(c: Complex) -> Complex:
    """The five roots of each polynomial Σ_k c_k t^k of degree 5, (5, lines); NaN where they did not settle."""
    t = np.concatenate([approximations(c[:, k]) for k in slices(c.shape[1])], axis=1)
    found: Complex = np.full_like(t, np.nan)
    left = np.arange(t.shape[1])
    for _ in range(MOST_ITERATIONS):
        step = np.concatenate([aberth_step(c[:, k], t[:, k]) for k in slices(t.shape[1])], axis=1)
        t = t - step
        settled = (np.abs(step) <= SETTLING * np.abs(t)).all(axis=0)
        if settled.any():
            found[:, left[settled]] = t.compress(settled, axis=1)
            if settled.all():
                break
            c, t, left = (array.compress(~settled, axis=-1) for array in (c, t, left))
    return found


def approximations(c: Complex) -> Complex:
    """What a few steps in single precision, in half the time, make of the start; most lines take one or two more."""
    t: NDArray[np.complex64] = start(c).astype(np.complex64)
    single: NDArray[np.complex64] = c.astype(np.complex64)
    for _ in range(SINGLE_ITERATIONS):
        t = t - aberth_step(single, t)
    return t.astype(np.complex128)


def start(c: Complex) -> Complex:
    """The roots of the polynomial c_5 (t − m)⁵ + P(m), with m the mean of P's own: a step fewer than from a circle."""
    mean = c[4] / (-5.0 * c[5])
    value = c[5] * mean + c[4]
    for k in (3, 2, 1, 0):
        value = value * mean + c[k]
    unity = np.exp(0.4j * np.pi * np.arange(5))[:, None]
    t: Complex = mean + (-value / c[5]) ** 0.2 * unity
    return t


def aberth_step(c: NDArray[Number], t: NDArray[Number]) -> NDArray[Number]:
    """P / (P' − P S) with S = R'/R, R(x) = Π_j (x − t_j) over the other four: written with a single division."""
    value = c[5] * t + c[4]
    slope = np.broadcast_to(c[5], t.shape)
    for k in (3, 2, 1, 0):
        slope = slope * t + value
        value = value * t + c[k]
    circle = np.concatenate([t, t])
    d1, d2, d3, d4 = (t - circle[k : k + 5] for k in range(1, 5))
    first, second = d1 * d2, d3 * d4
    others = first * second
    others_slope = (d1 + d2) * second + first * (d3 + d4)
    step: NDArray[Number] = value * others / (slope * others - value * others_slope)
    return step


def companion_roots(c: Complex) -> Complex:
    """The same roots as eigenvalues of companion matrices: several times slower, and sure."""
    matrices = np.zeros((c.shape[1], 5, 5), dtype=np.complex128)
    matrices[:, np.arange(1, 5), np.arange(4)] = 1.0
    matrices[:, :, 4] = -(c[:5] / c[5]).T
    return np.linalg.eigvals(matrices).T.astype(np.complex128)


def polished(quintic: Quintic, p: Complex, q: Complex, t: Complex) -> tuple[Complex, Booleans]:
    """The points (lines, 5, 5) after a Newton step on Q itself, and which lines have surely five different ones, on X.

    Surely: every root moved by less than 1e-8 of itself, they are farther apart than 1e-6, and |Q| is rounding error.
    """
    z = p[:, None, :] * t + q[:, None, :]
    by_point = z.transpose(2, 1, 0)  # a view
    gradient = quintic.gradient(by_point)
    slope = (gradient * p.T[:, None, :]).sum(axis=2)
    step = (gradient * by_point).sum(axis=2) / (5.0 * slope)  # Euler: Σ z_i ∂_iQ = 5Q
    size = np.abs(t)
    settled = (np.abs(step.T) <= SETTLED * size).all(axis=0)
    apart = np.all([np.abs(t[i] - t[j]) > APART * size[i] for i, j in combinations(range(5), 2)], axis=0)
    z -= p[:, None, :] * step.T
    z, _ = rescaled(by_point)
    on_surface = (np.abs(quintic.value(z)) <= RESIDUAL).all(axis=1)
    sound: Booleans = settled & apart & on_surface
    return z, sound
