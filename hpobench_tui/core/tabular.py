"""What those who write a table of trainings and those who replay it agree upon."""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

FORMAT = 1
"""Of NAME.json, NAME.parquet and NAME.npz; another is refused."""

FAILS = 0.5
"""The share of failed trainings from which on a configuration counts as failed."""


def read_space(serialized: Mapping[str, object]) -> "ConfigurationSpace":
    """The space that ``to_serialized_dict`` wrote. ConfigSpace takes its argument apart, so it gets a copy."""
    from ConfigSpace import ConfigurationSpace

    return ConfigurationSpace.from_serialized_dict(deepcopy(dict(serialized)))
