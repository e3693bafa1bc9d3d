"""Who wins on each problem: all labels that are not shown to be worse than the best (``statistics.groups``).

How to read it: within a group the experiment does not say who is better. A group of all means that nothing was shown,
be it that they are equal or that there are few seeds; ``told`` is False where so few pairs could not have shown
anything.
"""

from dataclasses import dataclass

from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.statistics.groups import ALPHA, WinnerGroup, winner_group_over, winner_groups


@dataclass(frozen=True, slots=True)
class Winners:
    """Of one problem, or over all.

    Attributes:
        problem: None: over all that all labels have.
        group: The labels, the best first.
        labels: How many were held against it: that have a finished run.
        n: The fewest repetitions that one of them shares with the best.
        next_p: Corrected p of the best against the least bad of those that are out; None if nobody is.
        told: Whether as few seeds can show a difference at all.
        alpha: Level of the tests.
    """

    problem: str | None
    group: tuple[str, ...]
    labels: int
    n: int
    next_p: float | None
    told: bool
    alpha: float

    @property
    def words(self) -> str:
        """In short: who it is."""
        if not self.told:
            return f"all {self.labels} (so few seeds cannot tell)"
        return _listed(self.group) if len(self.group) < self.labels else f"all {self.labels} (no difference is shown)"


def _listed(labels: tuple[str, ...], most: int = 4) -> str:
    more = len(labels) - most
    return ", ".join(labels) if more <= 1 else f"{', '.join(labels[:most])} and {more} more"


def winners(scores: Scores, alpha: float = ALPHA) -> list[Winners]:
    """A line a problem on which two labels have finished runs; and, last, one over all if there are several."""
    found = [
        _named(scores, problem, group, (scores.counts()[place] > 0).sum())
        for place, (problem, group) in enumerate(
            zip(scores.problems, winner_groups(scores.values, scores.tolerances, alpha), strict=True)
        )
        if group.best is not None and (scores.counts()[place] > 0).sum() > 1
    ]
    if len(found) > 1:
        over = winner_group_over(scores.values, scores.tolerances, alpha)
        if over.best is not None:
            found.append(_named(scores, None, over, len(scores.labels)))
    return found


def _named(scores: Scores, problem: str | None, group: WinnerGroup, labels: int) -> Winners:
    members = set(group.members)
    out = [p for place, p in enumerate(group.p) if p is not None and place not in members]
    pairs = [n for place, n in enumerate(group.n) if place != group.best and n]
    return Winners(
        problem,
        tuple(scores.labels[place] for place in group.members),
        int(labels),
        min(pairs, default=0),
        min(out, default=None),
        group.least_p <= group.alpha,
        group.alpha,
    )
