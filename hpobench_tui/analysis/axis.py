"""What the horizontal axis of a curve counts: how far a run had come when a trial ended."""

from enum import StrEnum

import numpy as np

from hpobench_tui.store.reader import Floats, Integers, TrialTable


class Axis(StrEnum):
    """What progress is measured in."""

    EVALUATIONS = "evaluations"
    """Trials, whatever their fidelity."""
    FIDELITY = "fidelity"
    """Fidelity units as if every trial was trained from scratch; a problem without fidelity counts 1 a trial."""
    SECONDS = "seconds"
    """Seconds of the run's clock: objective and optimizer together, pauses left out."""
    BUDGET = "budget"
    """What the ledger charged, in the budget's unit."""


def positions(trials: TrialTable, axis: Axis, quanta_per_unit: int = 1) -> Floats:
    """Where each trial ended on the axis, shape (n,), never falling.

    Args:
        trials: All trials of a run from its first one: most axes are running sums.
        quanta_per_unit: The run's; only ``Axis.BUDGET`` needs it.
    """
    match axis:
        case Axis.EVALUATIONS:
            return (trials.number + 1).astype(np.float64)
        case Axis.FIDELITY:
            return np.cumsum(charged_fidelity(trials)).astype(np.float64)
        case Axis.SECONDS:
            return trials.clock_end
        case Axis.BUDGET:
            return np.cumsum(trials.cost) / quanta_per_unit


def charged_fidelity(trials: TrialTable) -> Integers:
    """The fidelity that each trial counts with from scratch, shape (n,).

    It is the fidelity reached (a failed trial's is the one it was granted); where none was noted, the one asked for;
    on a problem without fidelity 1.
    """
    asked = np.where(trials.asked_fidelity >= 0, trials.asked_fidelity, 1)
    return np.where(trials.fidelity >= 0, trials.fidelity, asked)
