"""Average ranks over problems, of labels that were all run on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.equality import ranked
from hpobench_tui.analysis.final import FinalRow, medians_tolerance
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.core.errors import unknown


@dataclass(frozen=True, slots=True)
class Ranking:
    """Each label's rank by median (1 is best, equal ones share the mean), averaged over ``problems``.

    ``left_out`` are labels that lack one of those problems: ranks over other problems could not be compared.

    >>> ranking = Ranking({"tpe": 1.25, "random": 1.75}, ("toy/one", "toy/two"), left_out=("grid",), total=3)
    >>> ranking.extent
    'over 2 of 3 problems; not ranked: grid'
    """

    ranks: dict[str, float]
    problems: tuple[str, ...]
    left_out: tuple[str, ...]
    total: int

    def __bool__(self) -> bool:
        return bool(self.ranks)

    @property
    def extent(self) -> str:
        """Over what they are, in words."""
        without = f"; not ranked: {', '.join(self.left_out)}" if self.left_out else ""
        return f"over {len(self.problems)} of {self.total} problems{without}"


def average_ranks(rows: Sequence[FinalRow], keep: str | None = None) -> Ranking:
    """Ranks in the largest complete block: of all choices of problems that some label covers, the one for which
    (labels that cover it) × (problems) is greatest; more labels where that is equal.

    Only medians over finished runs count; no ranks where no two labels share a problem.

    Args:
        keep: A label that must be in the block.

    Raises:
        HpobenchError: there is no such label.
    """
    medians: dict[str, dict[str, float]] = {row.label: {} for row in rows}
    for row in rows:
        if not row.provisional and row.median is not None:
            medians[row.label][row.problem] = row.median
    if keep is not None and keep not in medians:
        raise unknown("optimizer", keep, list(medians))
    groups = by_problem(rows)
    total = len(groups)
    alike: dict[frozenset[str], list[str]] = {}  # labels by what they cover: most cover the same
    for label, covered in medians.items():
        alike.setdefault(frozenset(covered), []).append(label)
    covering = {block: sum(len(more) for other, more in alike.items() if block <= other) for block in alike if block}
    wanted = medians[keep].keys() if keep is not None else None
    covering = {block: count for block, count in covering.items() if count > 1 and (wanted is None or block <= wanted)}
    if not covering:
        return Ranking({}, (), (), total)
    chosen = max(covering, key=lambda block: (len(block) * covering[block], covering[block]))
    problems = tuple(medians[alike[chosen][0]])
    labels = [label for label, covered in medians.items() if chosen <= covered.keys()]
    ranks = [
        ranked(np.array([medians[label][problem] for label in labels]), medians_tolerance(groups[problem]))
        for problem in problems
    ]
    averages = dict(zip(labels, map(float, np.mean(ranks, axis=0)), strict=True))
    return Ranking(averages, problems, tuple(label for label in medians if label not in averages), total)
