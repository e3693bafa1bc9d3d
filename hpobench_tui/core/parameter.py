"""Settings of optimizers and problems: a name, a default, and what is valid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log10

from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.nearest import hint, shown

READ: Mapping[type, Callable[[str], Value]] = {
    int: int,
    float: float,
    str: str,
    bool: {"true": True, "false": False}.__getitem__,
}
LARGEST = 2**63 - 1
"""What 64 bits hold, and SQLite."""
WORDS: Mapping[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, ends included. ``words`` complete "must be …"."""

    least: float
    most: float
    words: str = "a whole number from {0.least} to {0.most}"
    whole: bool = True

    def __contains__(self, value: object) -> bool:
        kinds = (int,) if self.whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.least <= value <= self.most

    def __str__(self) -> str:
        return self.words.format(self)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of an optimizer, with its default; the type is the default's.

    ``choices`` lists what is valid, ``minimum`` and ``maximum`` bound a number.

    >>> eta = Parameter("eta", 3, "The halving rate.", minimum=2)
    >>> eta.read("4", "hyperband")
    4
    >>> eta.check(1, "hyperband")
    Traceback (most recent call last):
        ...
    hpobench_tui.core.errors.HpobenchError: hyperband: parameter 'eta' must be at least 2, not 1. The halving rate.
    """

    name: str
    default: Value
    help: str
    choices: tuple[Value, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def check(self, value: Value, owner: str) -> Value:
        """The value in the default's type.

        Raises:
            HpobenchError: wrong type or out of range.
        """
        where = f"{owner}: parameter {self.name!r}"
        kind = type(self.default)
        if type(value) is int and abs(value) > LARGEST:
            raise HpobenchError(f"{where} must be at most {LARGEST}, not {written(value)}.")
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise HpobenchError(f"{where} must be {WORDS[kind]}, not {written(value)}. {self.help}")
        if isinstance(value, float) and not isfinite(value):
            raise HpobenchError(f"{where} must be a finite number, not {written(value)}. {self.help}")
        if isinstance(value, str) and not value.isprintable():
            raise HpobenchError(f"{where} must be text of printable characters, not {written(value)}. {self.help}")
        if self.choices and value not in self.choices:
            choices = list(map(str, self.choices))
            close = hint(value, choices) if isinstance(value, str) else ""
            raise HpobenchError(f"{where} must be one of {', '.join(choices)}, not {written(value)}.{close}")
        if self.minimum is not None and not float(value) >= self.minimum:
            raise HpobenchError(f"{where} must be at least {self.minimum:g}, not {written(value)}. {self.help}")
        if self.maximum is not None and not float(value) <= self.maximum:
            raise HpobenchError(f"{where} must be at most {self.maximum:g}, not {written(value)}. {self.help}")
        return value

    def read(self, text: str, owner: str) -> Value:
        """The value that a person wrote as text.

        Raises:
            HpobenchError: it is none of the default's type, or out of range.
        """
        try:
            value: Value = READ[type(self.default)](text)
        except (KeyError, ValueError):
            value = text
        return self.check(value, owner)


def check_ranges(
    values: object, ranges: Mapping[str, Range], message: str = "{name}: must be {range}, not {value}."
) -> None:
    """Hold the attributes of those names against their ranges; None is none.

    Raises:
        HpobenchError: the message, about the first that is outside.
    """
    for name, valid in ranges.items():
        if (value := getattr(values, name)) is not None and value not in valid:
            raise HpobenchError(message.format(name=name, range=valid, value=written(value)))


def written(value: object) -> str:
    """A value of any type as a person wrote it, or what it is where that is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) > LARGEST:
        digits = int(value.bit_length() * log10(2))  # Python writes none of more than 4300
        return f"a{' negative' if value < 0 else ''} number of {digits + (abs(value) >= 10**digits)} digits"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "a table" if value else "an empty table"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    return shown(str(value))


def settings(parameters: Sequence[Parameter], given: Mapping[str, Value], owner: str) -> dict[str, Value]:
    """All parameters, the given ones checked, the others at their defaults.

    Raises:
        HpobenchError: unknown name, wrong type or out of range.
    """
    known = {p.name: p for p in parameters}
    for name in given:
        if name not in known:
            raise unknown(f"parameter of {owner}", name, list(known))
    return {p.name: p.check(given[p.name], owner) if p.name in given else p.default for p in parameters}
