"""The last row of progress of many runs, by column: ten thousand of them are looked at together."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from hpobench_tui.core.columns import Integers
from hpobench_tui.core.records import ProgressTable


class Ends(Mapping[int, ProgressTable]):
    """Run id to its last row of progress, a table of one row.

    Attributes:
        runs: The ids, shape (n,).
        table: Their rows, in that order.
    """

    def __init__(self, runs: Integers, table: ProgressTable) -> None:
        self.runs, self.table = runs, table
        self._places: dict[int, int] | None = None

    @property
    def places(self) -> dict[int, int]:
        """Where in ``table`` a run's row is."""
        if self._places is None:
            self._places = {run: place for place, run in enumerate(self.runs.tolist())}
        return self._places

    def __getitem__(self, run: int) -> ProgressTable:
        place = self.places[run]
        return self.table.rows(slice(place, place + 1))

    def __iter__(self) -> Iterator[int]:
        return iter(self.runs.tolist())

    def __len__(self) -> int:
        return len(self.runs)

    @classmethod
    def of(cls, rows: Mapping[int, ProgressTable]) -> "Ends":
        """From the tables themselves, of which the last row is taken; those without a row are left out."""
        if isinstance(rows, Ends):
            return rows
        there = {run: table.rows(slice(len(table) - 1, None)) for run, table in rows.items() if len(table)}
        if not there:
            return cls(
                np.empty(0, dtype=np.int64), ProgressTable(**{c.name: np.empty(0) for c in ProgressTable.columns()})
            )
        return cls(np.array(list(there), dtype=np.int64), ProgressTable.joined(list(there.values())))

    @classmethod
    def joined(cls, parts: Sequence["Ends"], firsts: Sequence[int]) -> "Ends":
        """Several in one; ``firsts``: what is added to the ids of each."""
        runs = np.concatenate([part.runs + first for part, first in zip(parts, firsts, strict=True)])
        return cls(runs, ProgressTable.joined([part.table for part in parts]))

    def of_runs(self, runs: Collection[int]) -> "Ends":
        """Those of some runs alone."""
        kept = np.array([run in runs for run in self.runs.tolist()], dtype=np.bool_)
        if kept.all():
            return self
        return Ends(self.runs[kept], ProgressTable(**{name: column[kept] for name, column in vars(self.table).items()}))
