"""A flat space as the unit cube, for libraries that know vectors only: logarithms are straightened, and a discrete
hyperparameter's values share its axis in equal parts.
"""

from collections.abc import Callable, Sequence
from math import exp, log
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)

from hpobench_tui.core import HpobenchError, Value
from hpobench_tui.core.space import plain_value


class UnitCube:
    """One axis a hyperparameter, constants apart.

    Attributes:
        dimension: The number of axes.
        floats_only: All axes are floats'.
    """

    def __init__(self, space: ConfigurationSpace, library: str) -> None:
        if space.conditions or space.forbidden_clauses:
            raise HpobenchError(f"{library} cannot take conditions and forbidden combinations.")
        self._constants = {n: plain_value(h.value) for n, h in space.items() if isinstance(h, Constant)}
        searched = {n: h for n, h in space.items() if not isinstance(h, Constant)}
        self._axes = {name: axis(h) for name, h in searched.items()}
        self.dimension = len(self._axes)
        self.floats_only = all(isinstance(h, FloatHyperparameter) for h in searched.values())

    def decode(self, point: Sequence[float]) -> dict[str, Value]:
        """The configuration at a point of the cube; coordinates beyond it count as its faces."""
        values = (read(min(max(float(u), 0.0), 1.0)) for read, u in zip(self._axes.values(), point, strict=True))
        return self._constants | dict(zip(self._axes, values, strict=True))


def axis(hyperparameter: Hyperparameter[Any, Any]) -> Callable[[float], Value]:
    """From [0, 1] to the hyperparameter's values.

    Raises:
        HpobenchError: it is of an unknown kind.
    """
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            low, high = float(lower), float(upper)
            if hyperparameter.log:
                return lambda u: min(max(exp(log(low) + u * (log(high) - log(low))), low), high)
            return lambda u: min(max(low + u * (high - low), low), high)
        case IntegerHyperparameter(lower=lower, upper=upper):
            first, last = int(lower), int(upper)
            if hyperparameter.log:
                bottom, width = log(first - 0.5), log(last + 0.5) - log(first - 0.5)
                return lambda u: min(max(round(exp(bottom + u * width)), first), last)
            return lambda u: min(first + int(u * (last - first + 1)), last)
        case CategoricalHyperparameter(choices=values) | OrdinalHyperparameter(sequence=values):
            plain = [plain_value(value) for value in values]
            return lambda u: plain[min(int(u * len(plain)), len(plain) - 1)]
    raise HpobenchError(f"no axis for hyperparameter {hyperparameter}.")
