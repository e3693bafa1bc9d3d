"""What a supervisor and its workers say to each other (pickled through a pipe)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from hpobench_tui.core.brackets import Bracket
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.experiment import Limits
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.records import ReportRow, TrialRow
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.core.status import RunStatus


class Recorded(NamedTuple):
    """A trial that is in the store already, with the reports of its training."""

    trial: TrialRow
    reports: Sequence[ReportRow] = ()


@dataclass(frozen=True, slots=True)
class Fatal:
    """Why a trial took its worker down, and the ns that its evaluation had taken by then."""

    reason: str
    nanoseconds: int


@dataclass(frozen=True, slots=True)
class RunTask:
    """One run, for a worker.

    Attributes:
        recorded: Trials to replay before going on.
        standings: The numbers of the trials after which there is a row of progress.
        fatal: Trials that took their worker down, by question (``Trial.asked``): recorded as failed, not evaluated
            again.
        careful: Send every trial before going on, because the process died before it could send its last ones.
        seconds: What earlier attempts at this run took, so far as they are recorded.
        simulation, record: The experiment's.
        together, curves: The experiment's.
        evaluations, synchronous: The experiment's; None: one trial at a time, or one group, in the worker itself.
        limits: The experiment's, which a worker holds its evaluation processes to.
        gpus: What these take in turn.
        alone: Trials of questions before this one are evaluated one by one, because a process was lost that evaluated
            them together.
        code: The folder of the experiment's own files, if it has some.
        sources: Of those files, by name, for workers that may not see that folder.
        cluster: Where its evaluation processes are, if not on this machine: a Dask cluster's address, and what its
            workers are to be compared with (``engine.front.cluster``).
        memory_mb: What the worker may hold, and each of its evaluation processes; one that holds more than half of it
            after a run does not serve another.
    """

    run: int
    problem: ProblemInfo
    optimizer: OptimizerInfo
    parameters: Mapping[str, Value]
    budget: Budget
    problem_seed: int
    optimizer_seed: int
    device: str
    recorded: tuple[Recorded, ...] = ()
    standings: frozenset[int] = frozenset()
    fatal: Mapping[int, Fatal] = field(default_factory=dict)
    careful: bool = False
    memory_mb: int | None = None
    seconds: float = 0.0
    simulation: Simulation | None = None
    record: int | None = None
    together: int | None = None
    evaluations: int | None = None
    synchronous: bool = False
    limits: Limits = field(default_factory=Limits)
    gpus: tuple[str, ...] = ()
    curves: bool = False
    alone: int = 0
    code: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    cluster: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class PlannedBrackets:
    """Worker to supervisor: the brackets that the run's optimizer plans."""

    run: int
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Worker to supervisor: what happened since the last batch.

    ``rows`` are the lists of new rows of trials, progress and reports (``core.records``), each marshalled
    (``core.columns``): the store digests these very bytes.
    """

    run: int
    rows: tuple[bytes, ...]
    trials: int
    spent: int
    clock: float
    optimizer_seconds: float
    failed_trials: int
    seconds: float


@dataclass(frozen=True, slots=True)
class End:
    """Worker to supervisor: the run ended.

    ``error`` says why it failed.
    """

    run: int
    status: RunStatus
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Diverged:
    """Worker to supervisor: a replay did not ask what is recorded."""

    run: int
    how: str


@dataclass(frozen=True, slots=True)
class Stranded:
    """Worker to supervisor: there is nobody who could evaluate a run's trials, now or for any other run."""

    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """Worker to supervisor: what a run left behind in its process, in words, and what became of that."""

    run: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Worker to supervisor: what a person should know of how trainings went that were taken further together."""

    run: int
    text: str


Message: TypeAlias = PlannedBrackets | Batch | End | Diverged | Stranded | Left | Note
