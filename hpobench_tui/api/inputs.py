"""What people hand to the API, as the program has it: names, numbers and texts in the forms that come naturally."""

import os
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, TypeVar

from hpobench_tui.analysis.filters import Filters
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.describe import brief
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.patterns import HOW_REPETITIONS, Spans, parse_repetitions

Names: TypeAlias = str | Sequence[str] | None
"""One name or pattern, or several; None: all."""
Numbers: TypeAlias = str | int | Iterable[int] | None
"""``7``, ``"0-9,12"``, ``range(10)``, ``[0, 3]``; None: all."""
Amount: TypeAlias = int | float | str | Fraction
BudgetLike: TypeAlias = "int | str | Mapping[str, object] | Budget"
"""``50`` (evaluations), ``"2.5 seconds"``, ``{"amount": 50, "unit": "evaluations"}``."""
PathLike: TypeAlias = str | os.PathLike[str]

Choice = TypeVar("Choice", bound=Enum)


def names(given: Names, what: str) -> tuple[str, ...]:
    """Names as a tuple.

    Raises:
        HpobenchError: they are no texts, or there are none.
    """
    if given is None:
        return ()
    found = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else (given,)
    if not found or not all(isinstance(name, str) for name in found):
        raise HpobenchError(f"{what}: must be a name or a list of names, not {brief(given)}.")
    return found


def repetitions(given: Numbers) -> Spans | None:
    """Repetitions to look at.

    Raises:
        HpobenchError: they are none.
    """
    if given is None or isinstance(given, str):
        return None if given is None else parse_repetitions(given)
    numbers = [given] if isinstance(given, int) else list(given) if isinstance(given, Iterable) else []
    if not numbers or not all(type(number) is int and number >= 0 for number in numbers):
        raise HpobenchError(f"repetitions: must be {HOW_REPETITIONS}, or such a list, not {brief(given)}.")
    return Spans(tuple((number, number) for number in dict.fromkeys(numbers)))


def filters(problems: Names, optimizers: Names, chosen: Numbers, at: Amount | None) -> Filters:
    """The part of experiments that is to be seen.

    Raises:
        HpobenchError: one of them is not what it must be.
    """
    return Filters(
        names(problems, "problems"), names(optimizers, "optimizers"), repetitions(chosen),
        None if at is None else amount(at),
    )  # fmt: skip


def amount(given: Amount) -> Fraction:
    """A share of a budget to cut at, exactly as it was written.

    Raises:
        HpobenchError: it is no finite number.
    """
    try:
        if isinstance(given, bool):
            raise TypeError
        return Fraction(str(given) if isinstance(given, float) else given)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise HpobenchError(f"at: must be an amount of the budget, as in 50 or 2.5, not {brief(given)}.") from None


def budget(given: BudgetLike) -> Budget:
    """A budget in any of its forms.

    Raises:
        HpobenchError: it is none.
    """
    match given:
        case Budget():
            return given
        case int() if type(given) is int:
            return Budget.of(given, Unit.EVALUATIONS)
        case str() if len(words := given.split(maxsplit=1)) == 2:
            return Budget.of(words[0], words[1])
        case {"amount": int() | float() as number, "unit": str() as unit, **rest} if not rest:
            return Budget.of(number, unit)
    raise HpobenchError(
        f"budget: must be a number of evaluations, or an amount and a unit as in '2.5 seconds', not {brief(given)}."
        f" Units: {', '.join(Unit)}."
    )


def member(kind: str, given: str | Choice, of: type[Choice]) -> Choice:
    """A member of an enumeration by its value or its name, as ``simple regret`` or ``simple``.

    Raises:
        HpobenchError: there is none.
    """
    valid = {each.name.lower().replace("_", "-"): each for each in of}
    found = {**valid, **{str(each.value): each for each in of}}
    if isinstance(given, of):
        return given
    if str(given) not in found:
        raise unknown(kind, str(given), list(valid))
    return found[str(given)]


def path(given: PathLike, what: str) -> Path:
    """A path.

    Raises:
        HpobenchError: it is none.
    """
    try:
        return Path(given)
    except TypeError:
        raise HpobenchError(f"{what}: must be a path, not {brief(given)}.") from None
