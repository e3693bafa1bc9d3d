"""A configuration as plain data: hyperparameter name to value, inactive hyperparameters absent."""

import json
from collections.abc import Hashable, Mapping
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool
"""Of a parameter, as files and command lines have it."""
Choice: TypeAlias = "Value | tuple[Choice, ...] | None"
"""Of a hyperparameter: numbers are int or float, choices whatever JSON can say, with tuples for its arrays."""
Configuration: TypeAlias = Mapping[str, Any]
"""To a :data:`Choice`. A problem knows of which type each of its values is; the union would make it cast every one."""


def key_of(configuration: Configuration) -> Hashable:
    """What is equal for equal configurations of one space, whatever the order of their names."""
    if len(configuration) == 1:
        (key,) = configuration.values()
        result: Hashable = key
        return result
    return frozenset(configuration.items())


def made_plain(configuration: Configuration) -> bool:
    """Put plain values in the place of NumPy's scalars, which ConfigSpace hands out; whether there were any.

    >>> import numpy as np
    >>> configuration = {"units": np.int64(3), "solver": "adam"}
    >>> made_plain(configuration), type(configuration["units"])
    (True, <class 'int'>)
    """
    if not isinstance(configuration, dict):
        return False
    plain = {name: value.item() for name, value in configuration.items() if getattr(value, "ndim", None) == 0}
    configuration.update(plain)
    return bool(plain)


def from_json(text: str) -> dict[str, Choice]:
    """The configuration that was written as JSON, whose arrays were tuples.

    Raises:
        ValueError: it is not the JSON of an object, or one of its values is an object.
    """
    read = json.loads(text)
    if not isinstance(read, dict):
        raise ValueError(f"a configuration must be a JSON object, not {text}")
    return {name: as_value(value) for name, value in read.items()}


def as_value(value: Any) -> Any:
    """What JSON has of a hyperparameter's value, as that value: with tuples in place of lists.

    Raises:
        ValueError: there is an object in it, which has no hash.
    """
    if isinstance(value, dict):
        raise ValueError(f"no hyperparameter has an object for a value: {str(value)[:80]}")
    return tuple(map(as_value, value)) if isinstance(value, list) else value


def tuples(value: Any) -> Any:
    """A value with tuples in place of lists."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value
