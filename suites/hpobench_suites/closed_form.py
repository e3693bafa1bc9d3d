"""Problems that are a function of floats in a box, evaluated once: the noise-free value, or that plus Gaussian noise.

Evaluating one costs about half a microsecond beside the function, so nothing here is made twice: the class of a
problem's trainings is made once and holds the function, and a training is the tuple of the coordinates.

The noise is a function of (seed, point) without any state: the point is part of it because common draws would only
shift all first evaluations of a repetition by one number, which no optimizer could notice. Each draw hashes seed and
coordinates (BLAKE2b) to two uniform numbers and turns these into a normal one (Box & Muller 1958).
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from math import cos, log, pi, sqrt
from operator import itemgetter
from struct import pack, unpack
from typing import TYPE_CHECKING

from hpobench_tui.core import Configuration, Report, Training
from hpobench_tui.core.problem import NO_METRICS

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

Point = tuple[float, ...]
Function = Callable[[Point], float]

COST = 1.0
"""Seconds of an evaluation on a simulated clock."""
MASK = 2**64 - 1


def gaussian(seed: int, point: Sequence[float]) -> float:
    """A standard normal number that depends on the seed and the point alone."""
    digest = blake2b(pack(f"<Q{len(point)}d", seed & MASK, *point), digest_size=16).digest()
    first, second = unpack("<QQ", digest)
    return sqrt(-2.0 * log((first + 0.5) * 2.0**-64)) * cos(2.0 * pi * 2.0**-64 * second)


class NoisyEvaluation:
    """The evaluation of ``function`` at ``point`` with noise of standard deviation ``noise``."""

    __slots__ = ("_function", "_noise", "_point", "_seed")

    def __init__(self, function: Function, point: Point, noise: float, seed: int) -> None:
        self._function, self._point, self._noise, self._seed = function, point, noise, seed

    def advance(self, to_fidelity: int) -> Report:
        """The noisy value; the function's own is the truth."""
        value = self._function(self._point)
        return Report(value + self._noise * gaussian(self._seed, self._point), NO_METRICS, value, COST)


class ClosedForm:
    """The function and where it is looked at.

    Args:
        function: Takes the coordinates as a tuple.
        bounds: Hyperparameter to (lower, upper), in the order of the coordinates.
        minimisers: Points at which the function attains its minimum in the box.
        noise: Standard deviation of the noise.
        default: The space's default configuration; the middle of the box where none is given.

    >>> problem = ClosedForm(lambda point: sum(x * x for x in point), axes(2, -5.0, 5.0), [(0.0, 0.0)])
    >>> problem.start({"x1": 3.0, "x2": 4.0}, seed=0, device="cpu").advance(1).loss
    25.0
    >>> list(problem.space()), problem.minimisers()
    (['x1', 'x2'], [{'x1': 0.0, 'x2': 0.0}])
    """

    def __init__(
        self,
        function: Function,
        bounds: Mapping[str, tuple[float, float]],
        minimisers: Sequence[Sequence[float]],
        noise: float = 0.0,
        default: Sequence[float] | None = None,
    ) -> None:
        class Evaluation(Point):
            """The evaluation of the function at the point that this tuple is."""

            __slots__ = ()

            def advance(self, to_fidelity: int) -> Report:
                """The function's value, which is also the truth."""
                value = function(self)
                return make(Report, (value, NO_METRICS, value, COST, None))

        make = tuple.__new__  # half the time of Report(...), whose checks nothing here needs
        self._function, self._bounds, self._minimisers, self._default = function, dict(bounds), minimisers, default
        self._noise, self._evaluation = noise, Evaluation
        self._point = coordinates(tuple(bounds))

    def space(self) -> "ConfigurationSpace":
        """One float a dimension."""
        from ConfigSpace import ConfigurationSpace, Float

        default: Sequence[float | None] = self._default or [None] * len(self._bounds)
        return ConfigurationSpace(
            space=[
                Float(name, bounds, default=middle)
                for (name, bounds), middle in zip(self._bounds.items(), default, strict=True)
            ]
        )

    def start(self, configuration: Configuration, seed: int, device: str) -> Training:
        """The evaluation of one point; the seed has a part in it only where there is noise."""
        if self._noise:
            return NoisyEvaluation(self._function, self._point(configuration), self._noise, seed)
        return self._evaluation(self._point(configuration))

    def minimisers(self) -> Sequence[Configuration]:
        """The points where the minimum is attained."""
        return [dict(zip(self._bounds, point, strict=True)) for point in self._minimisers]


def axes(dimension: int, lower: float, upper: float) -> dict[str, tuple[float, float]]:
    """The cube [lower, upper]^dimension with the hyperparameters x1, x2, ..."""
    return {f"x{j}": (lower, upper) for j in range(1, dimension + 1)}


def coordinates(names: tuple[str, ...]) -> Callable[[Configuration], Point]:
    """A function that takes these hyperparameters, all floats, out of a configuration."""
    if len(names) == 1:
        (name,) = names
        return lambda configuration: (float(configuration[name]),)
    return itemgetter(*names)
