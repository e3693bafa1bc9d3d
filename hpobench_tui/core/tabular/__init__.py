"""What those who write a table of trainings and those who replay it agree upon: here plain Python alone, for listings.

:mod:`hpobench_tui.core.tabular.vectors` has the vectors by which configurations are looked up and losses predicted.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hpobench_tui.core.configuration import tuples
from hpobench_tui.core.describe import message

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

FORMAT = 1
"""Of NAME.json, NAME.parquet and NAME.npz; another is refused."""

FAILS = 0.5
"""The share of failed trainings from which on a configuration counts as failed."""


def read_space(serialized: Mapping[str, object]) -> "ConfigurationSpace":
    """The space that ``to_serialized_dict`` wrote. ConfigSpace takes its argument apart, so it gets a copy.

    Raises:
        ValueError: it is no such description; ConfigSpace itself ends in anything, also without an end.
    """
    from ConfigSpace import ConfigurationSpace

    try:
        return ConfigurationSpace.from_serialized_dict(_with_tuples(dict(serialized)))
    except (TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, RecursionError) as error:
        raise ValueError(f"its space is none: {type(error).__name__}: {message(error)}") from error


def _with_tuples(node: dict[str, Any]) -> dict[str, Any]:
    """A copy in which values that are arrays are tuples, as they were before they were JSON."""
    result: dict[str, Any] = {}
    for name, value in node.items():
        if name in ("value", "default_value"):
            result[name] = tuples(value)
        elif name in ("choices", "sequence", "values"):
            result[name] = list(map(tuples, value))
        elif isinstance(value, list):
            result[name] = [_with_tuples(v) if isinstance(v, dict) else deepcopy(v) for v in value]
        else:
            result[name] = deepcopy(value)
    return result
