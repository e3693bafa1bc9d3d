"""Which rows of a table are shown, and in which order.

What that is worked out from (texts, values) is kept while rows stay what they are: :class:`~.rows.Lazy` tells which
ones changed, and then only those are asked anew.
"""

import re
from collections.abc import Callable, Sequence
from math import isnan
from numbers import Real
from typing import Any, TypeVar

from hpobench_tui.tui.widgets.table.rows import Arranged, Lazy, Rows, listed

V = TypeVar("V")

_DIGITS = re.compile("([0-9]+)")

Sortable = float | tuple[Any, ...]


class Order:
    """A filter, a sort, failures first; :attr:`places` has the numbers of the rows that are shown, in order."""

    def __init__(self) -> None:
        self.pattern = ""
        self.column: int | None = None
        self.descending = False
        self.failures_first = False
        self._rows = listed(())
        self._texts: list[str] | None = None
        self._values: list[Sortable | None] | None = None
        self._failed: list[bool] | None = None
        self._places: Sequence[int] = range(0)
        self._stale = False

    @property
    def is_plain(self) -> bool:
        """Whether all rows are shown in their own order."""
        return self.column is None and not self.failures_first and not self.pattern.strip()

    def filter(self, pattern: str) -> None:
        """Show only rows with all of these words in them."""
        self.pattern, self._stale = pattern, True

    def sort(self, column: int | None, descending: bool = False) -> None:
        """Sort by this column; None: as the rows come."""
        if column != self.column:
            self.column, self._values = column, None
        self.descending, self._stale = descending, True

    def put_failures_first(self, first: bool) -> None:
        self.failures_first, self._stale = first, True

    def take(self, rows: Rows) -> None:
        """Other rows."""
        before, self._rows = self._rows, rows
        if rows is before:
            return
        if self.is_plain:
            self._texts = self._values = self._failed = None
            self._stale = True
            return
        changed = rows.changed(before) if isinstance(rows, Lazy) and isinstance(before, Lazy) else None
        if changed is not None and not changed and len(rows) == len(before):
            return
        self._stale = True
        self._texts = self._again(self._texts, changed, self._text)
        self._values = self._again(self._values, changed, self._value)
        self._failed = self._again(self._failed, changed, rows.failed)

    def _again(self, kept: list[V] | None, changed: list[int] | None, ask: Callable[[int], V]) -> list[V] | None:
        """What is kept of each row, with what changed asked anew; None: all of it is to be asked anew."""
        if kept is None or changed is None:
            return None
        number = len(self._rows)
        for i in changed:
            kept[i] = ask(i)
        return kept[:number] + [ask(i) for i in range(len(kept), number)]

    @property
    def places(self) -> Sequence[int]:
        """The numbers of the rows that are shown, in order."""
        if self._stale:
            self._stale = False
            self._places = self._worked_out()
        return self._places

    def place_of(self, row: int) -> int | None:
        """Where that row is; None: it is hidden."""
        try:
            return self.places.index(row)
        except ValueError:
            return None

    def _worked_out(self) -> Sequence[int]:
        places: Sequence[int] = range(len(self._rows))
        if isinstance(self._rows, Arranged):
            asked = self.pattern.casefold().split(), self.column, self.descending, self.failures_first
            return places if self.is_plain else self._rows.arranged(*asked)
        if words := self.pattern.casefold().split():
            if self._texts is None:
                self._texts = [self._text(i) for i in places]
            for word in words:
                texts = self._texts
                places = [i for i in places if word in texts[i]]
        if self.column is not None:
            if self._values is None:
                self._values = [self._value(i) for i in range(len(self._rows))]
            places = self._sorted(places, self._values)
        if self.failures_first:
            if self._failed is None:
                self._failed = [self._rows.failed(i) for i in range(len(self._rows))]
            failed = self._failed
            places = [*(i for i in places if failed[i]), *(i for i in places if not failed[i])]
        return places

    def _sorted(self, places: Sequence[int], values: list[Sortable | None]) -> list[int]:
        """What has no value comes last, whichever way it is sorted; equals stay in their own order."""
        there = [i for i in places if values[i] is not None]
        mixed = len({isinstance(values[i], tuple) for i in there}) > 1

        def by(i: int) -> Any:
            return (isinstance(values[i], tuple), values[i]) if mixed else values[i]

        ordered = sorted(there, key=by, reverse=self.descending)
        return ordered + [i for i in places if values[i] is None] if len(there) < len(places) else ordered

    def _text(self, i: int) -> str:
        return self._rows.text(i).casefold()

    def _value(self, i: int) -> Sortable | None:
        assert self.column is not None
        return sortable(self._rows.value(i, self.column))


def sortable(value: Any) -> Sortable | None:
    """Numbers as they are, texts so that 2 comes before 10; None for what has no order."""
    if value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Real):
        return None if isnan(value) else float(value)
    parts = _DIGITS.split(str(value).casefold())
    return tuple((len(n := part.lstrip("0")), n) if i % 2 else part for i, part in enumerate(parts))
