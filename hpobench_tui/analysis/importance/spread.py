"""Functional ANOVA of all losses: how much of their spread one hyperparameter explains alone, and two beyond both.

Hutter et al. (ICML 2014) decompose the variance of the loss into what each hyperparameter explains alone, each pair
beyond its two, and so on; they do so on a forest. Here the losses are replaced by their ranks, so that one diverged
training is one bad trial and not all of the variance, and hyperparameters by at most :data:`LEVELS` levels, so that
means of cells take the forest's place. A pair is looked for in what is left when every hyperparameter has explained
what it can alone, by least squares (as FAST does: Lou et al., KDD 2013), because what optimizers try is not balanced.

What noise alone would explain, (degrees of freedom) · (mean square within cells), is taken off: ω² (Hays 1963). As in
``best``, what is active in a share of the trials only explains that much less.

Units: shares of the variance of the ranks, 0 to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from hpobench_tui.analysis.importance.factors import Factor
from hpobench_tui.core.columns import Floats, Integers

LEVELS = 8
PER_CELL = 5
"""Trials, on average, that a cell of a pair must have."""


def ranks(losses: Floats) -> Floats:
    """Between 0 and 1, shape (n,); ties share the mean of their ranks."""
    _, places, counts = np.unique(losses, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    shared: Floats = ((ends - (counts + 1) / 2) / len(losses))[places]
    return shared


def levels_of(trials: int, together: int) -> int:
    """Into how many levels hyperparameters are divided of which so many are looked at together."""
    return min(LEVELS, int((trials / PER_CELL) ** (1 / together) + 1e-9))


def alone(factor: Factor, y: Floats) -> float:
    """The share of the variance of y (n,) that the factor explains by itself."""
    active = factor.places >= 0
    own, places = y[active], factor.places[active]
    counts = np.bincount(places, minlength=factor.cells)
    used, total = int((counts > 0).sum()), float(((y - y.mean()) ** 2).sum())
    if used < 2 or len(own) <= used or total <= 0:
        return 0.0
    sums = np.bincount(places, own - own.mean(), factor.cells)
    between = float((sums**2 / np.maximum(counts, 1)).sum())
    within = max(float(((own - own.mean()) ** 2).sum()) - between, 0.0) / (len(own) - used)
    return min(max(between - (used - 1) * within, 0.0) / total, 1.0)


def left_over(factors: Sequence[Factor], y: Floats) -> Floats:
    """y (n,) less what all factors explain of it in sum, by least squares; being inactive is a level of its own."""
    ends = np.cumsum([1, *(factor.cells + 1 for factor in factors)])
    design = np.zeros((len(y), int(ends[-1])), dtype=np.float32)
    design[:, 0] = 1
    for start, factor in zip(ends, factors, strict=False):
        design[np.arange(len(y)), start + 1 + factor.places] = 1
    gram = (design.T @ design).astype(np.float64)
    fitted = np.linalg.lstsq(gram, design.T.astype(np.float64) @ y, rcond=1e-9)[0]
    left: Floats = y - design @ fitted
    return left


@dataclass(frozen=True, slots=True, eq=False)
class Couple:
    """Two factors, in the trials in which both are active.

    Attributes:
        rows: Shape (n,): these trials' places among all.
        cells: Shape (n,): each one's cell in the table of both.
        shape: Of that table.
    """

    one: int
    other: int
    rows: Integers
    cells: Integers
    shape: tuple[int, int]


def couples(factors: Sequence[Factor]) -> list[Couple]:
    """All pairs of factors that are active together, and vary."""
    found = []
    for (i, one), (j, other) in combinations(enumerate(factors), 2):
        if one.cells > 1 and other.cells > 1:
            rows = np.flatnonzero((one.places >= 0) & (other.places >= 0))
            cells = one.places[rows] * other.cells + other.places[rows]
            if len(rows):
                found.append(Couple(i, j, rows, cells, (one.cells, other.cells)))
    return found


def together(couple: Couple, left: Floats, weights: Floats, total: float) -> float:
    """The share of the variance that a pair explains beyond what both explain in sum.

    Args:
        left: What is left to explain, shape (trials,): :func:`left_over`.
        weights: Shape (trials,): how often each counts.
        total: The variance of what all is to explain.
    """
    explained, freedom, within, _ = _squares(couple, left, weights)
    return float(min(max(explained - freedom * within, 0.0) / (total * weights.sum()), 1.0))


def by_chance(couple: Couple, left: Floats) -> float:
    """The p-value of the F test of the same, each trial counted once."""
    from scipy.special import fdtrc

    explained, freedom, within, spare = _squares(couple, left, np.ones(len(left)))
    if freedom < 1:
        return 1.0
    return float(fdtrc(freedom, spare, explained / freedom / within)) if within > 0 else float(explained <= 0)


def _squares(couple: Couple, left: Floats, weights: Floats) -> tuple[float, int, float, float]:
    """The sum of squares of an interaction and its degrees of freedom, the mean square within cells and its; all 0
    where there is no room for them."""
    own, y = weights[couple.rows], left[couple.rows]
    size = couple.shape[0] * couple.shape[1]
    counts = np.bincount(couple.cells, own, size)
    sums = np.bincount(couple.cells, own * y, size)
    there = counts > 0
    in_cells = float((sums[there] ** 2 / counts[there]).sum())
    table, of_both = counts.reshape(couple.shape), sums.reshape(couple.shape)
    sides = np.concatenate([of_both.sum(axis=1), of_both.sum(axis=0)])
    gram = np.block([[np.diag(table.sum(axis=1)), table], [table.T, np.diag(table.sum(axis=0))]])
    fitted, _, rank, _ = np.linalg.lstsq(gram, sides, rcond=1e-9)
    freedom, spare = int(there.sum()) - int(rank), float(counts.sum() - there.sum())
    if freedom < 1 or spare <= 0:
        return 0.0, 0, 0.0, 0.0
    squares = float((own * y**2).sum())
    within = max(squares - in_cells, 0.0) / spare
    explained = max(in_cells - float(fitted @ sides), 0.0)
    return explained, freedom, within if within * spare > 1e-12 * squares else 0.0, spare
