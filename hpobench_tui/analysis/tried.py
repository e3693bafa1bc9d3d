"""What was tried, as columns: hyperparameters of many trials, numbers or places among choices."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.core.columns import Floats
from hpobench_tui.core.configuration import Configuration

_DECADES = 1e3
"""Positive values that are further apart than this lie on a logarithmic axis: the store does not say which do."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """One hyperparameter.

    Attributes:
        values: Shape (n,): numbers, or places in ``choices``; NaN where it was not active.
        choices: What it can be, as text, if it is no number: those that were seen; what is ordered in order.
    """

    name: str
    values: Floats
    choices: tuple[str, ...] = ()

    @property
    def known(self) -> Floats:
        """The values of trials in which it was active."""
        found: Floats = self.values[~np.isnan(self.values)]
        return found

    @property
    def varies(self) -> bool:
        known = self.known
        return bool(len(known)) and bool((known != known[0]).any())

    @property
    def log(self) -> bool:
        """Whether its values are told apart on a logarithmic axis alone."""
        known = self.known
        return not self.choices and bool(len(known)) and known.min() > 0 and known.max() >= _DECADES * known.min()

    def places(self) -> Floats:
        """Where its values are on an axis from the least (0) to the largest (1), (n,); NaN where it was not active."""
        values = np.log(self.values) if self.log else self.values / 2  # half: differences stay within floats
        if not len(self.known):
            return values
        low, high = np.nanmin(values), np.nanmax(values)
        return np.where(np.isnan(values), np.nan, 0.5) if low == high else values / (high - low) - low / (high - low)


def columns(configurations: Sequence[Configuration]) -> list[Tried]:
    """All that came up, in the order in which they did.

    >>> [(column.name, column.values.tolist()) for column in columns([{"x": 1, "k": "b"}, {"k": "a", "x": 3}])]
    [('x', [1.0, 3.0]), ('k', [1.0, 0.0])]
    """
    names = list(dict.fromkeys(name for configuration in configurations for name in configuration))
    return [_column(name, [configuration.get(name) for configuration in configurations]) for name in names]


def _column(name: str, values: Sequence[object]) -> Tried:
    if all(value is None or _number(value) for value in values):
        numbers = [float("nan") if value is None else float(value) for value in values]  # type: ignore[arg-type]
        return Tried(name, np.array(numbers))
    seen = list(dict.fromkeys(value for value in map(_written, values) if value is not None))
    choices = tuple(sorted(seen, key=lambda text: (not text.replace(".", "").isdigit(), text)))
    place = {text: number for number, text in enumerate(choices)}
    texts = map(_written, values)
    return Tried(name, np.array([float("nan") if t is None else float(place[t]) for t in texts]), choices)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _written(value: object) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
