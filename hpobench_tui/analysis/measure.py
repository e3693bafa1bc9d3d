"""What the vertical axis of a curve shows: regret, or the incumbent's loss."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.store.reader import Floats, ProgressTable

ROUND_OFF = 1e-12
FOUND = 1e-9
"""Relative simple regret from which on the best is found."""


class Measure(StrEnum):
    """What is measured; lower is better in each."""

    SIMPLE = "simple regret"
    """The incumbent's (noise-free) loss less the problem's pinned reference loss."""
    CUMULATIVE = "cumulative regret"
    """rho = T mu* - sum of rewards (Bubeck & Cesa-Bianchi, arXiv 1204.5721, section 1), with the losses observed."""
    PSEUDO = "pseudo-regret"
    """The same with the noise-free losses: T mu* - sum of the mean rewards of the arms that were pulled."""
    INCUMBENT = "incumbent loss"
    """The incumbent's (noise-free) loss itself."""


COLUMNS = {
    Measure.SIMPLE: ("incumbent_value",),
    Measure.CUMULATIVE: ("total_loss", "total_reference", "losses"),
    Measure.PSEUDO: ("total_truth", "total_reference", "losses"),
    Measure.INCUMBENT: ("incumbent_value",),
}
"""What each is worked out from, of a run's rows of progress."""


def values(progress: ProgressTable, measure: Measure, reference: float) -> Floats:
    """The measure after each row's trial, shape (n,).

    NaN before the first trial that has a loss. A simple regret that is negative by no more
    than round-off (1e-12 of the larger of 1, the loss and the reference) is 0; a truly negative one is kept: it
    says that the reference is not a lower bound.

    Cumulative regret is T mu* - sum r_t. With losses that are ``constant - reward`` it is the sum of losses less that
    of the comparator: the reference loss each time, or what the problem says where it changes from round to round.
    Failed trials have no loss and are left out of both sums. Noise can make it negative; pseudo-regret is free of it.

    Args:
        reference: The run's reference loss.
    """
    match measure:
        case Measure.SIMPLE:
            regret = progress.incumbent_value - reference
            return np.where((regret < 0) & (regret > -ROUND_OFF * _scale(progress, reference)), 0.0, regret)
        case Measure.CUMULATIVE:
            return np.where(progress.losses > 0, progress.total_loss - progress.total_reference, np.nan)
        case Measure.PSEUDO:
            return np.where(progress.losses > 0, progress.total_truth - progress.total_reference, np.nan)
        case Measure.INCUMBENT:
            return progress.incumbent_value


def found(progress: ProgressTable, reference: float) -> NDArray[np.bool_]:
    """Whether the incumbent is as good as the reference after each row's trial, shape (n,).

    As good: a simple regret of at most 1e-9 of the larger of 1, the loss and the reference. Of a bandit: the best arm.
    """
    return progress.incumbent_value - reference <= FOUND * _scale(progress, reference)


def _scale(progress: ProgressTable, reference: float) -> Floats:
    scale: Floats = np.maximum(np.abs(progress.incumbent_value), max(1.0, abs(reference)))
    return scale
