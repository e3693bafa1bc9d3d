"""A trial between its question and what is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.problem import Report, Training
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.running.trainings import Origin


@dataclass(slots=True)
class Outcome:
    """What became of an evaluation.

    Attributes:
        reached: The fidelity to charge: the one reached; of a failed trial the one granted.
        report: The last report that counts, or None.
        curve: (fidelity, report) on the way.
        nanoseconds: How long it took, pauses and the pruner left out.
        pruner_nanoseconds: The pruner's own time.
        training: To be continued by a later trial; None after a failure.
        failure_cost: Seconds that the failure took by the problem's cost model, where it states them.
    """

    status: TrialStatus
    reached: int
    report: Report | None = None
    error: str | None = None
    curve: Sequence[tuple[int, Report]] = ()
    nanoseconds: int = 0
    pruner_nanoseconds: int = 0
    training: Training | None = None
    failure_cost: float | None = None


@dataclass(slots=True, eq=False)
class Pending:
    """A trial that is asked for, and not told yet.

    Attributes:
        asked: The question's number.
        ask_seconds: What the optimizer took to ask it.
        target: The fidelity that was asked for, 1 where there is none.
        before: The fidelity that its training already has.
        granted: The one to which the budget lets it go.
    """

    asked: int
    ask: Ask
    ask_seconds: float
    target: int
    before: int
    granted: int
    origin: Origin
