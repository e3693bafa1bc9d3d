"""Carry a plan out: run undisturbed, kill, resume, and compare."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.kills.plan import ANY, SETTLING, Case, Strike, Target
from benchmarks.kills.scene import Contents, Scene, contents, differences, kill, shared_memory, wait_until
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.executors import local
from hpobench_tui.store.reader import Reader

GRACE = 5.0
"""Seconds that processes have to be gone."""
LONGEST = 90.0
"""Seconds that an experiment may take; undisturbed ones take a few."""
TRIES = 8
CHILD = "an objective's child"
LATER = 0.4
"""The share of an undisturbed run's time that a second kill comes within: the rest is shorter."""


@dataclass(frozen=True)
class Undisturbed:
    """An experiment's store, files and times in seconds, when nobody kills it; and who outlived it."""

    contents: Contents
    files: list[str]
    seconds: float
    settling: float
    orphans: list[str]

    @property
    def temporary(self) -> list[str]:
        """Its temporary files that are still there."""
        return [name for name in self.files if name.startswith("temporary/")]


@dataclass
class Outcome:
    """What became of a case.

    Attributes:
        hits: Of its kills, in order: seconds after the start or the last resume; None: the moment never came.
        orphans: Processes that were left ``GRACE`` seconds after a kill or the end.
        leftovers: Files that an undisturbed run does not leave.
        differs: How its store differs from an undisturbed one.
    """

    case: Case
    hits: list[float | None] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return None in self.hits

    @property
    def clean(self) -> bool:
        return not (self.missed or self.orphans or self.leftovers or self.differs)

    def lines(self) -> list[str]:
        """What is wrong, for people."""
        missed = ["its moment never came"] if self.missed else []
        orphans = [f"left alive: {count} × {name}" for name, count in Counter(self.orphans).items()]
        return [*missed, *self.differs, *orphans, *(f"left behind: {name}" for name in self.leftovers)]


def undisturbed(experiment: Experiment, root: Path) -> Undisturbed:
    """Run it to its end.

    Raises:
        HpobenchError: it does not finish, or something in it fails.
    """
    scene = Scene(root)
    started = time.monotonic()
    try:
        scene.launch(experiment)
        wait_until(lambda: _all_ended(scene), LONGEST)
        ended = time.monotonic()
        if not wait_until(lambda: not lifecycle.supervised(scene.folder), LONGEST):
            raise HpobenchError(f"{scene.folder} takes longer than {LONGEST} s: {lifecycle.last_words(scene.folder)}")
        seconds = time.monotonic() - started
        _check_all_well(scene)
        orphans = _left(scene)
        return Undisturbed(contents(scene.folder), scene.files(), seconds, seconds - (ended - started), orphans)
    finally:
        scene.clear()


def carried_out(case: Case, experiment: Experiment, whole: Undisturbed, root: Path) -> Outcome:
    """Kill it and resume it to its end; once more, with earlier kills, where a moment had passed: at last at once."""
    for attempt in range(1, TRIES + 1):
        scene, outcome = Scene(root / str(attempt)), Outcome(case)
        try:
            _play(scene, outcome, experiment, whole)
        finally:
            scene.clear()
        if not outcome.missed:
            break
        earlier = 0.4 if attempt < TRIES - 1 else 0.0
        case = replace(case, strikes=tuple(replace(s, when=s.when * earlier) for s in case.strikes))
    return outcome


def _play(scene: Scene, outcome: Outcome, experiment: Experiment, whole: Undisturbed) -> None:
    chance = random.Random(outcome.case.seed)
    scene.launch(experiment)
    share = 1.0
    for strike in outcome.case.strikes:
        hit = _hit(scene, strike, share * whole.seconds, whole.settling, chance, outcome)
        outcome.hits.append(hit)
        if hit is None:
            return
        share = LATER
        if strike.target in (Target.SUPERVISOR, Target.EVERYTHING):
            wait_until(lambda: not lifecycle.supervised(scene.folder), GRACE)
            outcome.orphans += _left(scene)
            try:
                scene.resume()
            except HpobenchError as error:
                outcome.differs.append(f"cannot be resumed: {error}")
                return
    if not wait_until(lambda: not lifecycle.supervised(scene.folder), LONGEST):
        outcome.differs.append(f"has not ended after {LONGEST:g} s")
        return
    outcome.orphans += _left(scene)
    outcome.leftovers += sorted(set(scene.files()) - set(whole.files))
    outcome.differs += differences(contents(scene.folder), whole.contents)
    with Reader(scene.folder) as reader:
        outcome.differs += [
            f"the audit of {row.label} on {row.problem} fails" for row in audit(reader) if not row.holds
        ]


