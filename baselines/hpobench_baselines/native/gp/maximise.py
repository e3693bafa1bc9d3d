"""Where an acquisition function is greatest: many candidates at once, then gradients for numbers and moves for choices.

1. Candidates: uniform ones over the space, and neighbours of the best configurations so far, at distances from a tenth
   of the range down to a ten-thousandth, in few or all of their columns.
2. The best few of them climb together by a projected quasi-Newton method, in the columns that are continuous enough.
3. Of the best, every discrete column is moved to its neighbours (all choices of a categorical) while that helps.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp.criteria import Criterion
from hpobench_baselines.native.gp.features import Features

UNIFORM = 200
NEIGHBOURS = 200
CLIMBERS = 6
STEPS = 24
SMOOTH_LEVELS = 8
"""An integer with so many values or more is climbed as if it were continuous."""
MOVES = 4
FIRST_STEP = 0.05
"""The length of a climb's first step along the gradient."""


class Maximiser:
    """Maximises over one space.

    Args:
        encoding: The space.
        features: Its coordinates.
    """

    def __init__(self, encoding: Encoding, features: Features) -> None:
        self._encoding, self._features = encoding, features
        levels = encoding.levels[features.numbers]
        climbed = (levels == 0) | (levels >= SMOOTH_LEVELS)
        self._climbed = features.numbers[climbed]
        self._coordinates = features.coordinates[climbed]
        discrete = encoding.searched.copy()
        discrete[encoding.levels == 0] = False
        self._discrete = np.flatnonzero(discrete).tolist()

    def uniform(self, n: int, rng: np.random.Generator) -> Floats:
        """Permitted full vectors (n, D), uniform in encoded space."""
        return self.permitted(self.spread(rng.random((n, len(self._encoding.names)))), rng)

    def spread(self, cube: Floats) -> Floats:
        """Points (n, D) of the unit cube as full vectors, choices by equal parts of [0, 1]."""
        x = cube.copy()
        choices = self._encoding.categorical
        x[:, choices] = np.floor(cube[:, choices] * self._encoding.levels[choices])
        return self._encoding.snap(x)

    def designed(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Permitted full vectors (n, D) of points (n, groups) of a design in the unit cube of the searched columns."""
        cube = np.full((len(points), len(self._encoding.names)), 0.5)
        cube[:, self._encoding.searched] = points
        return self.permitted(self.spread(cube), rng)

    def permitted(self, x: Floats, rng: np.random.Generator) -> Floats:
        """Full vectors (n, D), the forbidden ones mended."""
        return self._encoding.mend(x, rng) if self._encoding.constrained else x

    def neighbours(self, centres: Floats, n: int, rng: np.random.Generator) -> Floats:
        """Full vectors (n, D) near the (k, D) full ones, in turn."""
        encoding = self._encoding
        x = centres[np.arange(n) % len(centres)]
        searched = np.flatnonzero(encoding.searched)
        d = len(searched)
        share = np.where(rng.random(n) < 0.5, 1.0, np.minimum(1.0, 2.0 / d))[:, None]
        moved = rng.random((n, d)) < share
        moved[np.arange(n), rng.integers(d, size=n)] = True
        radius = 10.0 ** rng.uniform(-4.0, -0.7, size=(n, 1))
        step = rng.standard_normal((n, d)) * radius
        levels = encoding.levels[searched]
        whole = np.where(levels > 0, 1.0 / np.maximum(levels, 1), 0.0)
        step = np.where((whole > 0) & (np.abs(step) < whole), np.sign(step) * whole, step)
        draws = np.floor(rng.random((n, d)) * levels)
        choices = encoding.categorical[searched]
        moved[:, choices] &= rng.random((n, int(choices.sum()))) < 0.5
        values = np.where(choices, draws, x[:, searched] + step)
        x[:, searched] = np.where(moved, values, x[:, searched])
        return self.permitted(encoding.snap(x), rng)

    def embed(self, x: Floats) -> Floats:
        """Full vectors (n, D) as coordinates (n, M)."""
        return self._features.embed(self._encoding.masked(x))

    def candidates(self, centres: Floats, rng: np.random.Generator, factor: int = 1) -> Floats:
        """Uniform vectors and neighbours of the (k, D) centres."""
        uniform = self.uniform(UNIFORM * factor, rng)
        return np.concatenate((uniform, self.neighbours(centres, NEIGHBOURS * factor, rng)))

    def ranked(self, centres: Floats, criterion: Criterion, rng: np.random.Generator) -> Floats:
        """Full vectors (n, D), the greatest value first: candidates near the centres (k, D) and elsewhere, refined."""
        x = self.candidates(centres, rng)
        values = criterion.score(self.embed(x))
        order = np.argsort(-values, kind="stable")
        top = self._apart(x, order)
        refined = self.climbed(x[top], criterion, rng)
        x = np.concatenate((x[order], refined))
        values = np.concatenate((values[order], criterion.score(self.embed(refined))))
        if self._discrete:
            best = int(np.argmax(values))
            moved, moved_value = self.moved(x[best], float(values[best]), criterion)
            if moved_value > values[best]:
                again = self.climbed(moved[None], criterion, rng)
                x = np.concatenate((x, moved[None], again))
                values = np.concatenate((values, [moved_value], criterion.score(self.embed(again))))
        return x[np.argsort(-values, kind="stable")]

    def _apart(self, x: Floats, order: NDArray[np.intp]) -> list[int]:
        """The first few of an order that are not close to one taken before."""
        taken: list[int] = []
        for i in order[: 8 * CLIMBERS].tolist():
            if all(np.abs(x[i] - x[j]).max() > 0.01 for j in taken):
                taken.append(i)
                if len(taken) == CLIMBERS:
                    break
        return taken

    def climbed(self, x: Floats, criterion: Criterion, rng: np.random.Generator) -> Floats:
        """The (n, D) full vectors after a climb in their continuous columns, snapped and permitted."""
        if not len(self._climbed):
            return x
        z = self.embed(x)
        active = self._encoding.active(x)[:, self._climbed]
        start = z[:, self._coordinates]
        lower, upper = np.where(active, 0.0, start), np.where(active, 1.0, start)

        def function(free: Floats) -> tuple[Floats, Floats]:
            z[:, self._coordinates] = free
            value, gradient = criterion.climb(z)
            return value, gradient[:, self._coordinates]

        end = projected_ascent(function, start, lower, upper, STEPS)
        result = x.copy()
        result[:, self._climbed] = np.where(active, end, x[:, self._climbed])
        return self.permitted(self._encoding.snap(result), rng)

    def moved(self, x: Floats, value: float, criterion: Criterion) -> tuple[Floats, float]:
        """The full vector (D,) after the best moves of one discrete column at a time, and its value."""
        for _ in range(MOVES):
            near = self._one_move_away(x)
            near = near[self._encoding.permitted(near)]
            if not len(near):
                break
            values = criterion.score(self.embed(near))
            best = int(np.argmax(values))
            if not values[best] > value:
                break
            x, value = near[best], float(values[best])
        return x, value

    def _one_move_away(self, x: Floats) -> Floats:
        rows: list[Floats] = []
        for j in self._discrete:
            levels = int(self._encoding.levels[j])
            if self._encoding.categorical[j]:
                others = [float(v) for v in range(levels) if v != x[j]]
            else:
                others = [x[j] - 1.0 / levels, x[j] + 1.0 / levels]
            for other in others:
                row = x.copy()
                row[j] = other
                rows.append(row)
        near = self._encoding.snap(np.array(rows))
        changed: Floats = near[(near != x).any(axis=1)]
        return changed


def projected_ascent(
    function: Callable[[Floats], tuple[Floats, Floats]], start: Floats, lower: Floats, upper: Floats, steps: int
) -> Floats:
    """Points (n, d) that climb, all at once, in boxes (n, d) by BFGS with projection and backtracking.

    Each of ``steps`` evaluations proposes one step for every point: points whose step gained enough update their
    inverse Hessian (Nocedal and Wright, Numerical Optimization, 2006, eq. 6.17), the others shorten it. A column at a
    bound towards which the gradient points does not take part.
    """
    n, d = start.shape
    x = start.copy()
    value, gradient = function(x)
    identity = np.eye(d)
    hessian = (FIRST_STEP / np.maximum(np.linalg.norm(gradient, axis=1), 1e-12))[:, None, None] * identity
    fresh = np.ones(n, dtype=bool)
    step = np.ones(n)
    for _ in range(steps):
        blocked = ((x <= lower) & (gradient < 0)) | ((x >= upper) & (gradient > 0))
        free = np.where(blocked, 0.0, gradient)
        direction = np.where(blocked, 0.0, np.einsum("nij,nj->ni", hessian, free))
        uphill = np.einsum("ni,ni->n", direction, free) > 0
        length = np.maximum(np.linalg.norm(free, axis=1), 1e-12)
        direction = np.where(uphill[:, None], direction, free * (FIRST_STEP / length)[:, None])
        proposed = np.clip(x + step[:, None] * direction, lower, upper)
        move = proposed - x
        if not (np.abs(move) > 1e-7).any():
            break
        new_value, new_gradient = function(proposed)
        gain = np.einsum("ni,ni->n", gradient, move)
        taken = (new_value >= value + 1e-4 * gain) & (gain > 0)
        change = gradient - new_gradient  # of a function to be minimised
        curvature = np.einsum("ni,ni->n", move, change)
        update = taken & (curvature > 1e-12)
        if update.any():
            first = update & fresh
            if first.any():
                scale = curvature[first] / np.einsum("ni,ni->n", change[first], change[first])
                hessian[first] = scale[:, None, None] * identity
                fresh &= ~first
            s, y, rho = move[update], change[update], 1.0 / curvature[update]
            left = identity - rho[:, None, None] * s[:, :, None] * y[:, None, :]
            outer = rho[:, None, None] * s[:, :, None] * s[:, None, :]
            hessian[update] = left @ hessian[update] @ left.transpose(0, 2, 1) + outer
        x = np.where(taken[:, None], proposed, x)
        value = np.where(taken, new_value, value)
        gradient = np.where(taken[:, None], new_gradient, gradient)
        step = np.where(taken, 1.0, step * 0.3)
    return x
