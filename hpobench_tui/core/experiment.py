"""An experiment: a matrix of runs (problem × optimizer × repetition) under equal budgets."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, ulp
from typing import ClassVar, NamedTuple

from hpobench_tui.core.budget import Budget
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown, some
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.core.parameter import LARGEST, Range, check_ranges
from hpobench_tui.core.seeds import optimizer_seed, problem_seed
from hpobench_tui.core.shards import Shard, dealt
from hpobench_tui.core.simulation import Simulation

MAX_RUNS = 100_000
MOST_TOGETHER = 4096
LONGEST_NAME = 100
"""Characters of an experiment's name or a label: folders' names end at 255 bytes, tables much earlier."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Contender:
    """An optimizer with its settings, under the label that tables show.

    >>> Contender("hyperband", "hyperband eta=4", {"eta": 4}).label
    'hyperband eta=4'
    """

    optimizer: str
    label: str
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """When the supervisor gives a trial or an optimizer up.

    >>> Limits(trial_seconds=60.0).ask_seconds
    300.0

    Attributes:
        ask_seconds: One ``ask`` or ``tell`` of an optimizer; exceeding it fails the run.
        trial_seconds: One evaluation; exceeding it fails the trial.
        memory_mb: Resident memory of a worker; None: nine tenths of the machine's, shared among the workers.

    Raises:
        HpobenchError: one of them is out of its range.
    """

    RANGES: ClassVar[Mapping[str, Range]] = {
        "ask_seconds": Range(ulp(0.0), inf, "a number of seconds above 0", whole=False),
        "trial_seconds": Range(ulp(0.0), inf, "a number of seconds above 0", whole=False),
        "memory_mb": Range(1, LARGEST, "a whole number of megabytes above 0"),
    }

    ask_seconds: float = 300.0
    trial_seconds: float = 3600.0
    memory_mb: int | None = None

    def __post_init__(self) -> None:
        check_ranges(self, self.RANGES, "limits.{name}: must be {range}, not {value}.")


@dataclass(frozen=True, slots=True)
class RunKey:
    """Which run of the matrix.

    >>> key = RunKey("toy/one", Contender("random", "random"), repetition=0)
    >>> key.contender.label
    'random'
    """

    problem: str
    contender: Contender
    repetition: int


