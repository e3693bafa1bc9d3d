"""The library cma (CMA-ES) by ask and tell on the unit cube, with its own handling of bounds.

The first mean is the middle of the cube, the first step size a quarter of its width, as the library advises for an
optimum expected within; the population has its default size. When the strategy stops (on one of its own criteria), it
starts again from a uniformly random mean with twice the population (IPOP, Auger & Hansen, CEC 2005): what its ``fmin``
does when restarts are asked for. Floats only; a trial without a loss is NaN.
"""

import cma
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.floats import bounds, floats, value
from hpobench_baselines.third_party.translation import seed32
from hpobench_tui.core import Ask, HpobenchError, NotReady, Task, Trial

SIGMA = 0.25


class CmaLibrary:
    """Raises ``HpobenchError`` for a space with anything but floats, and for a single one."""

    def __init__(self, task: Task) -> None:
        self._floats = floats(task.space, "cma")
        if len(self._floats) < 2:
            raise HpobenchError("cma needs two floats or more.")
        self._bounds = [bounds(h) for h in self._floats]
        self._random = np.random.RandomState(seed32(task.seed))
        self._population = 0
        self._start(np.full(len(self._floats), 0.5))

    def ask(self) -> Ask:
        if self._next == len(self._points):
            raise NotReady
        self._next += 1
        point = self._points[self._next - 1].tolist()
        axes = zip(self._floats, self._bounds, point, strict=True)
        return Ask({h.name: value(h, low + u * (high - low)) for h, (low, high), u in axes})

    def tell(self, trial: Trial) -> None:
        self._losses.append(float("nan") if trial.loss is None else trial.loss)
        if len(self._losses) < len(self._points):
            return
        self._strategy.tell(self._points, self._losses)
        if self._strategy.stop():
            self._start(self._random.random(len(self._floats)))
        else:
            self._generation()

    def _start(self, mean: NDArray[np.float64]) -> None:
        options = {"bounds": [0.0, 1.0], "seed": np.nan, "randn": self._normal, "verbose": -9}
        if self._population:
            options["popsize"] = 2 * self._population
        self._strategy = cma.CMAEvolutionStrategy(mean, SIGMA, options)
        self._population = int(self._strategy.popsize)
        self._generation()

    def _generation(self) -> None:
        self._points: list[NDArray[np.float64]] = self._strategy.ask()
        self._losses: list[float] = []
        self._next = 0

    def _normal(self, *shape: int) -> NDArray[np.float64]:
        """Its normal numbers, from a generator of our own."""
        return self._random.standard_normal(shape)
