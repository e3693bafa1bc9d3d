"""Latin hypercubes (McKay, Beckman and Conover, Technometrics 21(2), 1979).

Of n points, each coordinate has exactly one in each of the n intervals [k/n, (k + 1)/n), at a uniformly random place in
it; the intervals are matched between the coordinates at random. After one hypercube comes the next, independent one.
A budget of more than 65,536 evaluations is met by several.
"""

from collections.abc import Iterator

import numpy as np

from hpobench_baselines.native.designs.quantiles import Quantiles, configurations
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.grid import full_evaluations
from hpobench_tui.core import Ask, Task, Trial

POINTS_WITHOUT_COUNT = 64
MOST_POINTS = 65_536


class LatinHypercube:
    """Never complete, never waits, learns nothing. Parameter ``points``.

    Every quarter of a float has one of four points, every one of two choices two:

    >>> from hpobench_baselines.native.designs import LATIN_HYPERCUBE
    >>> from hpobench_tui.testing.by_hand import task
    >>> design = LatinHypercube(task(LATIN_HYPERCUBE, {"x": (0.0, 4.0), "kind": ["a", "b"]}, budget=4))
    >>> points = [design.ask().configuration for _ in range(4)]
    >>> sorted(int(point["x"]) for point in points), sorted(point["kind"] for point in points)
    ([0, 1, 2, 3], ['a', 'a', 'b', 'b'])
    """

    def __init__(self, task: Task) -> None:
        rng = np.random.default_rng(task.seed)
        affordable = full_evaluations(task.budget, task.fidelity)
        points = int(task.parameters["points"]) or (POINTS_WITHOUT_COUNT if affordable is None else affordable)
        encoding = Encoding(task.space)
        quantiles = Quantiles(task.space, encoding)
        blocks = _hypercubes(min(max(points, 1), MOST_POINTS), quantiles.dimension, rng)
        self._configurations = configurations(encoding, quantiles, blocks, rng)

    def ask(self) -> Ask:
        return Ask(next(self._configurations))

    def tell(self, trial: Trial) -> None:
        """Nothing is learnt from a trial."""


def latin_hypercube(n: int, dimension: int, rng: np.random.Generator) -> Floats:
    """One hypercube: points (n, dimension) in the unit cube."""
    intervals = rng.permuted(np.tile(np.arange(n, dtype=float), (dimension, 1)), axis=1).T
    return (intervals + rng.random((n, dimension))) / n


def _hypercubes(n: int, dimension: int, rng: np.random.Generator) -> Iterator[Floats]:
    while True:
        yield latin_hypercube(n, dimension, rng)
