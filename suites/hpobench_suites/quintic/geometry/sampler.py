"""Random points on a quintic, distributed like Fubini-Study's volume: where random lines of P⁴ meet it.

A line p t + q through two independent points of S⁹, uniform there, meets X in five points (Bézout); over many lines
these are distributed like det g_FS d⁶x (Shiffman & Zelditch, math/9803052; Braun et al., arXiv 0712.3563, section 3).
The five points of a line are not independent of each other: errors of means come from the means over lines.

The five roots t of all lines are found at once by the Ehrlich-Aberth iteration (Aberth, Math. Comp. 27, 339, 1973):
with the polynomial P and the other four approximations t_j, the step is P / (P' − P Σ_j 1/(t − t_j)), of third order.
Arrays hold one line per column, in blocks that stay in a processor's cache.
"""

from itertools import combinations

import numpy as np

from hpobench_tui.core import HpobenchError

from .hypersurface import Booleans, Complex, Quintic, rescaled, squares

MOST_POINTS = 10_000_000
BLOCK = 1024  # lines: an array of 5 × 1024 complex numbers has 80 KiB, and a dozen are in use at a time
BINOMIALS = (1.0, 5.0, 10.0, 10.0, 5.0, 1.0)
MOST_ITERATIONS = 40
SETTLED = 1e-8  # a relative step below it leaves an error below float64's, as the order is three
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
    for start in range(0, n // 5, BLOCK):
        block = z[start : start + BLOCK]
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
    z, sound = polished(quintic, p, q, roots(c))
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


def roots(c: Complex) -> Complex:
    """The five roots of each polynomial Σ_k c_k t^k of degree 5, (5, lines); NaN where they did not settle."""
    start = np.exp(1j * (0.4 + 2.0 * np.pi / 5.0 * np.arange(5)))  # no symmetry with the real axis
    t = start[:, None] * (squares(c[0]) / squares(c[5])) ** 0.1  # the roots' geometric mean
    found: Complex = np.full_like(t, np.nan)
    left = np.arange(t.shape[1])
    for _ in range(MOST_ITERATIONS):
        step = aberth_step(c, t)
        t = t - step
        settled = (squares(step) <= SETTLED**2 * squares(t)).all(axis=0)
        if settled.any():
            found[:, left[settled]] = t[:, settled]
            if settled.all():
                break
            c, t, left = c[:, ~settled], t[:, ~settled], left[~settled]
    return found


def aberth_step(c: Complex, t: Complex) -> Complex:
    """P / (P' − P S) with S = R'/R, R(x) = Π_j (x − t_j) over the other four: written with a single division."""
    value = c[5] * t + c[4]
    slope = np.broadcast_to(c[5], t.shape)
    for k in (3, 2, 1, 0):
        slope = slope * t + value
        value = value * t + c[k]
    others, others_slope = np.empty_like(t), np.empty_like(t)
    for i in range(5):
        d0, d1, d2, d3 = (t[i] - t[j] for j in range(5) if j != i)
        first, second = d0 * d1, d2 * d3
        others[i] = first * second
        others_slope[i] = (d0 + d1) * second + first * (d2 + d3)
    return ratio(value * others, slope * others - value * others_slope)


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
    slope = (quintic.gradient(by_point) * p.T[:, None, :]).sum(axis=2)
    step = ratio(quintic.value(by_point), slope)
    settled = (squares(step.T) <= SETTLED**2 * squares(t)).all(axis=0)
    apart = np.all([squares(t[i] - t[j]) > APART**2 * squares(t[i]) for i, j in combinations(range(5), 2)], axis=0)
    z -= p[:, None, :] * step.T
    z, _ = rescaled(by_point)
    on_surface = (squares(quintic.value(z)) <= RESIDUAL**2).all(axis=1)
    sound: Booleans = settled & apart & on_surface
    return z, sound


def ratio(a: Complex, b: Complex) -> Complex:
    """a / b, several times faster than NumPy's, which guards against overflow."""
    result: Complex = a * b.conj() / squares(b)
    return result