def _hit(
    scene: Scene, strike: Strike, seconds: float, settling: float, chance: random.Random, outcome: Outcome
) -> float | None:
    """Wait for the moment and kill; when that was, or None if it had passed."""
    started = time.monotonic()
    if strike.moment == SETTLING:
        wait_until(lambda: _all_ended(scene), LONGEST)
        time.sleep(strike.when * settling)
    else:
        time.sleep(strike.when * seconds)
    met = 0
    if strike.moment not in (SETTLING, ANY):
        scene.wish(strike.moment)
        wait_until(lambda: scene.met(strike.moment) or not lifecycle.supervised(scene.folder), LONGEST)
        if not (met := scene.met(strike.moment)):
            return None
    victims: list[int] = []

    def there() -> bool:
        """Workers are a moment in coming, and gone between two runs of a process that is not used again."""
        victims[:] = _victims(scene, strike.target, met, chance)
        return bool(victims) or not lifecycle.supervised(scene.folder)

    if not (wait_until(there, LONGEST) and victims):
        return None
    when = time.monotonic() - started
    kill(victims)
    if strike.target is Target.EVERYTHING:
        scene.clear()
    scene.let_go()
    if strike.target in (Target.WORKER, Target.WORKERS) and not wait_until(
        lambda: not scene.children_of(victims), GRACE
    ):
        outcome.orphans += [_name(scene.processes()[pid]) for pid in scene.children_of(victims)]
    return when


def _victims(scene: Scene, target: Target, met: int, chance: random.Random) -> list[int]:
    """Whom to kill: one process that stands still, where one does."""
    supervisor, workers = scene.supervisor(), scene.workers()
    if target is Target.WORKER:
        return [met] if met else [chance.choice(workers)] if workers else []
    if target is Target.WORKERS:
        return workers
    return [supervisor] if supervisor else []


def _check_all_well(scene: Scene) -> None:
    with Reader(scene.folder) as reader:
        for run in reader.runs():
            if not run.status.finished or run.failed_trials:
                raise HpobenchError(f"undisturbed, {run.label} on {run.problem} is {run.status}: {run.error}")


def _all_ended(scene: Scene) -> bool:
    """Whether all runs have ended, or nobody works on them any more."""
    with Reader(scene.folder) as reader:
        return all(run.ended for run in reader.runs()) or not lifecycle.supervised(scene.folder)


def _left(scene: Scene) -> list[str]:
    """The processes that do not end in time."""
    wait_until(lambda: not scene.processes(), GRACE)
    return [_name(command) for command in scene.processes().values()]


def _name(command: list[str]) -> str:
    """What a process is, in a word."""
    for module, name in ((lifecycle.SUPERVISOR, "supervisor"), (local.PROCESS, "worker")):
        if module in command:
            return name
    return CHILD if "child-of-" in command[0] else " ".join(command)[:60]


def all_carried_out(
    cases: Sequence[Case], experiments: dict[str, Experiment], root: Path, jobs: int
) -> Iterator[Outcome]:
    """Outcomes as they come, ``jobs`` cases at a time; what undisturbed runs leave is an outcome as well, and so is
    what all of them leave in shared memory."""
    before = shared_memory()
    names = list(dict.fromkeys(case.name for case in cases))
    with ThreadPoolExecutor(jobs) as pool:
        wholes = dict(
            zip(names, pool.map(lambda name: undisturbed(experiments[name], root / name), names), strict=True)
        )
        for name, whole in wholes.items():
            yield Outcome(Case(name, (), 0), orphans=whole.orphans, leftovers=whole.temporary)
        running = [
            pool.submit(carried_out, case, experiments[case.name], wholes[case.name], root / f"case-{number}")
            for number, case in enumerate(cases)
        ]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            for waiting in running:
                waiting.cancel()
    if left := [name for name, held in shared_memory().items() if name not in before and not held]:
        yield Outcome(Case("all", (), 0), leftovers=[f"/dev/shm/{name}" for name in left])
