"""A trial: one answered question, as an optimizer is told it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hpobench_tui.core.configuration import Configuration


class Status(StrEnum):
    """How a trial ended."""

    DONE = "done"
    PRUNED = "pruned"
    """Stopped early because its optimizer said so; the loss is that of the fidelity it reached."""
    FAILED = "failed"
    """No usable loss: the objective raised, returned NaN, hung, or its process died; ``error`` says which."""
    CUT = "cut"
    """The budget ended before the fidelity that was asked for; the loss, if any, is that of the fidelity reached."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What ``tell`` gets.

    Attributes:
        number: Position in its run, from 0. ``Ask.continues`` refers to it.
        configuration: As it was asked.
        fidelity: The fidelity reached, None for a problem without fidelity.
        status: How it ended.
        loss: The loss, or None where there is none.
        bracket, rung: As asked.
        metrics: What the problem reported beside the loss.
        error: Why it failed.
    """

    number: int
    configuration: Configuration
    status: Status
    loss: float | None
    fidelity: int | None = None
    bracket: int | None = None
    rung: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
