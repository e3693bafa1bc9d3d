"""What a check holds a run against: what each run reached, and a digest of its trials. Of a store, or of a file.

A baseline says nothing that another run of the same code on the same seeds would not say again, but for the cost of ask
and tell, which is rounded: so a file of it changes only where the results do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import blake2b

from hpobench_tui.analysis.equality import of_medians
from hpobench_tui.analysis.reached import reached
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.columns import marshalled
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.identity import histories
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.records import ProgressTable, TrialRow
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store import seals
from hpobench_tui.store.reader import Reader

OF_TRIALS = ("asked", "status", "configuration", "fidelity", "target", "loss", "truth")
"""What makes a trial the same: not its times, nor metrics, which may be times."""
AT_END = ("number", "fidelity", "incumbent", "incumbent_value", "losses", "regret", "pseudo_regret")
VERSIONS = ("hpobench-tui", "python", "numpy", "scipy", "ConfigSpace", "platform", "processor")
"""Of the manifest: what can change the last bits of a result, and with them all that follows."""
HARDWARE = ("boot", "processor", "cores", "memory MB", "gpus", "threads a worker")
Place = tuple[str, str]
"""A problem and a label."""


@dataclass(frozen=True, slots=True)
class OfProblem:
    """What two experiments must agree on for their results to be comparable.

    Attributes:
        budget: In the unit, exactly, as in ``50`` or ``5/2``.
        reference, tolerance: Of losses.
    """

    unit: str
    budget: str
    fidelity: str | None
    measure: str
    reference: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class OfRun:
    """A run that has ended.

    Attributes:
        seeds: Digest of its seeds: equal where both are.
        value: Of the problem's measure; None where it has none.
        trials, failed: How many, and how many of them failed.
        digest: Of its trials (:data:`OF_TRIALS`) and where they led.
        seconds: Of ask and tell together.
    """

    repetition: int
    seeds: str
    status: RunStatus
    value: float | None
    trials: int
    failed: int
    digest: str
    seconds: float | None = None

    @property
    def lost(self) -> bool:
        """Whether it failed, or ended without a value."""
        return self.status is RunStatus.FAILED or self.value is None


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when a store was made: what times can be compared with.

    Attributes:
        hardware: By its key in the manifest.
        began, ended: Unix time.
    """

    hardware: Mapping[str, str]
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an experiment came to.

    Attributes:
        runs: Those that have ended, in order of their repetitions.
        unfinished: How many others there are.
        code: What ran, by ``problem …`` and ``optimizer …``.
        machine: None of a file, whose times are of another job.
        seconds: Of ask and tell a trial, by place.
        notes: What must be said beside it.
    """

    experiment: str
    versions: Mapping[str, str]
    code: Mapping[str, str]
    problems: Mapping[str, OfProblem]
    runs: Mapping[Place, tuple[OfRun, ...]]
    seconds: Mapping[Place, float] = field(default_factory=dict)
    unfinished: int = 0
    machine: Machine | None = None
    notes: tuple[str, ...] = ()

    def tolerance(self, problem: str) -> float:
        """Within which the values on a problem are equal."""
        own = self.problems[problem]
        longest = max((run.trials for at, runs in self.runs.items() if at[0] == problem for run in runs), default=0)
        return of_medians(own.tolerance, Measure(own.measure), longest)


def of_union(union: Union) -> Baseline:
    """Of one experiment, as far as it was let pass.

    Raises:
        HpobenchError: none of its runs has ended.
    """
    (reader,), (row,) = union.readers, union.experiments
    runs = union.runs()
    ends = union.ends()
    found = reached(runs, ends)
    problems: dict[str, OfProblem] = {}
    ended: dict[Place, list[OfRun]] = {}
    for run in runs:
        budget = str(Fraction(run.budget, run.quanta_per_unit))
        of = OfProblem(str(run.unit), budget, run.fidelity, run.measure.value, run.reference, run.tolerance)
        problems.setdefault(run.problem, of)
        if run.status.open:
            continue
        value = found[run.id].value if run.id in found and run.status is not RunStatus.FAILED else None
        ended.setdefault((run.problem, run.label), []).append(
            OfRun(
                run.repetition,
                seals.digest(run.problem_seed, run.optimizer_seed)[:8],
                run.status,
                value,
                run.trials,
                run.failed_trials,
                digest(reader, union.reader_of(run.id)[1], ends.get(run.id)),
                run.optimizer_seconds,
            )
        )
    if not ended:
        raise HpobenchError(
            f"no run of {union.name} has ended, so there is nothing to hold against anything."
            " `hpobench resume` goes on with it."
        )
    manifest = reader.manifest()
    return Baseline(
        experiment=row.name,
        versions={name: manifest[name] for name in VERSIONS if name in manifest},
        code=_code(manifest),
        problems=problems,
        runs={place: tuple(own) for place, own in ended.items()},
        seconds={place: cost for place, own in ended.items() if (cost := _cost(own)) is not None},
        unfinished=sum(run.status.open for run in runs),
        machine=Machine({n: manifest[n] for n in HARDWARE if n in manifest}, row.created, row.created + row.seconds),
        notes=tuple(union.notes(whole=True)),
    )


def _code(manifest: Mapping[str, str]) -> dict[str, str]:
    """Without the revision of a checkout, which is another after each commit."""
    found = {" ".join(of): by_number[max(by_number)] for of, by_number in histories(manifest).items()}
    return {name: str(replace(identity, revision=None)) for name, identity in sorted(found.items())}


def _cost(runs: list[OfRun]) -> float | None:
    trials = sum(run.trials for run in runs)
    return sum(run.seconds or 0.0 for run in runs) / trials if trials else None


def digest(reader: Reader, run: int, end: ProgressTable | None) -> str:
    """Of a run's recorded trials, and of where all of them led (its last row of progress, if it has one)."""
    whole = blake2b(digest_size=8)
    for piece in reader.cells(TrialRow, run, OF_TRIALS, before=2**62):
        whole.update(marshalled(list(zip(*piece, strict=True))))
    if end is not None:
        whole.update(marshalled([getattr(end, name).tolist() for name in AT_END]))
    return whole.hexdigest()
