"""Particle swarm optimization with constriction (Clerc and Kennedy, IEEE TEVC 6(1), 2002), as the standard PSO of
Bratton and Kennedy (IEEE Swarm Intelligence Symposium 2007): a ring, where each particle knows its two neighbours.

With chi = 2 / (phi - 2 + sqrt(phi^2 - 4 phi)) for phi = c1 + c2 > 4, a particle at x with velocity v, its best place p
and the best place l of its neighbourhood moves by v <- chi (v + c1 r1 (p - x) + c2 r2 (l - x)), x <- x + v, the r
uniform on [0, 1] in each coordinate. A particle that leaves the space meets a wall: ``absorb`` stops that coordinate
there, ``reflect`` mirrors it and turns its velocity round. Discrete hyperparameters are relaxed (``relaxation``).
A swarm that has converged is followed by a fresh one.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.evolution.batches import Batch, BatchOptimizer, Convergence
from hpobench_baselines.native.evolution.relaxation import Relaxation, reflect
from hpobench_tui.core import Task


class ParticleSwarm(BatchOptimizer):
    """Parameters ``particles``, ``topology``, ``c1``, ``c2`` and ``walls``.

    It closes in, all of it:

    >>> from hpobench_baselines.native.evolution import PARTICLE_SWARM
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = ParticleSwarm(task(PARTICLE_SWARM, {"x": (0.0, 1.0), "y": (0.0, 1.0)}))
    >>> trials = play(optimizer, lambda c: abs(c["x"] - 0.3) + abs(c["y"] - 0.6), 400)
    >>> sum(t.loss for t in trials[-10:]) < 0.3 * sum(t.loss for t in trials[:10])
    True
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        given = task.parameters
        self._size = int(given["particles"])
        self._ring, self._absorb = given["topology"] == "ring", given["walls"] == "absorb"
        self._c1, self._c2 = float(given["c1"]), float(given["c2"])
        self._relaxation = Relaxation(self.encoding)
        self._losses: Floats = np.empty(0)
        self._swarms = 0

    def _breed(self) -> Batch:
        fresh = not len(self._losses) or self._convergence.reached(self._losses)
        x = self._start() if fresh else self._fly()
        first = self._swarms * self._size
        return Batch(x, self._points, list(range(first, first + self._size)))

    def _start(self) -> Floats:
        """A new swarm, whatever was found before."""
        x = self.initial(self._size)
        self._points = self._relaxation.relax(x)
        self._best = self._points.copy()
        self._velocities = 0.5 * (self.rng.random(self._points.shape) - self._points)
        self._losses = np.full(self._size, np.inf)
        self._convergence = Convergence()
        self._swarms += 1
        return x

    def _fly(self) -> Floats:
        guides = self._best[neighbourhood_best(self._losses, self._ring)]
        speeds = velocities(self._points, self._velocities, self._best, guides, self._c1, self._c2, self.rng)
        points, self._velocities = walled(self._points + speeds, speeds, self._absorb)
        self._points, x = self._relaxation.permitted(points, self.rng)
        return x

    def _learn(self, genes: Floats, slot: int, loss: float) -> None:
        swarm, particle = divmod(slot, self._size)
        if swarm == self._swarms and loss < self._losses[particle]:
            self._best[particle], self._losses[particle] = genes, loss


def constriction(c1: float, c2: float) -> float:
    """Clerc and Kennedy's chi for kappa = 1; c1 + c2 must exceed 4."""
    phi = c1 + c2
    return 2.0 / (phi - 2.0 + math.sqrt(phi * phi - 4.0 * phi))


def neighbourhood_best(losses: Floats, ring: bool) -> NDArray[np.int64]:
    """Whose best place each particle (n,) is drawn to: the best of itself and its two neighbours, or of all."""
    n = len(losses)
    if not ring:
        return np.full(n, np.argmin(losses), dtype=np.int64)
    around = (np.arange(n)[:, None] + np.array([0, -1, 1])) % n
    best: NDArray[np.int64] = around[np.arange(n), np.argmin(losses[around], axis=1)]
    return best


def velocities(
    points: Floats, previous: Floats, best: Floats, guides: Floats, c1: float, c2: float, rng: np.random.Generator
) -> Floats:
    """The next velocities (n, d)."""
    own, social = c1 * rng.random(points.shape), c2 * rng.random(points.shape)
    return constriction(c1, c2) * (previous + own * (best - points) + social * (guides - points))


def walled(points: Floats, speeds: Floats, absorb: bool) -> tuple[Floats, Floats]:
    """Points brought into [0, 1], and the velocities that they go on with."""
    outside = (points < 0.0) | (points > 1.0)
    if absorb:
        return np.clip(points, 0.0, 1.0), np.where(outside, 0.0, speeds)
    return reflect(points), np.where(outside, -speeds, speeds)
