"""Operators of genetic algorithms on arrays of full vectors: selection, crossover and mutation, numbers in [0, 1].

SBX: Deb and Agrawal, Complex Systems 9, 1995. Polynomial mutation: Deb and Goyal, Computer Science and Informatics
26(4), 1996. Both in the form for bounded variables, whose distributions are rescaled to end at the bounds.
"""

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Encoding, Floats, Mask

DOUBLINGS = 64


def tournament(losses: Floats, size: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The winners (count,) of tournaments between ``size`` of the members with these losses, drawn with repetition.

    >>> losses = np.array([3.0, 1.0, 2.0])
    >>> set(tournament(losses, size=50, count=4, rng=np.random.default_rng(0)).tolist())
    {1}
    """
    entrants = rng.integers(len(losses), size=(count, size))
    winners: NDArray[np.int64] = entrants[np.arange(count), np.argmin(losses[entrants], axis=1)]
    return winners


def simulated_binary(a: Floats, b: Floats, eta: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Two children for each pair of numbers, spread about their parents the closer the larger ``eta``.

    Their mean is that of the parents unless a bound is near, and which parent's side they lie on is random.
    """
    low, high = np.minimum(a, b), np.maximum(a, b)
    distance = np.maximum(high - low, 1e-14)
    u = rng.random(a.shape)

    def spread(room: Floats) -> Floats:
        """beta_q for parents with so much room to the bound on their child's side."""
        alpha = 2.0 - (1.0 + 2.0 * room / distance) ** -(eta + 1.0)
        inner = u <= 1.0 / alpha
        base = np.where(inner, u * alpha, 1.0 / np.where(inner, 1.0, 2.0 - u * alpha))
        return base ** (1.0 / (eta + 1.0))

    middle = 0.5 * (low + high)
    below = np.clip(middle - 0.5 * spread(low) * distance, 0.0, 1.0)
    above = np.clip(middle + 0.5 * spread(1.0 - high) * distance, 0.0, 1.0)
    swap = rng.random(a.shape) < 0.5
    return np.where(swap, above, below), np.where(swap, below, above)


def crossover(
    a: Floats, b: Floats, numeric: Mask, eta: float, probability: float, uniform: bool, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Two children for each pair of parents (n, D), which are crossed with that probability and else stay as they are.

    In a crossed pair, half of the genes take part. Those that do are exchanged, but where not ``uniform``, numbers are
    recombined by SBX instead.
    """
    part = (rng.random(a.shape) < 0.5) & (rng.random((len(a), 1)) < probability)
    first, second = np.where(part, b, a), np.where(part, a, b)
    if not uniform:
        below, above = simulated_binary(a[:, numeric], b[:, numeric], eta, rng)
        first[:, numeric] = np.where(part[:, numeric], below, a[:, numeric])
        second[:, numeric] = np.where(part[:, numeric], above, b[:, numeric])
    return first, second


def polynomial_step(x: Floats, eta: float, rng: np.random.Generator) -> Floats:
    """Steps from numbers in [0, 1] to others there, the smaller the larger ``eta``."""
    u = rng.random(x.shape)
    down = u < 0.5
    room = np.where(down, x, 1.0 - x)
    tail = np.where(down, 2.0 * u, 2.0 * (1.0 - u))
    size = 1.0 - (tail + (1.0 - tail) * (1.0 - room) ** (eta + 1.0)) ** (1.0 / (eta + 1.0))
    return np.where(down, -size, size)


def mutate(
    x: Floats, chosen: Mask, encoding: Encoding, eta: float, rng: np.random.Generator, redraw: float = 0.0
) -> Floats:
    """Snapped full vectors (n, D) with the chosen genes changed: each discrete one to another of its values.

    Numbers take polynomial steps, or, with probability ``redraw``, move to anywhere.
    """
    moved = x + np.where(chosen, polynomial_step(np.clip(x, 0.0, 1.0), eta, rng), 0.0)
    if redraw:
        moved = np.where(rng.random(x.shape) < redraw, rng.random(x.shape), moved)
    moved = leave_bins(x, moved, chosen & (encoding.levels > 1) & ~encoding.categorical, encoding)
    switched = chosen & encoding.categorical & encoding.searched
    if switched.any():
        shift = 1.0 + np.floor(rng.random(x.shape) * (encoding.levels - 1))
        moved = np.where(switched, np.mod(x + shift, np.maximum(encoding.levels, 1)), moved)
    return encoding.snap(np.where(chosen, moved, x))


def leave_bins(x: Floats, moved: Floats, chosen: Mask, encoding: Encoding) -> Floats:
    """Steps of the chosen integers doubled until they reach another value, turned round at a bound."""
    step = np.where(chosen, moved - x, 0.0)
    step = np.where(chosen & (np.abs(step) < 1e-6), 1e-6, step)
    for _ in range(DOUBLINGS):
        stuck = chosen & (encoding.snap(x + step) == x)
        if not stuck.any():
            break
        outside = (x + 2.0 * step < 0.0) | (x + 2.0 * step > 1.0)
        step = np.where(stuck, np.where(outside, -2.0, 2.0) * step, step)
    return np.where(chosen, x + step, moved)
