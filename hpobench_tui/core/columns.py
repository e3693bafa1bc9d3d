"""The columns of stored tables: each is described once, and whoever writes, reads, checks or explains it follows that.

A table is a class of :class:`Column` attributes. As a :class:`Record` (one row) such an attribute is a value, as a
:class:`Frame` (many rows, by column) an array; one that was not read is no value that stands for absent, but raises.

    >>> class Pulls:
    ...     arm = whole("which was pulled")
    ...     reward = real_or_none("what it gave", seldom=1)
    >>> class PullTable(Pulls, Frame): ...
    >>> class Pull(Pulls, Record): ...
    >>> Pull(arm=3, reward=None).arm
    3
    >>> PullTable(arm=np.array([3])).reward
    Traceback (most recent call last):
    ...
    AttributeError: column 'reward' was not read
    >>> maker(groups(Pull)[0])(arm=2)
    (2,)
"""

import marshal
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from itertools import chain
from math import inf, isfinite
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

Cell: TypeAlias = str | int | float | None
"""What a store holds."""
Row: TypeAlias = tuple[Cell, ...]


def marshalled(value: Any) -> bytes:
    """Plain values as bytes, equal for equal ones (version 2 of the format knows no references); ``marshal.loads``
    reads them. A third of the cost of pickling them."""
    return marshal.dumps(value, 2)


Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

Array = TypeVar("Array")
Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)

ABSENT = -1
"""Stands for an absent whole number in arrays; none that can be absent is negative."""


class Column(Generic[Array, Value]):
    """One column.

    Args:
        meaning: One line for people.
        cells: What a store may hold in it.
        unit: Of its numbers, where they have one.
        seldom: 0: nearly every row has it; 1, 2: rows may end before those with the higher number (:func:`groups`).
        least, most: The smallest and the largest number that it can hold.
        default: The cell of a new row that says nothing.
        read: Cell to value; None: it is the value.
        array: Cells to an array, None where it does not go into arrays; :data:`ABSENT` takes the place of no integer.

    Attributes:
        name: In the store, and as an attribute.
    """

    name: str

    def __init__(
        self,
        meaning: str,
        *cells: type,
        unit: str = "",
        seldom: int = 0,
        least: int | None = None,
        most: int | None = None,
        default: Cell = None,
        read: Callable[[Any], Value] | None = None,
        array: Callable[[Sequence[Any]], Array] | None = None,
    ) -> None:
        self.meaning, self.unit, self.seldom, self.default = meaning, unit, seldom, default
        self.cells, self.nullable = frozenset(cells), type(None) in cells
        self._read, self._array, self._least, self._most = read, array, least, most
        self.in_arrays = array is not None

    @property
    def sentinel(self) -> bool:
        """Whether :data:`ABSENT` stands in arrays where a row has nothing."""
        return self.cells == {int, type(None)}

    @property
    def boolean(self) -> bool:
        """Whether its values are true or false."""
        return self._read is bool

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Frame", owner: type) -> Array: ...
    @overload
    def __get__(self, instance: "Record", owner: type) -> Value: ...
    def __get__(self, instance: object, owner: type) -> object:
        if instance is None:
            return self
        raise AttributeError(f"column {self.name!r} was not read")

    def values(self, cells: Sequence[Any]) -> Sequence[Value]:
        """What cells of a store say.

        Raises:
            ValueError: the column cannot hold one of them: SQLite itself takes anything.
        """
        self.check(cells)
        return cells if self._read is None else list(map(self._read, cells))

    def check(self, cells: Sequence[Any]) -> None:
        """Raise :class:`ValueError` if the column cannot hold one of these cells of a store."""
        numbers = filter(None, cells) if float in self.cells else ()
        if not self.cells.issuperset(map(type, cells)) or not all(map(isfinite, numbers)) or self._beyond(cells):
            odd = (inf, -inf)
            wrong = next(c for c in cells if type(c) not in self.cells or c in odd or c != c or self._beyond([c]))
            raise ValueError(f"column {self.name} holds {wrong!r}")

    def _beyond(self, cells: Sequence[Any]) -> bool:
        below = self._least is not None and any(cell < self._least for cell in cells)
        return below or (self._most is not None and any(cell > self._most for cell in cells))

    def array(self, cells: Sequence[Any]) -> Array:
        """Cells of a store as an array."""
        if self._array is None:
            raise TypeError(f"column {self.name} goes into no array")
        return self._array(cells)


def _integers(cells: Sequence[Any]) -> Integers:
    array = np.array(cells) if cells else np.empty(0, np.int64)
    if array.dtype != np.int64:
        raise ValueError(f"{next((cell for cell in cells if type(cell) is not int), max(cells))!r} among whole numbers")
    return array


def _floats(cells: Sequence[Any]) -> Floats:
    array = np.array(cells, dtype=np.float64)
    if np.isinf(array).any():
        raise ValueError(f"{array[np.isinf(array)][0]} among finite numbers")
    return array


def whole(meaning: str, **more: Any) -> Column[Integers, int]:
    """A whole number."""
    return Column(meaning, int, array=_integers, **more)


