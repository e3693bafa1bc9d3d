"""What the adapters share in translating ConfigSpace spaces."""

from copy import copy
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import AndConjunction, Condition, Conjunction, InCondition, OrConjunction
from ConfigSpace.hyperparameters import (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    CategoricalHyperparameter,
    Constant,
    Hyperparameter,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
    OrdinalHyperparameter,
    UniformIntegerHyperparameter,
)

from hpobench_tui.core import Configuration, HpobenchError, Value
from hpobench_tui.core.space import plain_value

_BENT = (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
)


def refuse_priors(space: ConfigurationSpace, optimizer: str) -> None:
    """For libraries that know (log-)uniform priors only.

    Raises:
        HpobenchError: a hyperparameter has a normal or beta prior, or a categorical has weights.
    """
    for name, hyperparameter in space.items():
        weighted = isinstance(hyperparameter, CategoricalHyperparameter) and hyperparameter.weights is not None
        if weighted or isinstance(hyperparameter, _BENT):
            raise HpobenchError(f"{optimizer} cannot express the prior of hyperparameter {name!r}: {hyperparameter}.")


def is_active(space: ConfigurationSpace, name: str, values: Configuration) -> bool:
    """Whether a hyperparameter is active, given the values of the active ones that come before it in the space."""
    return all(_satisfied(condition, values) for condition in space.parent_conditions_of[name])


def _satisfied(condition: Condition | Conjunction, values: Configuration) -> bool:
    match condition:
        case AndConjunction(components=components):
            return all(_satisfied(c, values) for c in components)
        case OrConjunction(components=components):
            return any(_satisfied(c, values) for c in components)
    assert isinstance(condition, Condition)  # there are no other conjunctions
    return condition.parent.name in values and bool(condition.satisfied_by_value(dict(values)))


def seed32(seed: int) -> int:
    """A 63-bit seed folded to the 32 bits that NumPy's legacy generators take; every bit of it counts."""
    return (seed ^ (seed >> 32)) & 0xFFFFFFFF


def ordinals_as_integers(space: ConfigurationSpace) -> ConfigurationSpace:
    """A copy in which each ordinal is the integer index of its value, also in conditions. Forbiddens are not copied."""
    result = ConfigurationSpace(name=space.name)
    result.add([_index(h) if isinstance(h, OrdinalHyperparameter) else copy(h) for h in space.values()])
    result.add([_moved(condition, result) for condition in space.conditions])
    return result


def with_ordinal_values(space: ConfigurationSpace, configuration: Configuration) -> dict[str, Value]:
    """A configuration of ``ordinals_as_integers(space)`` as one of ``space``."""
    return {
        name: plain_value(h.sequence[int(value)]) if isinstance(h := space[name], OrdinalHyperparameter) else value
        for name, value in configuration.items()
    }


def _index(ordinal: OrdinalHyperparameter) -> Hyperparameter[Any, Any]:
    """Its integer index; a constant where there is but one value, since integers need two."""
    if len(ordinal.sequence) == 1:
        return Constant(ordinal.name, 0)
    default = list(ordinal.sequence).index(ordinal.default_value)
    return UniformIntegerHyperparameter(ordinal.name, 0, len(ordinal.sequence) - 1, default_value=default)


def _moved(condition: Condition | Conjunction, space: ConfigurationSpace) -> Condition | Conjunction:
    """The condition between the hyperparameters of the same names in ``space``."""
    if isinstance(condition, Conjunction):
        return type(condition)(*(_moved(c, space) for c in condition.components))
    parent = condition.parent

    def coded(value: object) -> object:
        return list(parent.sequence).index(value) if isinstance(parent, OrdinalHyperparameter) else value

    child, new_parent = space[condition.child.name], space[parent.name]
    if isinstance(condition, InCondition):
        return InCondition(child, new_parent, [coded(v) for v in condition.values])
    return type(condition)(child, new_parent, coded(condition.value))
