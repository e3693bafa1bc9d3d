"""Planned brackets as the table that papers and lectures print: a column a bracket, s = s_max … 0, a row a rung.

Needs nothing but ``core.brackets``, so that listing brackets stays instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui.core.brackets import Bracket, Rung


@dataclass(frozen=True, slots=True)
class BracketTable:
    """Columns are brackets.

    Attributes:
        s: Hyperband's index of each bracket.
        rows: Row i has rung i (n_i, r_i) of each bracket, None where a bracket has fewer rungs.
        configurations: Configurations that each bracket starts with.
        from_scratch: Fidelity units of each bracket when every rung trains from scratch.
        continued: Fidelity units of each bracket when promoted trainings are continued.

    >>> from hpobench_tui.core.brackets import hyperband
    >>> table = planned_table(hyperband(eta=3, maximum=9))
    >>> table.s, table.configurations, table.from_scratch
    ((2, 1, 0), (9, 3, 3), (27, 18, 27))
    """

    s: tuple[int, ...]
    rows: tuple[tuple[Rung | None, ...], ...]
    configurations: tuple[int, ...]
    from_scratch: tuple[int, ...]
    continued: tuple[int, ...]


def planned_table(brackets: Sequence[Bracket]) -> BracketTable:
    """Brackets in the order given, each a column."""
    depth = max((len(b.rungs) for b in brackets), default=0)
    return BracketTable(
        s=tuple(b.s for b in brackets),
        rows=tuple(tuple(b.rungs[i] if i < len(b.rungs) else None for b in brackets) for i in range(depth)),
        configurations=tuple(b.rungs[0].configurations for b in brackets),
        from_scratch=tuple(b.from_scratch for b in brackets),
        continued=tuple(b.continued for b in brackets),
    )