class Shape(NamedTuple):
    """How large a matrix is, or was before it was extended.

    >>> Shape(problems=2, contenders=3, repetitions=5).repetitions
    5
    """

    problems: int
    contenders: int
    repetitions: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that decides the results; two experiments that are equal here give equal trials.

    >>> contenders = Contender("random", "random"), Contender("grid", "grid")
    >>> budgets = {"toy/one": Budget.of(10, "evaluations")}
    >>> experiment = Experiment("toy", tuple(budgets), contenders, budgets, repetitions=2, seed=0)
    >>> [(key.contender.label, key.repetition) for key in experiment.runs()]
    [('random', 0), ('grid', 0), ('random', 1), ('grid', 1)]

    Attributes:
        budgets: Problem id to what every optimizer may spend on it.
        device: ``auto``, ``cpu`` or ``cuda``.
        workers: Runs at a time, one process and one thread each; None: one a core, or for as many cores as a run has
            ``evaluations``. Does not change results
            (unless budgets are in seconds).
        evaluations: How many trials of a run are pending at most, each evaluated in a process of its own; None: one, or
            one group, in the worker itself. On a simulated clock ``simulation`` says that.
        synchronous: They are evaluated in rounds of so many; else the next question is asked as soon as one has ended.
        simulation: Runs use a simulated clock of this kind; None: the real one.
        record: How many trials of a run are stored one by one before only telling ones are; None: all of them.
        together: How many trials of a run are trained together at most, where problem and optimizer allow it; None: as
            many as the problem says are worth it on the device (``core.problem.ManyProblem``).
        curves: Trainings report at each step of their fidelity, also where nobody looks at that while they run.
        report: A plug-in's command that a headless run ends with.
        skipped: Pairs that cannot run and were asked to be left out: (problem, label, reason).
        notes: How names were understood, where that is not what was written.
        code: Of a person's own files that it runs.
        only: The repetitions that are run here; None: all. The others are run elsewhere, to be merged.
        shard: The part of all that which is run here (``core.shards``); None: all. To be merged likewise.
        earlier: What the matrix was before each extension, oldest first: what an extension adds comes after all that
            was there, so that runs keep their numbers.

    Raises:
        HpobenchError: no folder should have that name, or a number is out of its range.
    """

    RANGES: ClassVar[Mapping[str, Range]] = {
        "repetitions": Range(1, MAX_RUNS),
        "seed": Range(0, LARGEST, "a whole number from 0 to 2^63 - 1"),
        "workers": Range(1, 1024),
        "record": Range(1, LARGEST, "a whole number from 1"),
        "together": Range(1, MOST_TOGETHER),
        "evaluations": Range(1, 1024),
    }

    name: str
    problems: tuple[str, ...]
    contenders: tuple[Contender, ...]
    budgets: Mapping[str, Budget]
    repetitions: int
    seed: int
    device: str = "auto"
    workers: int | None = None
    limits: Limits = field(default_factory=Limits)
    simulation: Simulation | None = None
    record: int | None = None
    together: int | None = None
    curves: bool = False
    evaluations: int | None = None
    synchronous: bool = False
    report: str | None = None
    skipped: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)
    code: OwnCode = field(default_factory=OwnCode)
    only: tuple[int, ...] | None = None
    shard: Shard | None = None
    earlier: tuple[Shape, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        check_ranges(self, self.RANGES)
        if self.simulation is not None and (self.evaluations is not None or self.synchronous):
            name = "synchronous" if self.evaluations is None else "evaluations"
            raise HpobenchError(
                f"{name}: on a simulated clock, [simulation] says that: its workers are the trials of a run at a time,"
                " and its synchronous their rounds."
            )
        if self.evaluations is not None and self.together is not None:
            raise HpobenchError(
                "evaluations: trials of a run are evaluated side by side in processes, or together in one (together);"
                " give one of them."
            )
        if self.synchronous and self.evaluations is None:
            raise HpobenchError("synchronous: one trial at a time has no rounds; give evaluations, too.")
        if self.only is not None and not set(self.only) & set(range(self.repetitions)):
            raise HpobenchError(f"only: no repetition of 0-{self.repetitions - 1} is left.")
        if self.shard is not None:
            Shard.read(str(self.shard))

    @property
    def folder(self) -> str:
        """What its folder's name begins with."""
        return f"{self.name}-{self.shard.folder}" if self.shard else self.name

    @property
    def shape(self) -> Shape:
        """How large the matrix is."""
        return Shape(len(self.problems), len(self.contenders), self.repetitions)

    @property
    def pending(self) -> int:
        """How many trials of a run are pending at most."""
        return self.simulation.workers if self.simulation else self.evaluations or 1

    @property
    def in_rounds(self) -> bool:
        """Whether the next are asked for only when all that are pending have ended."""
        return self.simulation.synchronous if self.simulation else self.synchronous

    def repetitions_here(self) -> tuple[int, ...]:
        """The repetitions that are run here, in order."""
        here = range(self.repetitions)
        return tuple(here) if self.only is None else tuple(sorted({*self.only} & {*here}))

    def size(self) -> int:
        """How many runs the matrix has, of all shards together, without making them: they may be very many."""
        left_out = {(problem, label) for problem, label, _ in self.skipped}
        return (len(self.problems) * len(self.contenders) - len(left_out)) * len(self.repetitions_here())

    def runs(self) -> tuple[RunKey, ...]:
        """The matrix, repetition by repetition, so that every pair has a result early; then what extensions added.

        Of a shard, its runs alone, in that order: there may be none.
        """
        left_out = {(problem, label) for problem, label, _ in self.skipped}
        found, before = [], Shape(0, 0, 0)
        for shape in (*self.earlier, self.shape):
            found += [
                RunKey(problem, contender, repetition)
                for repetition in self.repetitions_here()
                if repetition < shape.repetitions
                for p, problem in enumerate(self.problems[: shape.problems])
                for c, contender in enumerate(self.contenders[: shape.contenders])
                if (problem, contender.label) not in left_out
                and not (repetition < before.repetitions and p < before.problems and c < before.contenders)
            ]
            before = shape
        if self.shard is not None:
            shards = dealt([(key.problem, key.contender.label) for key in found], self.shard.of)
            found = [key for key, shard in zip(found, shards, strict=True) if shard == self.shard.number]
        return tuple(found)

    def seeds(self, key: RunKey) -> tuple[int, int]:
        """(problem's seed, optimizer's seed) of a run; the first is common to all optimizers."""
        return (
            problem_seed(self.seed, key.problem, key.repetition),
            optimizer_seed(self.seed, key.problem, key.contender.label, key.repetition),
        )


def check_name(name: str, where: str = "name") -> None:
    """Refuse what folders and tables could not show.

    Raises:
        HpobenchError: begins with ``where``.
    """
    if not NAME.fullmatch(name):
        raise HpobenchError(
            f"{where}: use letters, digits, '.', '_' and '-' only, and a letter or digit first, not {shown(name)}."
        )
    if len(name) > LONGEST_NAME:
        raise HpobenchError(f"{where}: at most {LONGEST_NAME} letters, not {len(name)}.")


def left_out(skipped: Iterable[tuple[str, str, str]]) -> list[str]:
    """``Experiment.skipped`` in a line a reason: who was left out where."""
    where: dict[tuple[str, str], list[str]] = {}
    for problem, label, reason in skipped:
        general = reason.removeprefix(f"{label} ").replace(problem, "the problem")
        where.setdefault((label, general), []).append(problem)
    who: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (label, reason), problems in where.items():
        who.setdefault((reason, tuple(problems)), []).append(label)
    lines = []
    for (reason, names), labels in who.items():
        line = f"left out: {some(labels)} on {some(names)}: {reason}"
        if len(names) > 1:
            line = f"left out: {some(labels)} on {len(names)} problems: {reason} ({some(names)})"
        lines.append(line)
    return lines


def told_of(experiment: Experiment, before: Experiment | None = None) -> list[str]:
    """What a person must know of how it was understood, a line each; but for what was told before of a smaller one."""
    notes, skipped = (before.notes, before.skipped) if before else ((), ())
    new = [pair for pair in experiment.skipped if pair not in skipped]
    return [*(note for note in experiment.notes if note not in notes), *left_out(new)]
