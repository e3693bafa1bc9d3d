"""What the adapters share in translating ConfigSpace spaces.

Libraries know numbers and categories, but neither all values that a choice may have (None, tuples, several types) nor
choices without a choice. So they get *indices* in place of the values of categoricals and ordinals, and nothing of
what has one value only. Conditions are not theirs to judge, either: what they propose is masked by our own rules.
"""

from copy import copy
from typing import Any

import numpy as np
from ConfigSpace import Configuration as LibraryConfiguration
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    CategoricalHyperparameter,
    Hyperparameter,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
    OrdinalHyperparameter,
    UniformIntegerHyperparameter,
)

from hpobench_tui.core import Choice, Configuration, HpobenchError
from hpobench_tui.core.space import default_value, samples
from hpobench_tui.core.values import choices_of

LARGEST_LOSS = 1e100
_BENT = (BetaFloatHyperparameter, BetaIntegerHyperparameter, NormalFloatHyperparameter, NormalIntegerHyperparameter)


def refuse_priors(space: ConfigurationSpace, optimizer: str) -> None:
    """For libraries that know (log-)uniform priors only.

    Raises:
        HpobenchError: a hyperparameter has a normal or beta prior, or a categorical has weights.
    """
    for name, hyperparameter in space.items():
        weighted = isinstance(hyperparameter, CategoricalHyperparameter) and hyperparameter.weights is not None
        if weighted or isinstance(hyperparameter, _BENT):
            raise HpobenchError(f"{optimizer} cannot express the prior of hyperparameter {name!r}: {hyperparameter}.")


def seed32(seed: int) -> int:
    """A 63-bit seed folded to the 32 bits that NumPy's legacy generators take; every bit of it counts."""
    return (seed ^ (seed >> 32)) & 0xFFFFFFFF


class Told:
    """A number for each trial, for libraries that need one, and square it.

    A loss is kept within ±1e100. A trial without one counts as the worst so far, and as 0 while there is none.
    """

    def __init__(self) -> None:
        self._worst: float | None = None

    def __call__(self, loss: float | None) -> float:
        if loss is None:
            return self._worst or 0.0
        kept = min(max(loss, -LARGEST_LOSS), LARGEST_LOSS)
        self._worst = kept if self._worst is None else max(self._worst, kept)
        return kept


class Translation:
    """A space as libraries see it: numbers as they are, choices as their indices, constants left out.

    Attributes:
        searched: What has more than one value, in the space's order.
        fixed: The only values of the rest.
    """

    def __init__(self, space: ConfigurationSpace) -> None:
        choices = {name: choices_of(hyperparameter) for name, hyperparameter in space.items()}
        self._names = tuple(space)
        self._choices = {name: values for name, values in choices.items() if values is not None and len(values) > 1}
        self.fixed: dict[str, Choice] = {n: v[0] for n, v in choices.items() if v is not None and len(v) == 1}
        self.searched: list[Hyperparameter[Any, Any]] = [h for n, h in space.items() if n not in self.fixed]

    def levels(self, name: str) -> int:
        """How many values a choice has; 0 for a number."""
        return len(self._choices.get(name, ()))

    def value(self, name: str, coded: Any) -> Choice:
        """The value of a searched hyperparameter from the library's."""
        result: Choice = self._choices[name][int(coded)] if name in self._choices else coded
        return result

    def coded(self, name: str, value: Any) -> Any:
        """The library's value from that of a searched hyperparameter."""
        return self._choices[name].index(value) if name in self._choices else value

    def values(self, coded: Configuration) -> dict[str, Choice]:
        """The library's values, and the fixed ones, in the space's order."""
        found = self.fixed | {name: self.value(name, value) for name, value in coded.items()}
        return {name: found[name] for name in self._names if name in found}


class LibrarySpace(ConfigurationSpace):
    """The searched hyperparameters for a library that is written upon ConfigSpace: no conditions, and no ordinals.

    Random configurations of it are those of the original space, without what is inactive there.
    """

    def __init__(self, space: ConfigurationSpace, seed: int) -> None:
        super().__init__()
        self._translation = translation = Translation(space)
        self.add([_indexed(h, translation.levels(h.name)) for h in translation.searched])
        # ConfigSpace's check of a configuration asks for the values of all "roots", which ours need not have.
        self._dag.roots.clear()
        self._draws = samples(space, np.random.default_rng(seed))

    def sample_configuration(self, size: None = None) -> LibraryConfiguration:  # type: ignore[override]
        """One draw."""
        drawn = next(self._draws)
        values = {n: self._translation.coded(n, v) for n, v in drawn.items() if n not in self._translation.fixed}
        return LibraryConfiguration(self, values=values)


def _indexed(hyperparameter: Hyperparameter[Any, Any], levels: int) -> Hyperparameter[Any, Any]:
    """A copy, of a choice one of its indices."""
    name = hyperparameter.name
    if not levels:
        return copy(hyperparameter)
    default = (choices_of(hyperparameter) or ()).index(default_value(hyperparameter))
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return UniformIntegerHyperparameter(name, 0, levels - 1, default_value=default)
    return CategoricalHyperparameter(name, range(levels), default_value=default)