def key(meaning: str, **more: Any) -> Column[None, int]:
    """A whole number that is the same in all rows that are read together, and so goes into no array."""
    return Column(meaning, int, **more)


def whole_or_none(meaning: str, **more: Any) -> Column[Integers, int | None]:
    """A whole number from 0, or nothing: :data:`ABSENT` in arrays."""
    return Column(meaning, int, type(None), array=_integers, **more)


def real(meaning: str, **more: Any) -> Column[Floats, float]:
    """A finite number."""
    return Column(meaning, float, int, array=_floats, **more)


def real_or_none(meaning: str, **more: Any) -> Column[Floats, float | None]:
    """A finite number, or nothing: NaN in arrays."""
    return Column(meaning, float, int, type(None), array=_floats, **more)


def flag(meaning: str, **more: Any) -> Column[None, bool]:
    """0 or 1."""
    return Column(meaning, int, read=bool, **more)


def text(meaning: str, **more: Any) -> Column[None, str]:
    """Any text."""
    return Column(meaning, str, **more)


def text_or_none(meaning: str, **more: Any) -> Column[None, str | None]:
    """Any text, or nothing."""
    return Column(meaning, str, type(None), **more)


def choice(of: type[Choice], meaning: str, never: Choice | None = None) -> Column[tuple[Choice, ...], Choice]:
    """A member of an enumeration, as its text; ``never`` is not stored."""
    members = {member.value: member for member in of}

    def array(cells: Sequence[Any]) -> tuple[Choice, ...]:
        return tuple(map(members.__getitem__, cells))

    return Column(f"{meaning}: {', '.join(m for m in of if m is not never)}", str, read=of, array=array)


def columns(table: type) -> tuple[Column[Any, Any], ...]:
    """The columns of a table, in order."""
    return _listed(table)


@cache
def _listed(table: type) -> tuple[Column[Any, Any], ...]:
    return tuple(c for base in reversed(table.__mro__) for c in vars(base).values() if isinstance(c, Column))


def names(table: type) -> list[str]:
    """Their names."""
    return [column.name for column in columns(table)]


def groups(table: type) -> list[tuple[Column[Any, Any], ...]]:
    """The columns of a table by how seldom rows have them: a row may end after any group.

    Each null of a row costs as much as three numbers, and most trials lack nine columns of twenty-two.
    """
    every = columns(table)
    return [tuple(c for c in every if c.seldom == n) for n in range(1 + max(c.seldom for c in every))]


def maker(of: Sequence[Column[Any, Any]]) -> Callable[..., Row]:
    """A function from cells by name to a row. Written out as code it takes 0.2 µs more than a bare tuple does."""
    listed = ", ".join(column.name for column in of)
    made: dict[str, Callable[..., Row]] = {}
    exec(f"def row(*, {listed}): return ({listed},)", made)
    return made["row"]


class _Columns:
    """What was read of a table, as attributes; read-only."""

    def __init__(self, **values: Any) -> None:
        if unknown := values.keys() - set(names(type(self))):
            raise TypeError(f"{type(self).__name__} has no column {', '.join(sorted(unknown))}")
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def _once(cells: Sequence[Any], known: dict[object, object]) -> Sequence[Any]:
    """The same, equal texts being one object: ten thousand runs have a few problems and labels."""
    return [known.setdefault(cell, cell) for cell in cells] if cells and type(cells[0]) is str else cells


class Record(_Columns):
    """One row; equal to another of its kind with equal values."""

    @classmethod
    def read(
        cls, rows: Sequence[Row], of: Sequence[Column[Any, Any]], known: dict[object, object] | None = None
    ) -> list[Self]:
        """Rows of a store.

        Args:
            known: Texts of rows that were read before, of which equal ones are used again.

        Raises:
            ValueError: one of the cells cannot be.
        """
        known = {} if known is None else known
        cells_of = zip(*rows, strict=True) if rows else ()
        read = [column.values(_once(cells, known)) for column, cells in zip(of, cells_of, strict=bool(rows))]
        listed, records = [column.name for column in of], []
        for values in zip(*read, strict=True):
            record = cls.__new__(cls)
            vars(record).update(dict(zip(listed, values, strict=True)))  # a copy takes half the room of a growing one
            records.append(record)
        return records

    def replaced(self, **values: Any) -> Self:
        """The same with other values."""
        return type(self)(**(vars(self) | values))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class Frame(_Columns):
    """Rows by column, each an array of the same length: NaN where a float is absent, -1 where a whole number is."""

    @classmethod
    def columns(cls) -> tuple[Column[Any, Any], ...]:
        """Those that go into arrays."""
        return tuple(c for c in columns(cls) if c.in_arrays)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Consecutive rows in one."""
        if len(parts) == 1:
            return parts[0]
        return cls(**{name: _join([vars(part)[name] for part in parts]) for name in vars(parts[0])})

    def rows(self, chosen: slice) -> Self:
        """Some of the rows."""
        return type(self)(**{name: column[chosen] for name, column in vars(self).items()})

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))


def _join(arrays: Sequence[Any]) -> object:
    return tuple(chain.from_iterable(arrays)) if isinstance(arrays[0], tuple) else np.concatenate(arrays)
