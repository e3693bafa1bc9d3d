"""Making a table: what is there is taken over, what is missing is trained, and the files are written at the end."""

import json
import platform
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from hpobench_tui import plugins
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import ManyProblem, ProblemInfo
from hpobench_tui.core.seeds import problem_seed
from hpobench_tui.core.tabular.vectors import Vectors
from hpobench_tui.core.values import plain_value
from hpobench_tui.engine.front.manifest import manifest
from hpobench_tui.engine.running.together import widest_of
from hpobench_tui.executors import devices
from hpobench_tui.executors.local import LocalExecutor
from hpobench_tui.tabulation import table
from hpobench_tui.tabulation.journal import Contents, Identity, Journal, Record, Session, peek, same_values
from hpobench_tui.tabulation.plan import Plan
from hpobench_tui.tabulation.pool import WORK, train_all, watch
from hpobench_tui.tabulation.worker import Common, Job, Jobs

PART = ".part.jsonl"
LEAST_MEMORY_MB = 1024
TELLING = ("hpobench-tui", "python", "ConfigSpace", "numpy", "scipy")


@dataclass(frozen=True)
class Order:
    """How to train.

    Attributes:
        workers: Processes, one thread each.
        device: ``auto``, ``cpu`` or ``cuda``.
        limit_seconds: When a training is given up.
        command: The command line, for the provenance.
        together: Trainings that a worker makes together at most, where the problem can; None: as many as the problem
            says are worth it.
    """

    workers: int
    device: str
    limit_seconds: float
    command: str
    together: int | None = None


def default_name(problem: str) -> str:
    """A table's file name, without ending: ``synthetic/ackley[d=3]`` is synthetic-ackley-d-3."""
    return re.sub(r"[^A-Za-z0-9._+]+", "-", problem).strip("-")


def base_of(folder: Path, name: str | None, default: str) -> Path:
    """A table's path without ending, in a folder: under the name that a person chose, or one made of another.

    Raises:
        HpobenchError: it is no file's name, or experiments cannot name the path.
    """
    if name is not None and default_name(name) != name:
        raise HpobenchError(f"--name: use letters, digits and ._+- only, as in {default_name(name)!r}, not {name!r}.")
    base = folder / (name or default_name(default) or "table")
    if "," in str(base):
        raise HpobenchError(f"experiments cannot name a table at {base}, for the comma; choose another --output.")
    return base


def identity_of(plan: Plan) -> Identity:
    """What the trainings of the plan have in common."""
    written = json.dumps(plan.space.to_serialized_dict(), default=plain_value)
    space: dict[str, Any] = json.loads(written)  # as it will be read: no tuples
    return Identity(plan.problem.id, plan.sample_seed, list(plan.levels), space, versions(plan.problem))


def versions(problem: ProblemInfo) -> dict[str, str]:
    """Versions of what has a part in the problem's numbers."""
    facts = manifest()
    owners = packages_distributions() if problem.requires else {}
    needed = {dist for module in problem.requires for dist in owners.get(module, [])}
    found = {name: facts[name] if name in facts else _version(name) for name in (*TELLING, *sorted(needed))}
    return {name: text for name, text in found.items() if text}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def session(order: Order) -> Session:
    """Where and how this command trains."""
    facts = manifest()
    names = ("git revision", "platform", "processor", "cores", "memory MB", "gpus", "threads a worker")
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "command": order.command,
        "workers": str(order.workers),
        "device": order.device,
        "machine": platform.machine(),
        **{name: facts[name] for name in names},
    }


