"""A problem that is a function of floats in a box, evaluated once, without noise."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from hpobench_tui.core import Configuration, Report

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class Evaluation:
    """The evaluation of ``function`` at ``point``."""

    __slots__ = ("_function", "_point")

    def __init__(self, function: Callable[[Sequence[float]], float], point: Sequence[float]) -> None:
        self._function, self._point = function, point

    def advance(self, to_fidelity: int) -> Report:
        """The function's value, which is also the truth."""
        value = self._function(self._point)
        return Report(value, truth=value)


class ClosedForm:
    """``bounds`` maps each hyperparameter, in the function's order, to (lower, upper)."""

    def __init__(self, function: Callable[[Sequence[float]], float], bounds: Mapping[str, tuple[float, float]]) -> None:
        self._function, self._bounds = function, dict(bounds)

    def space(self) -> "ConfigurationSpace":
        """One float a dimension."""
        from ConfigSpace import ConfigurationSpace, Float

        return ConfigurationSpace(space=[Float(name, bounds) for name, bounds in self._bounds.items()])

    def start(self, configuration: Configuration, seed: int, device: str) -> Evaluation:
        """The evaluation of one point; the seed has no part in it."""
        return Evaluation(self._function, [float(configuration[name]) for name in self._bounds])
