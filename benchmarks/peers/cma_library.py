"""The library cma (CMA-ES) by ask and tell on the unit cube, with its own handling of bounds.

The first mean is the middle of the cube, the first step size a quarter of its width, as the library advises for an
optimum expected within; the population has its default size. When the strategy stops (on one of its own criteria), it
starts again from a uniformly random mean with twice the population (IPOP, Auger & Hansen, CEC 2005): what its ``fmin``
does when restarts are asked for. Floats only, logarithmic ones in their logarithms; a trial without a loss is NaN.
"""

import cma
import numpy as np

from benchmarks.peers.unit_cube import UnitCube
from hpobench_baselines.third_party.translation import refuse_priors, seed32
from hpobench_tui.core import Ask, HpobenchError, NotReady, Task, Trial

SIGMA = 0.25


class CmaLibrary:
    """Raises ``HpobenchError`` for a space with anything but floats, and for a single one."""

    def __init__(self, task: Task) -> None:
        refuse_priors(task.space, "cma")
        self._cube = UnitCube(task.space, "cma")
        if not self._cube.floats_only or self._cube.dimension < 2:
            raise HpobenchError("cma takes two or more floats, and nothing else.")
        self._random = np.random.RandomState(seed32(task.seed))
        self._population = 0
        self._start(np.full(self._cube.dimension, 0.5))

    def ask(self) -> Ask:
        if self._next == len(self._points):
            raise NotReady
        self._next += 1
        return Ask(self._cube.decode(self._points[self._next - 1]))

    def tell(self, trial: Trial) -> None:
        self._losses.append(float("nan") if trial.loss is None else trial.loss)
        if len(self._losses) < len(self._points):
            return
        self._strategy.tell(self._points, self._losses)
        if self._strategy.stop():
            self._start(self._random.random(self._cube.dimension))
        else:
            self._generation()

    def _start(self, mean: np.ndarray) -> None:
        options = {"bounds": [0.0, 1.0], "seed": np.nan, "randn": self._normal, "verbose": -9}
        if self._population:
            options["popsize"] = 2 * self._population
        self._strategy = cma.CMAEvolutionStrategy(mean, SIGMA, options)
        self._population = int(self._strategy.popsize)
        self._generation()

    def _generation(self) -> None:
        self._points: list[np.ndarray] = self._strategy.ask()
        self._losses: list[float] = []
        self._next = 0

    def _normal(self, *shape: int) -> np.ndarray:
        """Its normal numbers, from a generator of our own."""
        return self._random.standard_normal(shape)
