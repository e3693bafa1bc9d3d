"""Who is ahead in an experiment, in a word: for lists, where there is no room for tests (``analysis.winners``)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.analysis.ranks import average_ranks

_CLOSE = 1e-9
"""Average ranks that differ by less are equal."""


@dataclass(frozen=True, slots=True)
class Leader:
    """The labels that are ahead: several are level, none if nobody can be told to be; and by which rule.

    >>> Leader(("tpe", "bohb"), "best average rank").words
    'tpe = bohb'
    """

    labels: tuple[str, ...]
    rule: str

    @property
    def words(self) -> str:
        """In a few words."""
        if len(self.labels) > 2:
            return f"{self.labels[0]} = {len(self.labels) - 1} more"
        return " = ".join(self.labels)


def leader(rows: Sequence[FinalRow]) -> Leader:
    """Of one problem the label with the lowest median, of several that with the best average rank of its medians over
    the problems that are compared (``analysis.ranks``). Finished runs alone count.
    """
    if len({row.label for row in rows}) < 2:
        return Leader((), "there is only one optimizer")
    if len({row.problem for row in rows}) == 1:
        first = [row.label for row in rows if row.best_in_problem or row.tied_in_problem]
        return Leader(tuple(first), f"lowest median {rows[0].measure}" if first else "no two have finished runs")
    ranking = average_ranks(rows)
    if not ranking:
        return Leader((), "no two have finished runs on one problem")
    least = min(ranking.ranks.values())
    labels = tuple(label for label, rank in ranking.ranks.items() if rank < least + _CLOSE)
    return Leader(labels, f"best average rank, {least:.2f}, {ranking.extent}")
