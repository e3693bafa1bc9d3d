"""The rows of a table: made when they are on the screen, each the row of a thing that has a key."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import is_not
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from hpobench_tui.tui.widgets.table.cells import Row

T = TypeVar("T")

_NOTHING = ("", "·", "-", "?")
"""How cells say that they have no value."""


@runtime_checkable
class Rows(Protocol):
    """What there is to be shown, as numbered rows."""

    def __len__(self) -> int: ...

    def key(self, i: int) -> Hashable:
        """The thing in row ``i``: the cursor stays on it when rows change, are sorted or filtered."""

    def cells(self, i: int) -> Row: ...

    def value(self, i: int, column: int) -> Any:
        """What a column is sorted by; None comes last."""

    def text(self, i: int) -> str:
        """What a filter looks for words in."""

    def failed(self, i: int) -> bool:
        """Whether the row comes first where failures do."""

    def copied(self, i: int) -> str:
        """What is copied of the thing."""


@runtime_checkable
class Arranged(Protocol):
    """What rows can have beside: their numbers are arrays, so that a million are sorted and searched at once."""

    def arranged(
        self, words: Sequence[str], column: int | None, descending: bool, failures_first: bool
    ) -> Sequence[int]:
        """The rows with all of these words, in order; what has no value comes last, equals stay in their own order."""

    def row_of(self, key: Hashable) -> int | None:
        """Which row is that thing's; None: none is."""


class Listed:
    """Rows whose cells are there already."""

    def __init__(
        self,
        rows: Iterable[Row],
        keys: Sequence[Hashable] | None = None,
        copied: Sequence[str] | None = None,
        failed: Sequence[bool] | None = None,
    ) -> None:
        self._rows = tuple(rows)
        self._keys, self._copied, self._failed = keys, copied, failed

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, i: int) -> Hashable:
        return i if self._keys is None else self._keys[i]

    def cells(self, i: int) -> Row:
        return self._rows[i]

    def value(self, i: int, column: int) -> Any:
        return sorted_by(self._rows[i], column)

    def text(self, i: int) -> str:
        return as_text(self._rows[i])

    def failed(self, i: int) -> bool:
        return bool(self._failed and self._failed[i])

    def copied(self, i: int) -> str:
        return as_text(self._rows[i], "\t") if self._copied is None else self._copied[i]


def listed(
    rows: Iterable[Row],
    keys: Sequence[Hashable] | None = None,
    copied: Sequence[str] | None = None,
    failed: Sequence[bool] | None = None,
) -> Rows:
    """A few rows of cells, each with its key (None: its number), what ``y`` copies of it (None: the cells' texts) and
    whether it failed.
    """
    return Listed(rows, keys, copied, failed)


class Lazy(Generic[T]):
    """Rows made of things that never change: one that is another now is another object.

    Args:
        items: The things, in their own order.
        cells: Makes the row of a thing.
        key: What a thing is known by.
        value, text, failed, copied: As in :class:`Rows`, of the thing *alone*: while things stay the same objects, a
            table does not ask again. None: made of the cells, which costs more where there are many rows.
    """

    def __init__(
        self,
        items: Sequence[T],
        cells: Callable[[T], Row],
        key: Callable[[T], Hashable],
        value: Callable[[T, int], Any] | None = None,
        text: Callable[[T], str] | None = None,
        failed: Callable[[T], bool] | None = None,
        copied: Callable[[T], str] | None = None,
    ) -> None:
        self.items = items
        self._cells, self._key = cells, key
        self._value, self._text, self._failed, self._copied = value, text, failed, copied

    def __len__(self) -> int:
        return len(self.items)

    def key(self, i: int) -> Hashable:
        return self._key(self.items[i])

    def cells(self, i: int) -> Row:
        return self._cells(self.items[i])

    def value(self, i: int, column: int) -> Any:
        if self._value is None:
            return sorted_by(self.cells(i), column)
        return self._value(self.items[i], column)

    def text(self, i: int) -> str:
        return as_text(self.cells(i)) if self._text is None else self._text(self.items[i])

    def failed(self, i: int) -> bool:
        return self._failed is not None and self._failed(self.items[i])

    def copied(self, i: int) -> str:
        return as_text(self.cells(i), "\t") if self._copied is None else self._copied(self.items[i])

    def changed(self, before: "Lazy[T]") -> list[int] | None:
        """The rows that differ from those before, as far as both go; None: nobody knows."""
        if self._value is None or self._text is None:
            return None
        differs = map(is_not, self.items, before.items)
        return [i for i, other in enumerate(differs) if other]


def as_text(row: Row, between: str = " ") -> str:
    """The texts of a row's cells."""
    return between.join(cell.text for cell in row)


def sorted_by(row: Row, column: int) -> Any:
    """The value of a cell, or of its text."""
    cell = row[column]
    if cell.value is not None:
        return cell.value
    text = cell.text.strip()
    if text in _NOTHING:
        return None
    try:
        return float(text)
    except ValueError:
        return text
