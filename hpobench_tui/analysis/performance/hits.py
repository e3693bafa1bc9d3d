"""When a run first comes within each target: its hitting times, in units of the axis that the curve has.

hit(target) = min {x : y(x) <= target} of the right-continuous step function y, infinite where there is none. Exact for
simple regret, as a run writes down where it stands whenever its incumbent changes; sums of regret only grow, and have
no hitting times. Where several trials end at one x, what holds after the last of them counts. (The runtimes of Hansen
et al., arXiv 1605.03560, section 3.)

How to read it: 40 at target 0.1 means that after 40 units of budget the run had a configuration within 0.1 of the
reference. Infinite means that it did not with what it has spent, not that it never would.

Axes: budget, evaluations, fidelity, and seconds of the run's clock, which include the optimizer's own time; seconds
without it, or with a cost of one's own for an evaluation, come from curves that ``thinking`` makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.performance.counting import PairRuns, Steps
from hpobench_tui.analysis.performance.targets import Targets
from hpobench_tui.core.columns import Floats, Integers


@dataclass(frozen=True, slots=True)
class Hits:
    """Hitting times of one label's runs on one problem.

    Attributes:
        targets: Regrets, descending, (t,).
        first: Where each was first reached, (r, t); infinite where it was not.

    The others are those of ``counting.PairRuns``.

    >>> first = np.array([[1.0, 3.0], [2.0, np.inf]])
    >>> hits = Hits("toy/one", "tpe", (1.0, 0.1), first, np.array([9.0, 9.0]), np.array([0, 1]), granted=9.0)
    >>> hits.n, hits.successes.tolist()
    (2, [2, 1])
    """

    problem: str
    label: str
    targets: Targets
    first: Floats
    spent: Floats
    repetitions: Integers
    granted: float | None
    failed: int = 0
    unfinished: int = 0
    out: int = 0

    @property
    def n(self) -> int:
        """The runs."""
        return len(self.spent)

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Whether, (r, t)."""
        return np.isfinite(self.first)

    @property
    def successes(self) -> Integers:
        """The runs that reach each target, (t,)."""
        hit: Integers = np.count_nonzero(self.reached, axis=0)
        return hit

    def at(self, place: int) -> "Hits":
        """Those of one target alone."""
        return replace(self, targets=(self.targets[place],), first=self.first[:, place, None])


def first_hits(curve: Steps, targets: Sequence[float]) -> Floats:
    """Where the curve is first at most each target, shape (t,); infinite where it never is.

    >>> first_hits(Steps(np.array([1.0, 4.0]), np.array([0.5, 0.1])), (1.0, 0.5, 0.2, 0.05)).tolist()
    [1.0, 1.0, 4.0, inf]
    """
    lowest = np.minimum.accumulate(curve.y)
    found: Floats = np.append(curve.x, np.inf)[np.searchsorted(-lowest, -np.asarray(targets, dtype=np.float64))]
    return found


def hits_of(pair: PairRuns) -> Hits:
    """The hitting times of a pair's runs.

    Raises:
        HpobenchError: their curves are not of simple regret.
    """
    pair.check_regret()
    first = np.array([first_hits(curve, pair.targets) for curve in pair.curves])
    return Hits(
        pair.problem, pair.label, pair.targets, first, pair.spent, pair.repetitions, pair.granted,
        pair.failed, pair.unfinished, pair.out,
    )  # fmt: skip


def by_label(hits: Sequence[Hits]) -> dict[str, list[Hits]]:
    """By label, in first-seen order."""
    groups: dict[str, list[Hits]] = {}
    for one in hits:
        groups.setdefault(one.label, []).append(one)
    return groups