class Making:
    """A table being made. Use as a context: it holds the part file.

    Attributes:
        contents: What is there so far.
        missing: (configuration, seed) indices that are still to be trained, in order.

    Raises:
        HpobenchError: what is there is of another problem, sample or version, or cannot be written; or no table can
            hold the space.
    """

    def __init__(self, plan: Plan, base: Path, force: bool = False) -> None:
        table.as_frame(Contents(identity_of(plan)), plan.space)  # to know now, not after hours of training
        Vectors(plan.space)
        self.plan, self.base = plan, base
        self.journal = Journal(part_of(base))
        try:
            self.contents = self._take_over(force)
        except BaseException:
            self.journal.close()
            raise
        self.missing: list[tuple[int, int]] = [key for key in plan.trainings() if key not in self.contents.records]

    def _take_over(self, force: bool) -> Contents:
        part = None if force else self.journal.read()
        contents = Contents(identity_of(self.plan)) if force else _gathered(self.plan, self.base, part)
        if part is None:
            self.journal.begin(contents.identity)
        return contents

    def train(self, order: Order, on_record: Callable[[Record], None]) -> None:
        """Train what is missing; each training is on the disk before ``on_record`` hears of it."""
        if not self.missing:
            return
        said = session(order)
        self.journal.session(said)
        self.contents.sessions.append(said)
        plan = self.plan
        gpus = [gpu for gpu, _ in devices.gpus()]
        device = devices.resolve(order.device, plan.problem, bool(gpus))
        common = Common(plan.problem, plan.levels, plan.stepwise, device)
        jobs = [Job(common, i, k, plan.configurations[i], plan.seeds[k]) for i, k in self.missing]
        memory = max(devices.memory_mb() * 9 // 10 // order.workers, LEAST_MEMORY_MB)
        width = together(plan.problem, order, device, len(jobs))
        groups = [tuple(jobs[i : i + width]) for i in range(0, len(jobs), width)]
        executor: LocalExecutor[Jobs, Record] = LocalExecutor(
            WORK, order.workers, gpus if device == devices.CUDA else [], watch(order.limit_seconds, memory)
        )
        with closing(train_all(groups, executor)) as records:
            for record in records:
                self.journal.record(record)
                self.contents.add(record)
                on_record(record)

    def finish(self) -> dict[str, Any]:
        """Write the table and delete the part file; the content of NAME.json."""
        count = 1 + max(k for _, k in self.contents.records)
        seeds = [problem_seed(self.plan.sample_seed, self.plan.problem.id, k) for k in range(count)]
        sidecar = table.write(self.base, self.contents, self.plan.problem, seeds, self.plan.stepwise)
        self.journal.remove()
        return sidecar

    def __enter__(self) -> "Making":
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()


def together(problem: ProblemInfo, order: Order, device: str, trainings: int) -> int:
    """How many trainings each worker makes at a time, so that all have some.

    Raises:
        HpobenchError: the problem says what is no number of trainings.
    """
    loaded = plugins.load_problem(problem)
    width = (order.together or widest_of(loaded, device)) if isinstance(loaded, ManyProblem) else 1
    return max(1, min(width, -(-trainings // order.workers)))


def there(plan: Plan, base: Path) -> int:
    """How many of the plan's trainings are in a table or part file already; writes nothing.

    Raises:
        HpobenchError: the plan could not go on with what is there.
    """
    found = _gathered(plan, base, peek(part_of(base)))
    return sum(key in found.records for key in plan.trainings())


def part_of(base: Path) -> Path:
    """The part file of a table."""
    return base.with_name(base.name + PART)


def _gathered(plan: Plan, base: Path, part: Contents | None) -> Contents:
    """What the finished table and the part file hold together."""
    contents = Contents(identity_of(plan))
    for path, found in ((base.with_name(f"{base.name}.json"), table.read(base)), (part_of(base), part)):
        if found is not None:
            _check(path, found, contents.identity, plan)
            contents.sessions += found.sessions
            contents.records |= found.records
    _check_rectangle(base, contents, plan)
    return contents


def _check_rectangle(base: Path, found: Contents, plan: Plan) -> None:
    """Refuse a plan that would leave gaps between what is there and what is asked for."""
    count = max([len(plan.configurations), *(i + 1 for i, _ in found.records)])
    seeds = max([len(plan.seeds), *(k + 1 for _, k in found.records)])
    if len(found.records.keys() | set(plan.trainings())) < count * seeds:
        raise HpobenchError(
            f"{base} holds trainings of up to {count} configurations and {seeds} seeds, and a table has no gaps:"
            f" ask for at least --configurations {count} --seeds {seeds}, or write elsewhere with --output or --name."
        )


def _check(path: Path, found: Contents, mine: Identity, plan: Plan) -> None:
    """Refuse to go on with what is of something else."""
    what = found.identity.difference(mine)
    if what is None:
        for (i, _), record in found.records.items():
            if i < len(plan.configurations) and not same_values(record.values, plan.configurations[i]):
                what = f"configuration {i} is another"
                break
    if what is not None:
        raise HpobenchError(
            f"{path} cannot be gone on with: {what}. Write to another --output or --name, or start over with --force."
        )
