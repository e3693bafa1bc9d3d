"""What the vertical axis of a curve shows: regret, or the incumbent's loss."""

from enum import StrEnum

import numpy as np

from hpobench_tui.store.reader import Floats, ProgressTable

ROUND_OFF = 1e-12


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


def values(progress: ProgressTable, measure: Measure, reference: float) -> Floats:
    """The measure after each row's trial, shape (n,).

    Simple regret and incumbent loss are NaN before the first incumbent. A simple regret that is negative by no more
    than round-off (1e-12 of the larger of 1, the loss and the reference) is 0; a truly negative one is kept: it
    says that the reference is not a lower bound.

    Cumulative regret is T mu* - sum r_t. With losses that are ``constant - reward`` it is the sum of losses less that of
    the comparator: the reference loss each time, or what the problem says where it changes from round to round. Failed
    trials have no loss and are left out of both sums. Noise can make it negative; pseudo-regret is free of it.

    Args:
        reference: The run's reference loss.
    """
    match measure:
        case Measure.SIMPLE:
            regret = progress.incumbent_value - reference
            scale = np.maximum(np.abs(progress.incumbent_value), max(1.0, abs(reference)))
            return np.where((regret < 0) & (regret > -ROUND_OFF * scale), 0.0, regret)
        case Measure.CUMULATIVE:
            return progress.total_loss - progress.total_reference
        case Measure.PSEUDO:
            return progress.total_truth - progress.total_reference
        case Measure.INCUMBENT:
            return progress.incumbent_value
