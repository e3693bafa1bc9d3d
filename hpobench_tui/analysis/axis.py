"""What the horizontal axis of a curve counts: how far a run had come when a trial ended."""

from enum import StrEnum

import numpy as np

from hpobench_tui.store.reader import Floats, ProgressTable


class Axis(StrEnum):
    """What progress is measured in."""

    EVALUATIONS = "evaluations"
    """Trials, whatever their fidelity."""
    FIDELITY = "fidelity"
    """Fidelity units as if every trial was trained from scratch; a problem without fidelity counts 1 a trial."""
    SECONDS = "seconds"
    """Seconds of the run's clock: objective and optimizer together, pauses left out; simulated ones where it is."""
    BUDGET = "budget"
    """What the ledger charged, in the budget's unit."""


COLUMN = {Axis.EVALUATIONS: "number", Axis.FIDELITY: "fidelity", Axis.SECONDS: "clock", Axis.BUDGET: "spent"}
"""What each is read from, of a run's rows of progress."""


def positions(progress: ProgressTable, axis: Axis, quanta_per_unit: int = 1) -> Floats:
    """Where each row's trial ended on the axis, shape (n,), never falling.

    Args:
        quanta_per_unit: The run's; only ``Axis.BUDGET`` needs it.
    """
    match axis:
        case Axis.EVALUATIONS:
            return (progress.number + 1).astype(np.float64)
        case Axis.FIDELITY:
            return progress.fidelity.astype(np.float64)
        case Axis.SECONDS:
            return progress.clock
        case Axis.BUDGET:
            return progress.spent / quanta_per_unit
