"""Where trials, runs and experiments stand."""

from enum import StrEnum


class TrialStatus(StrEnum):
    """How a trial ended.

    >>> TrialStatus("cut") is TrialStatus.CUT, str(TrialStatus.CUT)
    (True, 'cut')
    """

    DONE = "done"
    PRUNED = "pruned"
    """Stopped early because its optimizer said so; the loss is that of the fidelity it reached."""
    FAILED = "failed"
    """No usable loss: the objective raised, returned NaN, hung, or its process died; ``error`` says which."""
    CUT = "cut"
    """The budget ended before the fidelity that was asked for; the loss, if any, is that of the fidelity reached."""


class RunStatus(StrEnum):
    """Where a run stands.

    >>> [str(status) for status in RunStatus if status.finished], [str(status) for status in RunStatus if status.open]
    (['done', 'complete'], ['waiting', 'running', 'paused', 'cancelled'])
    """

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    """Somebody put it aside alone: it stands still until it is told to go on, or the experiment is resumed."""
    DONE = "done"
    """The budget is spent."""
    COMPLETE = "complete"
    """The optimizer had nothing left to try."""
    FAILED = "failed"
    """The optimizer broke its contract, or what it needs could not be set up."""
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether its result counts."""
        return self in (RunStatus.DONE, RunStatus.COMPLETE)

    @property
    def ended(self) -> bool:
        """Whether it came to its own end; a cancelled run did not, and can go on."""
        return self.finished or self is RunStatus.FAILED

    @property
    def open(self) -> bool:
        """Whether ``resume`` goes on with it."""
        return not self.ended

    @property
    def at_rest(self) -> bool:
        """Whether nobody works on it any more."""
        return self.ended or self is RunStatus.CANCELLED


class ExperimentStatus(StrEnum):
    """Where an experiment stands.

    >>> [str(status) for status in ExperimentStatus if status.ended]
    ['finished', 'cancelled']
    """

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Its supervisor is gone before its time: never stored, but found out by whoever looks."""

    @property
    def ended(self) -> bool:
        """Whether its supervisor has ended it, as was asked."""
        return self in (ExperimentStatus.FINISHED, ExperimentStatus.CANCELLED)
