"""A configuration as plain data: hyperparameter name to value, inactive hyperparameters absent."""

from collections.abc import Mapping
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool
Configuration: TypeAlias = Mapping[str, Value]
