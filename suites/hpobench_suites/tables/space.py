"""The configuration space of a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpobench_suites.tables.description import Hyperparameter

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


def space_of(hyperparameters: Sequence[Hyperparameter]) -> "ConfigurationSpace":
    """Built anew; the default of an ordinal is in its middle."""
    from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter

    space = ConfigurationSpace()
    for h in hyperparameters:
        if h.kind == "categorical":
            space.add(Categorical(h.name, list(h.values)))
        elif h.kind == "ordinal":
            space.add(OrdinalHyperparameter(h.name, list(h.values), default_value=h.values[len(h.values) // 2]))
        elif h.kind == "integer":
            space.add(Integer(h.name, (int(h.lower), int(h.upper)), log=h.log))
        else:
            space.add(Float(h.name, (h.lower, h.upper), log=h.log))
    return space
