"""Differential evolution's rand/1/bin (Storn and Price, Journal of Global Optimization 11, 1997) in the unit cube."""

import numpy as np

from hpobench_baselines.native.encoding import Floats


def mutant(pool: Floats, factor: float, rng: np.random.Generator) -> Floats:
    """rand/1: a + F (b - c) of three different members of ``pool`` (m >= 3, D); what leaves [0, 1] is drawn anew."""
    a, b, c = pool[rng.permutation(len(pool))[:3]]
    v: Floats = a + factor * (b - c)
    outside = (v < 0.0) | (v > 1.0)
    if outside.any():
        v[outside] = rng.random(int(outside.sum()))
    return v


def crossed(target: Floats, mutant: Floats, rate: float, rng: np.random.Generator) -> Floats:
    """bin: the target (D,), with each column taken from the mutant with probability ``rate``, and at least one."""
    taken = rng.random(len(target)) < rate
    if len(target) and not taken.any():
        taken[rng.integers(len(target))] = True
    return np.where(taken, mutant, target)
