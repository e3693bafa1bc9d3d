"""What progress is measured in: how far a run had come when a trial ended."""

from enum import StrEnum


class Axis(StrEnum):
    """What the horizontal axis of a curve counts."""

    BUDGET = "budget"
    """What the ledger charged, in the budget's unit."""
    EVALUATIONS = "evaluations"
    """Trials, whatever their fidelity."""
    FIDELITY = "fidelity"
    """Fidelity units as if every trial was trained from scratch; a problem without fidelity counts 1 a trial."""
    SECONDS = "seconds"
    """Seconds of the run's clock: objective and optimizer together, pauses left out; simulated ones where it is."""
