"""A trial: one answered question, as an optimizer is told it."""

from collections.abc import Mapping
from typing import NamedTuple

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.status import TrialStatus


class Trial(NamedTuple):
    """What ``tell`` gets.

    Attributes:
        number: Position in its run, from 0, in the order in which trials end. ``Ask.continues`` refers to it.
        asked: Which question it answers, from 0; differs from ``number`` only where trials run side by side.
        configuration: As it was asked.
        fidelity: The fidelity reached, None for a problem without fidelity.
        status: How it ended.
        loss: The loss, or None where there is none.
        bracket, rung: As asked.
        metrics: What the problem reported beside the loss.
        error: Why it failed.

    >>> trial = Trial(number=0, asked=0, configuration={"x": 0.5}, status=TrialStatus.DONE, loss=0.25)
    >>> trial.loss, trial.fidelity, trial.error
    (0.25, None, None)
    """

    number: int
    asked: int
    configuration: Configuration
    status: TrialStatus
    loss: float | None
    fidelity: int | None = None
    bracket: int | None = None
    rung: int | None = None
    metrics: Mapping[str, float] = NO_METRICS
    error: str | None = None
