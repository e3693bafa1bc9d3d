"""Functions g(x, z) with a fidelity z in (0, 1], as Kandasamy et al. use them (*Multi-fidelity Bayesian Optimisation
with Continuous Approximations*, arXiv 1703.06240): g(x, 1) is the function that is meant, the rest approximates it.

Our fidelity is an integer r from 1 to R = 81, and z = r / R. What the literature gives several fidelity parameters
has the same z in each. There is no noise, and a training can be taken on: its loss at r is g(x, r / R) whatever came
before. The cost of reaching r from scratch is that which the authors' published code has for one fidelity parameter,

    lambda(z) = 0.1 + 0.9 z^2 seconds,

and going on from q to r costs lambda(r / R) - lambda(q / R). So one full evaluation costs one second.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from hpobench_suites.closed_form import Point, coordinates
from hpobench_suites.synthetic.description import TOLERANCE
from hpobench_tui.core import Configuration, Dimensions, Fidelity, ProblemInfo, Reference, Report
from hpobench_tui.core.problem import NO_METRICS

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

R = 81
COSTS = (0.0, *(0.1 + 0.9 * (r / R) ** 2 for r in range(1, R + 1)))
"""lambda(r / R); nothing at 0."""

Function = Callable[[Point, float], float]


class Approximation:
    """One training: the point, and how far it was taken."""

    __slots__ = ("_function", "_point", "_reached", "_truth")

    def __init__(self, function: Function, point: Point) -> None:
        self._function, self._point, self._reached = function, point, 0
        self._truth = function(point, 1.0)

    def advance(self, to_fidelity: int) -> Report:
        """g(x, r / R); the truth is g(x, 1)."""
        loss = self._truth if to_fidelity == R else self._function(self._point, to_fidelity / R)
        cost = COSTS[to_fidelity] - COSTS[self._reached]
        self._reached = to_fidelity
        return Report(loss, NO_METRICS, self._truth, cost)


class MultiFidelity:
    """The function ``g(point, z)``, its box and where g(x, 1) is least.

    The whole of a training costs a second, however it is cut:

    >>> problem = MultiFidelity(lambda point, z: point[0] ** 2 + (1 - z), {"x": (-1.0, 1.0)}, [(0.0,)])
    >>> training = problem.start({"x": 0.5}, seed=0, device="cpu")
    >>> first, last = training.advance(27), training.advance(81)
    >>> round(first.loss, 3), last.loss, first.truth
    (0.917, 0.25, 0.25)
    >>> round(first.cost + last.cost, 12)
    1.0
    """

    def __init__(
        self, function: Function, bounds: Mapping[str, tuple[float, float]], minimisers: Sequence[Sequence[float]]
    ) -> None:
        self._function, self._bounds, self._minimisers = function, dict(bounds), minimisers
        self._point = coordinates(tuple(bounds))

    def space(self) -> "ConfigurationSpace":
        """One float a dimension."""
        from ConfigSpace import ConfigurationSpace, Float

        return ConfigurationSpace(space=[Float(name, bounds) for name, bounds in self._bounds.items()])

    def start(self, configuration: Configuration, seed: int, device: str) -> Approximation:
        """A training at one point; the seed has no part in it."""
        return Approximation(self._function, self._point(configuration))

    def minimisers(self) -> Sequence[Configuration]:
        """The points where g(x, 1) is least."""
        return [dict(zip(self._bounds, point, strict=True)) for point in self._minimisers]


def description(
    name: str, summary: str, load: str, floats: int, minimum: Reference, seconds: float, reward: str | None = None
) -> ProblemInfo:
    """The description of ``synthetic/NAME``."""
    return ProblemInfo(
        id=f"synthetic/{name}",
        summary=summary,
        load=f"hpobench_suites.synthetic.{load}",
        dimensions=Dimensions(floats=floats),
        reference=minimum,
        fidelity=Fidelity("units", 1, R, step=1),
        reward=reward,
        seconds=seconds,
        tags=("closed-form", "smooth", "multi-fidelity"),
        tolerance=TOLERANCE,
        costs=True,
    )
