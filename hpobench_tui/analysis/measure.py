"""What the vertical axis of a curve shows: regret, or the incumbent's loss."""

from enum import StrEnum

import numpy as np

from hpobench_tui.store.reader import Floats, TrialTable

ROUND_OFF = 1e-12


class Measure(StrEnum):
    """What is measured; lower is better in each."""

    SIMPLE = "simple regret"
    """The incumbent's (noise-free) loss less the problem's pinned reference loss."""
    CUMULATIVE = "cumulative regret"
    """rho = T mu* - sum of rewards (Bubeck & Cesa-Bianchi, arXiv 1204.5721, section 1)."""
    INCUMBENT = "incumbent loss"
    """The incumbent's (noise-free) loss itself."""


def values(trials: TrialTable, measure: Measure, reference: float) -> Floats:
    """The measure after each trial, shape (n,).

    Simple regret and incumbent loss are NaN before the first incumbent. A simple regret that is negative by no more
    than round-off (1e-12 of the larger of 1, the loss and the reference) is 0; a truly negative one is kept: it
    says that the reference is not a lower bound.

    Cumulative regret is T mu* - sum r_t. With losses that are ``constant - reward`` it is the sum of losses less T
    times the reference loss. T counts the trials that have a loss: failed trials have none and are left out of both
    terms. It uses the losses as observed, so that noise can make it negative.

    Args:
        reference: The run's reference loss.
    """
    match measure:
        case Measure.SIMPLE:
            regret = trials.incumbent_value - reference
            scale = np.maximum(np.abs(trials.incumbent_value), max(1.0, abs(reference)))
            return np.where((regret < 0) & (regret > -ROUND_OFF * scale), 0.0, regret)
        case Measure.CUMULATIVE:
            return trials.total_loss - trials.losses * reference
        case Measure.INCUMBENT:
            return trials.incumbent_value
