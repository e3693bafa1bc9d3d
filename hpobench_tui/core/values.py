"""The values of a ConfigSpace hyperparameter as plain Python values."""

from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from ConfigSpace.hyperparameters import CategoricalHyperparameter, Constant, Hyperparameter, OrdinalHyperparameter
from numpy.typing import NDArray

from hpobench_tui.core.configuration import Choice
from hpobench_tui.core.errors import HpobenchError

PLAIN = (str, int, float, bool, type(None))
Typed: TypeAlias = tuple[type, Any]


def plain_value(value: object) -> Choice:
    """A NumPy scalar as the Python value that it stands for; plain values, and tuples of them, as they are.

    Raises:
        TypeError: it is of another type, or cannot be written down as JSON (NaN, infinities, broken Unicode).
    """
    result = value.item() if isinstance(value, np.generic) else value
    if type(result) is tuple:
        return tuple(map(plain_value, result))
    if type(result) not in PLAIN:
        raise TypeError(f"{result!r} is a {type(result).__name__}")
    if isinstance(result, float) and not isfinite(result):
        raise TypeError(f"{result!r} is no finite number")
    if isinstance(result, str) and not result.isascii():
        try:
            result.encode()
        except UnicodeEncodeError:
            raise TypeError(f"{result!r} is no valid Unicode") from None
    return result  # type: ignore[return-value]  # its type was looked at


def is_plain(value: object) -> bool:
    """Whether it is what :func:`plain_value` would make of it."""
    return all(map(is_plain, value)) if type(value) is tuple else type(value) in PLAIN


def typed(value: object) -> Typed:
    """What is equal for values that are equal and of the same types: 1, 1.0 and True are three."""
    return (tuple, tuple(map(typed, value))) if type(value) is tuple else (type(value), value)


def choices_of(hyperparameter: Hyperparameter[Any, Any]) -> tuple[Choice, ...] | None:
    """All values of a categorical, ordinal or constant, in order; None for a number.

    ConfigSpace's own answers come out of a NumPy array, which turns (1, 2.5) into floats and True beside 2 into 1.
    """
    match hyperparameter:
        case CategoricalHyperparameter(choices=values) | OrdinalHyperparameter(sequence=values):
            return tuple(map(plain_value, values))
        case Constant(value=value):
            return (plain_value(value),)
    return None


def known_choices(hyperparameter: Hyperparameter[Any, Any]) -> tuple[Choice, ...]:
    """All values of what is no number.

    Raises:
        HpobenchError: it is of none of ConfigSpace's own kinds.
    """
    if (choices := choices_of(hyperparameter)) is None:
        raise HpobenchError(f"hyperparameter {hyperparameter} is of none of ConfigSpace's own kinds.")
    return choices


def draw(hyperparameter: Hyperparameter[Any, Any], n: int, state: np.random.RandomState) -> NDArray[Any]:
    """Independent draws (n,) from a hyperparameter's own distribution: numbers, or the places of choices."""
    match hyperparameter:
        case CategoricalHyperparameter() | OrdinalHyperparameter():
            return hyperparameter.sample_vector(n, seed=state).astype(np.int64)
        case Constant():
            return np.zeros(n, dtype=np.int64)
    values = np.asarray(hyperparameter.sample_value(n, seed=state))
    return values.clip(hyperparameter.lower, hyperparameter.upper)  # type: ignore[attr-defined]  # a number's
