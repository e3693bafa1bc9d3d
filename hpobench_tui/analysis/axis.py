"""The horizontal axis of a curve: where a run's rows of progress lie on it."""

import numpy as np

from hpobench_tui.core import progress as positioned
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.store.reader import Floats, ProgressTable, RunRow

COLUMN = {Axis.BUDGET: "spent", Axis.EVALUATIONS: "number", Axis.FIDELITY: "fidelity", Axis.SECONDS: "clock"}
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


def grid(axis: Axis, low: float, high: float, quanta_per_unit: int = 1) -> Floats:
    """The positions of ``core.progress`` from ``low`` to ``high``, where every run's curve is exact; shape (m,)."""
    if axis is Axis.SECONDS:
        return np.array(positioned.clock_positions(low, high), dtype=np.float64)
    scale = quanta_per_unit if axis is Axis.BUDGET else 1
    # a little more than asked for, as quanta divided and multiplied are not always themselves again
    quanta = np.array(positioned.positions(int(low * scale * (1 - 1e-9)), int(high * scale * (1 + 1e-9)) + 1))
    at: Floats = quanta / scale
    return at[(at >= low) & (at <= high)]


def counts_budget(axis: Axis, run: RunRow) -> bool:
    """Whether the axis counts just what the run's ledger does, in quanta: shares of the budget lie on both."""
    match axis:
        case Axis.EVALUATIONS:
            return run.unit == Unit.EVALUATIONS
        case Axis.FIDELITY:
            return run.unit in (Unit.FIDELITY, Unit.FULL_EVALUATIONS) or (
                run.unit == Unit.EVALUATIONS and run.fidelity is None
            )
        case _:
            return False
