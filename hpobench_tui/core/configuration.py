"""A configuration as plain data: hyperparameter name to value, inactive hyperparameters absent."""

from collections.abc import Hashable, Mapping
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool
Configuration: TypeAlias = Mapping[str, Value]


def key_of(configuration: Configuration) -> Hashable:
    """What is equal for equal configurations of one space, whatever the order of their names."""
    if len(configuration) == 1:
        (key,) = configuration.values()
        return key
    return frozenset(configuration.items())
